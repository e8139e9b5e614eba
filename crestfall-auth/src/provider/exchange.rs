//! Exchanging a code for a provider's tokens (RFC 6749, section 4.1.3).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{ClientAuth, Provider, ProviderError};
use crate::auth::Auth;

/// What a provider gave for a code.
pub(crate) struct ProviderTokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// All of the answer.
    pub(super) answer: Value,
}

impl Provider {
    /// Exchanges a code.
    ///
    /// # Errors
    /// The provider refuses it, or does not answer as it should.
    pub(crate) async fn exchange(
        &self,
        auth: &Auth,
        code: &str,
        verifier: Option<&str>,
    ) -> Result<ProviderTokens, ProviderError> {
        let ways: &[ClientAuth] = match self.client_auth {
            ClientAuth::Either => &[ClientAuth::Basic, ClientAuth::Post],
            ClientAuth::Basic => &[ClientAuth::Basic],
            ClientAuth::Post => &[ClientAuth::Post],
        };
        let mut refused = ProviderError::Missing("access_token");
        for way in ways {
            match self.exchange_once(auth, code, verifier, *way).await {
                Err(error @ ProviderError::Refused(_)) => refused = error,
                Err(ProviderError::Status(status)) if status.is_client_error() => {
                    refused = ProviderError::Status(status);
                }
                result => return result,
            }
        }
        Err(refused)
    }

    async fn exchange_once(
        &self,
        auth: &Auth,
        code: &str,
        verifier: Option<&str>,
        way: ClientAuth,
    ) -> Result<ProviderTokens, ProviderError> {
        let client_id = self.client_ids.first().map_or("", String::as_str);
        let secret = self.secret.expose();
        let body = self.exchange_body(code, verifier, (way != ClientAuth::Basic).then_some(secret));
        let mut request = http::Request::post(&self.token)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if way == ClientAuth::Basic {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(client_id), encode(secret));
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Bytes::from(body))?;
        let answer = auth.egress().send(request).await?;
        read(answer.status, &answer.body)
    }
}

impl Provider {
    fn exchange_body(&self, code: &str, verifier: Option<&str>, secret: Option<&str>) -> String {
        let mut body = Serializer::new(String::new());
        body.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair(
                "client_id",
                self.client_ids.first().map_or("", String::as_str),
            );
        if let Some(verifier) = verifier.filter(|_| self.pkce) {
            body.append_pair("code_verifier", verifier);
        }
        if let Some(secret) = secret {
            body.append_pair("client_secret", secret);
        }
        body.finish()
    }
}

/// Providers refuse with 400, or with 200 and an `error`.
fn read(status: StatusCode, body: &[u8]) -> Result<ProviderTokens, ProviderError> {
    let answer: Value = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(_) if status.is_success() => return Err(ProviderError::NotJson),
        Err(_) => return Err(ProviderError::Status(status)),
    };
    let text = |name: &str| {
        let text = answer.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if let Some(error) = text("error") {
        return Err(ProviderError::Refused(error.chars().take(200).collect()));
    }
    if !status.is_success() {
        return Err(ProviderError::Status(status));
    }
    Ok(ProviderTokens {
        access_token: text("access_token").ok_or(ProviderError::Missing("access_token"))?,
        refresh_token: text("refresh_token"),
        id_token: text("id_token"),
        answer,
    })
}
