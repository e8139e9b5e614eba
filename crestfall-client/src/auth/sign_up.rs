//! New users.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::pkce::{Challenge, Verifier};
use super::{Auth, Contact};
use crate::error::Error;
use crate::session::{Session, User};
use crate::setters::texts;

/// What a sign-up gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SignedUp {
    /// The new user. For an address that is taken the server makes one up, so that nobody learns
    /// who has an account.
    pub user: User,
    /// The session; `None` while the address waits for being confirmed.
    pub session: Option<Session>,
}

/// A sign-up; see [`Auth::sign_up`].
#[derive(Debug)]
#[must_use = "nothing happens until it is sent"]
pub struct SignUp {
    auth: Auth,
    body: Body,
    redirect_to: Option<String>,
}

#[derive(Debug, Serialize)]
struct Body {
    #[serde(flatten)]
    contact: Contact,
    password: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(flatten)]
    challenge: Option<Challenge>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gotrue_meta_security: Option<Value>,
}

impl Auth {
    /// Signs a new user up, and in, unless the address has to be confirmed first.
    ///
    /// ```no_run
    /// # async fn run(client: crestfall_client::Client) -> Result<(), crestfall_client::Error> {
    /// let signed_up = client
    ///     .auth()
    ///     .sign_up("ann@example.com", "correct horse battery")
    ///     .data("name", "Ann")
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn sign_up(&self, contact: impl Into<Contact>, password: impl Into<String>) -> SignUp {
        SignUp {
            auth: self.clone(),
            body: Body {
                contact: contact.into(),
                password: password.into(),
                data: Map::new(),
                channel: None,
                challenge: None,
                gotrue_meta_security: None,
            },
            redirect_to: None,
        }
    }

    /// Makes a user whom nobody knows, and signs in as them. With an address or a provider linked
    /// later they become one like others.
    ///
    /// # Errors
    /// No answer; the server has anonymous users off.
    pub async fn sign_in_anonymously(&self) -> Result<Session, Error> {
        let request = self
            .post("signup", &json!({ "data": {} }))?
            .without_session();
        let session = self.fetch(request).await?;
        self.begin(session).await
    }
}

impl SignUp {
    /// Something to keep with the user.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.body.data.insert(name.into(), value.into());
        self
    }

    texts! {
        /// Where the link in the mail leads.
        redirect_to,

        /// `sms` or `whatsapp`, for phone numbers.
        channel => body.channel,
    }

    /// The link in the mail brings a code, which this verifier's holder alone can exchange.
    pub fn pkce(mut self, verifier: &Verifier) -> Self {
        self.body.challenge = Some(verifier.challenge());
        self
    }

    /// What the captcha gave.
    pub fn captcha(mut self, token: &str) -> Self {
        self.body.gotrue_meta_security = Some(json!({ "captcha_token": token }));
        self
    }

    /// Signs up.
    ///
    /// # Errors
    /// No answer, or a refusal: `weak_password`, `user_already_exists`, `signup_disabled` and more.
    pub async fn send(self) -> Result<SignedUp, Error> {
        let request = self.auth.post("signup", &self.body)?.without_session();
        let request = request.query_if("redirect_to", self.redirect_to.as_deref());
        let answer: Value = self.auth.fetch(request).await?;
        let user = |value: &Value| {
            serde_json::from_value::<User>(value.clone()).map_err(|e| Error::decode("a user", e))
        };
        if answer.get("access_token").is_none() {
            return Ok(SignedUp {
                user: user(&answer)?,
                session: None,
            });
        }
        let session = serde_json::from_value(answer).map_err(|e| Error::decode("a session", e))?;
        let session = self.auth.begin(session).await?;
        Ok(SignedUp {
            user: session.user.clone(),
            session: Some(session),
        })
    }
}
