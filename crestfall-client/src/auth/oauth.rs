//! The server as an OAuth 2.1 authorization server: for applications that are its clients.

use std::fmt;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::Auth;
use super::pkce::Verifier;
use super::provider::AuthorizeUrl;
use crate::error::Error;
use crate::platform;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An application that is known to the server. Its secret is not shown by `Debug`.
#[derive(Clone)]
pub struct OauthClient {
    id: String,
    secret: Option<String>,
}

impl OauthClient {
    /// One that keeps no secret: a program on its user's machine.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
        }
    }

    /// One that keeps a secret: a service.
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: Some(secret.into()),
        }
    }
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The grants of the OAuth server, to one of its clients.
#[derive(Debug, Clone)]
pub struct Oauth {
    auth: Auth,
    client: OauthClient,
}

/// What a grant gives (RFC 6749, section 5.1). Not shown by `Debug`.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// For [`Client::with_token`](crate::Client::with_token).
    pub access_token: String,
    /// Its life in seconds.
    #[serde(default)]
    pub expires_in: u64,
    /// What renews it.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// Who the user is, to who asked for `openid`.
    #[serde(default)]
    pub id_token: Option<String>,
    /// What was granted.
    #[serde(default)]
    pub scope: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A device without keyboard waits for its user (RFC 8628).
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    /// For [`Oauth::wait_for_device`].
    pub device_code: String,
    /// What the user types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, for a picture.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// How long it waits, in seconds.
    pub expires_in: u64,
    /// Seconds between two questions.
    #[serde(default = "five")]
    pub interval: u64,
}

fn five() -> u64 {
    5
}

impl Oauth {
    pub(super) fn new(auth: Auth, client: OauthClient) -> Self {
        Self { auth, client }
    }

    /// Where a browser goes so that its user lets the application in.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn authorize_url(
        &self,
        redirect_uri: &str,
        scope: &str,
        state: &str,
    ) -> Result<AuthorizeUrl, Error> {
        let verifier = Verifier::new()?;
        let path = ["oauth", "authorize"];
        let mut url = self
            .auth
            .client
            .url(&self.auth.client.inner.paths.auth, &path)?;
        let [(name, challenge), _] = verifier.challenge().pairs().map(|(n, v)| (n, v.to_owned()));
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client.id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", state),
            (name, &challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(AuthorizeUrl {
            url: url.into(),
            verifier,
        })
    }

    /// Exchanges the code that came back.
    ///
    /// # Errors
    /// `invalid_grant`; no answer.
    pub async fn exchange_code(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: &Verifier,
    ) -> Result<Tokens, Error> {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.secret()),
        ])
        .await
    }

    /// Renews tokens.
    ///
    /// # Errors
    /// `invalid_grant`; no answer.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        self.token(&form).await
    }

    /// A token for the application itself.
    ///
    /// # Errors
    /// `invalid_client`, `unauthorized_client`; no answer.
    pub async fn client_credentials(&self, scope: &str) -> Result<Tokens, Error> {
        let mut form = vec![("grant_type", "client_credentials")];
        if !scope.is_empty() {
            form.push(("scope", scope));
        }
        self.token(&form).await
    }

    /// Begins the grant of a device: show the user the code and where to type it.
    ///
    /// # Errors
    /// `unauthorized_client`; no answer.
    pub async fn device(&self, scope: &str) -> Result<DeviceAuthorization, Error> {
        self.ask(&["oauth", "device_authorization"], &[("scope", scope)])
            .await
    }

    /// Waits until the user has decided, asking as often as the server wishes.
    ///
    /// # Errors
    /// `access_denied`, `expired_token`; no answer.
    pub async fn wait_for_device(&self, device: &DeviceAuthorization) -> Result<Tokens, Error> {
        let mut interval = device.interval.max(1);
        loop {
            let form = [
                ("grant_type", DEVICE_CODE),
                ("device_code", &*device.device_code),
            ];
            match self.token(&form).await {
                Err(error) if error.code() == Some("authorization_pending") => {}
                Err(error) if error.code() == Some("slow_down") => interval += 5,
                Err(error) if error.is_temporary() => {}
                ended => return ended,
            }
            platform::sleep(Duration::from_secs(interval)).await;
        }
    }

    /// Ends a token.
    ///
    /// # Errors
    /// `invalid_client`; no answer.
    pub async fn revoke(&self, token: &str) -> Result<(), Error> {
        let _: Option<serde_json::Value> =
            self.ask(&["oauth", "revoke"], &[("token", token)]).await?;
        Ok(())
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<Tokens, Error> {
        self.ask(&["oauth", "token"], form).await
    }

    /// The secret goes in the body (`client_secret_post`), so that the project's key, which a
    /// gateway may want to see, can stay in the headers.
    async fn ask<R: DeserializeOwned>(
        &self,
        path: &[&str],
        form: &[(&str, &str)],
    ) -> Result<R, Error> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form)
            .append_pair("client_id", &self.client.id);
        if let Some(secret) = &self.client.secret {
            body.append_pair("client_secret", secret);
        }
        let mut request = self.auth.request(Method::POST, path)?.without_session();
        request.body = Some(body.finish().into_bytes().into());
        request.set(CONTENT_TYPE, FORM);
        self.auth.fetch(request).await
    }
}
