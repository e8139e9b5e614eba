//! Addresses that users are sent to, and requests in a user's name.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use serde_json::Value;
use url::Url;

use super::{Provider, ProviderError, ProviderTokens, Reading, quirk};
use crate::auth::Auth;

/// Parameters that are ours alone: who could change one could have the answer sent elsewhere, or take
/// the proof out of it.
const RESERVED: [&str; 19] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "request",
    "request_uri",
    "registration",
    "claims",
    "apikey",
    "access_token",
];

/// Whether nobody but us may set this parameter of the address that users are sent to.
pub(crate) fn is_reserved(name: &str) -> bool {
    let mut reserved = RESERVED.iter();
    reserved.any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// What one sign-in adds to the address that users are sent to.
pub(crate) struct Authorization<'a> {
    pub(crate) state: &'a str,
    /// The challenge of a verifier of ours.
    pub(crate) challenge: &'a str,
    pub(crate) nonce: &'a str,
    /// What the client passes on.
    pub(crate) further: &'a [(String, String)],
}

impl Provider {
    /// Where to send a user (RFC 6749, section 4.1.1).
    pub(crate) fn authorization_url(
        &self,
        authorization: &Authorization<'_>,
    ) -> Result<Url, ProviderError> {
        let mut url = Url::parse(&self.authorization)
            .map_err(|_| ProviderError::Setting("authorization_url"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProviderError::Setting("authorization_url"));
        }
        let further = authorization.further.iter().filter(|(name, _)| {
            !is_reserved(name) && !self.parameters.iter().any(|(own, _)| own == name)
        });
        let client_id = self.client_ids.first().map(String::as_str);
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", client_id.unwrap_or_default())
                .append_pair("redirect_uri", &self.redirect_uri)
                .append_pair("state", authorization.state);
            if !self.scopes.is_empty() {
                query.append_pair("scope", &self.scopes.join(" "));
            }
            if self.pkce {
                query
                    .append_pair("code_challenge", authorization.challenge)
                    .append_pair("code_challenge_method", "S256");
            }
            if self.nonce {
                query.append_pair("nonce", authorization.nonce);
            }
            for (name, value) in self.parameters.iter().chain(further) {
                query.append_pair(name, value);
            }
        }
        Ok(url)
    }

    /// Whether its ID tokens repeat a nonce.
    pub(crate) fn knows_nonce(&self) -> bool {
        self.nonce
    }
}

/// Asks a provider in a user's name.
pub(super) struct Request<'a> {
    pub(super) auth: &'a Auth,
    pub(super) provider: &'a Provider,
    pub(super) tokens: &'a ProviderTokens,
}

impl Request<'_> {
    /// What is at this address of the provider's API.
    pub(super) async fn get(&self, url: &str) -> Result<Value, ProviderError> {
        let name = self.provider.name.as_str();
        let access_token = self.tokens.access_token.as_str();
        let url = match (&self.provider.reading, name) {
            (Reading::Known { .. }, "facebook") => {
                quirk::with_facebook_proof(url, self.provider.secret.expose(), access_token)
            }
            _ => url.to_owned(),
        };
        let authorization = match self.provider.speaks_oauth1() {
            true => self.provider.authorize_get(&url, self.tokens)?,
            false => http::HeaderValue::try_from(format!("Bearer {access_token}"))
                .map_err(|error| ProviderError::Request(error.into()))?,
        };
        let mut request = http::Request::get(url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, authorization);
        match (&self.provider.reading, name) {
            (Reading::Known { .. }, "notion") => {
                request = request.header("notion-version", "2022-06-28");
            }
            (Reading::Known { .. }, "twitch") => {
                let id = self.provider.client_ids.first().map(String::as_str);
                request = request.header("client-id", id.unwrap_or_default());
            }
            _ => {}
        }
        let answer = self.auth.egress().send(request.body(Bytes::new())?).await?;
        if !answer.status.is_success() {
            return Err(ProviderError::Status(answer.status));
        }
        serde_json::from_slice(&answer.body).map_err(|_| ProviderError::NotJson)
    }
}
