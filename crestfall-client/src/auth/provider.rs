//! Ways to sign in that lead through a browser.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::Auth;
use super::pkce::Verifier;
use crate::error::Error;

/// A sign-in through a provider; see [`Auth::authorize`].
#[derive(Debug)]
#[must_use = "nothing happens until the browser opens the URL"]
pub struct Authorize {
    auth: Auth,
    parameters: Vec<(String, String)>,
}

/// Where the browser goes, and what to keep meanwhile.
#[derive(Debug, Clone)]
pub struct AuthorizeUrl {
    /// Open it in a browser.
    pub url: String,
    /// Exchanges the code that comes back: [`Auth::exchange_code`].
    pub verifier: Verifier,
}

#[derive(Deserialize)]
struct Location {
    url: String,
}

impl Auth {
    /// Begins a sign-in through a provider, such as `github`.
    pub fn authorize(&self, provider: &str) -> Authorize {
        Authorize {
            auth: self.clone(),
            parameters: vec![("provider".into(), provider.into())],
        }
    }

    /// Begins a sign-in through the identity provider of a mail domain (SAML).
    ///
    /// # Errors
    /// There is none; no answer.
    pub async fn sign_in_with_sso(
        &self,
        domain: &str,
        redirect_to: Option<&str>,
    ) -> Result<AuthorizeUrl, Error> {
        let verifier = Verifier::new()?;
        let mut body = serde_json::to_value(verifier.challenge())
            .map_err(|error| Error::Request(error.to_string()))?;
        body["domain"] = json!(domain);
        body["skip_http_redirect"] = json!(true);
        if let Some(url) = redirect_to {
            body["redirect_to"] = json!(url);
        }
        let location: Location = self
            .fetch(self.post("sso", &body)?.without_session())
            .await?;
        Ok(AuthorizeUrl {
            url: location.url,
            verifier,
        })
    }
}

impl Authorize {
    /// Where the provider's answer leads in the end: a URL of yours, with the parameter `code`.
    pub fn redirect_to(self, url: &str) -> Self {
        self.parameter("redirect_to", url)
    }

    /// What to ask the provider for, besides who it is.
    pub fn scopes(self, scopes: &str) -> Self {
        self.parameter("scopes", scopes)
    }

    /// A parameter for the provider.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The URL to open. Nothing is asked.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn url(self) -> Result<AuthorizeUrl, Error> {
        let path = ["authorize"];
        let mut url = self
            .auth
            .client
            .url(&self.auth.client.inner.paths.auth, &path)?;
        let verifier = self.complete(&mut url)?;
        Ok(AuthorizeUrl {
            url: url.into(),
            verifier,
        })
    }

    /// The URL to open so that the provider's identity is linked to who is signed in.
    ///
    /// # Errors
    /// Nobody is; linking is off; no answer.
    pub async fn link(self) -> Result<AuthorizeUrl, Error> {
        let auth = self.auth.clone();
        let mut request = auth.get(&["user", "identities", "authorize"])?;
        let verifier = self.complete(&mut request.url)?;
        let location: Location = auth
            .fetch(request.query("skip_http_redirect", "true"))
            .await?;
        Ok(AuthorizeUrl {
            url: location.url,
            verifier,
        })
    }

    fn complete(self, url: &mut Url) -> Result<Verifier, Error> {
        let verifier = Verifier::new()?;
        let mut query = url.query_pairs_mut();
        query.extend_pairs(&self.parameters);
        query.extend_pairs(verifier.challenge().pairs());
        drop(query);
        Ok(verifier)
    }
}
