//! Ways to sign in that need no browser.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::pkce::{Challenge, Verifier};
use super::{Auth, Contact};
use crate::error::Error;
use crate::session::{Session, User};
use crate::setters::texts;

/// A code or link to be sent; see [`Auth::send_otp`].
#[derive(Debug)]
#[must_use = "nothing happens until it is sent"]
pub struct SendOtp {
    auth: Auth,
    body: OtpBody,
    redirect_to: Option<String>,
}

#[derive(Debug, Serialize)]
struct OtpBody {
    #[serde(flatten)]
    contact: Contact,
    create_user: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(flatten)]
    challenge: Option<Challenge>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gotrue_meta_security: Option<Value>,
}

/// For what a code was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OtpKind {
    /// Signing in, or confirming an address.
    Email,
    /// Signing in by phone, or confirming a number.
    Sms,
    /// Confirming a sign-up.
    Signup,
    /// Signing in by link.
    Magiclink,
    /// A forgotten password.
    Recovery,
    /// An invitation.
    Invite,
    /// A new address.
    EmailChange,
    /// A new number.
    PhoneChange,
}

/// What came back to prove an address.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Otp {
    /// A code that somebody has typed.
    Code {
        /// Where it was sent.
        #[serde(flatten)]
        contact: Contact,
        /// The code.
        token: String,
    },
    /// The token of a link, from the parameter `token_hash`.
    Link {
        /// The token.
        token_hash: String,
    },
}

impl Otp {
    /// A code that somebody has typed, and where it was sent.
    pub fn code(contact: impl Into<Contact>, code: impl Into<String>) -> Self {
        Self::Code {
            contact: contact.into(),
            token: code.into(),
        }
    }

    /// The token of a link.
    pub fn link(token: impl Into<String>) -> Self {
        Self::Link {
            token_hash: token.into(),
        }
    }
}

/// What a proof gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verified {
    /// The user is signed in.
    In(Box<Session>),
    /// The other address of a change has to be proved too.
    OneOfTwo,
}

/// An ID token of a provider; see [`Auth::sign_in_with_id_token`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct IdToken {
    provider: String,
    id_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl IdToken {
    /// Of a provider such as `google` or `apple`.
    pub fn new(provider: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            id_token: token.into(),
            access_token: None,
            nonce: None,
        }
    }

    texts! {
        /// The nonce that was asked for with the token.
        nonce,

        /// The provider's access token, whose digest the ID token may have.
        access_token,
    }
}

impl Auth {
    /// Signs in with a password.
    ///
    /// # Errors
    /// `invalid_credentials`, `email_not_confirmed` and more; no answer.
    pub async fn sign_in_with_password(
        &self,
        contact: impl Into<Contact>,
        password: &str,
    ) -> Result<Session, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            contact: Contact,
            password: &'a str,
        }
        let contact = contact.into();
        self.grant("password", &Body { contact, password }).await
    }

    /// Signs in with an ID token that a program got from a provider by itself.
    ///
    /// # Errors
    /// The token is refused; no answer.
    pub async fn sign_in_with_id_token(&self, token: IdToken) -> Result<Session, Error> {
        self.grant("id_token", &token).await
    }

    /// Signs in with a message signed by a wallet: `ethereum` (EIP-4361) or `solana`.
    ///
    /// # Errors
    /// The signature is refused; no answer.
    pub async fn sign_in_with_web3(
        &self,
        chain: &str,
        message: &str,
        signature: &str,
    ) -> Result<Session, Error> {
        let body = json!({ "chain": chain, "message": message, "signature": signature });
        self.grant("web3", &body).await
    }

    /// Exchanges the code that came back from a provider or a link, with the verifier kept since.
    ///
    /// # Errors
    /// The code was used, is too old, or another verifier's; no answer.
    pub async fn exchange_code(&self, code: &str, verifier: &Verifier) -> Result<Session, Error> {
        let body = json!({ "auth_code": code, "code_verifier": verifier.secret() });
        self.grant("pkce", &body).await
    }

    /// Sends a code, and by mail a link, that signs in who gets it.
    pub fn send_otp(&self, contact: impl Into<Contact>) -> SendOtp {
        SendOtp {
            auth: self.clone(),
            body: OtpBody {
                contact: contact.into(),
                create_user: true,
                data: Map::new(),
                channel: None,
                challenge: None,
                gotrue_meta_security: None,
            },
            redirect_to: None,
        }
    }

    /// Proves an address by what was sent there.
    ///
    /// # Errors
    /// `otp_expired` for anything wrong with it; no answer.
    pub async fn verify_otp(&self, kind: OtpKind, otp: Otp) -> Result<Verified, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: OtpKind,
            #[serde(flatten)]
            otp: &'a Otp,
        }
        let body = Body {
            r#type: kind,
            otp: &otp,
        };
        let request = self.post("verify", &body)?.without_session();
        let answer: Value = self.fetch(request).await?;
        if answer.get("access_token").is_none() {
            return Ok(Verified::OneOfTwo);
        }
        let session = serde_json::from_value(answer).map_err(|e| Error::decode("a session", e))?;
        Ok(Verified::In(Box::new(self.begin(session).await?)))
    }

    /// Sends again what was sent before for a sign-up or a change.
    ///
    /// # Errors
    /// Too often; no answer.
    pub async fn resend(&self, kind: OtpKind, contact: impl Into<Contact>) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body {
            r#type: OtpKind,
            #[serde(flatten)]
            contact: Contact,
        }
        let body = Body {
            r#type: kind,
            contact: contact.into(),
        };
        self.run(self.post("resend", &body)?.without_session())
            .await
    }

    /// Sends a mail by which the user can set a new password.
    ///
    /// # Errors
    /// Too often; no answer. That nobody has the address is no error.
    pub async fn reset_password(
        &self,
        email: &str,
        redirect_to: Option<&str>,
        verifier: Option<&Verifier>,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            email: &'a str,
            #[serde(flatten)]
            challenge: Option<Challenge>,
        }
        let challenge = verifier.map(Verifier::challenge);
        let request = self.post("recover", &Body { email, challenge })?;
        let request = request.query_if("redirect_to", redirect_to);
        self.run(request.without_session()).await
    }

    /// Sends a code to prove that it is still the user, before a new password.
    ///
    /// # Errors
    /// The user has no address; no answer.
    pub async fn reauthenticate(&self) -> Result<(), Error> {
        self.run(self.get(&["reauthenticate"])?).await
    }

    /// What the server says of who is signed in.
    ///
    /// # Errors
    /// Nobody is, or no more; no answer.
    pub async fn user(&self) -> Result<User, Error> {
        let user: User = self.fetch(self.get(&["user"])?).await?;
        self.client.inner.sessions.update_user(&user).await?;
        Ok(user)
    }
}

impl SendOtp {
    /// Whether an address that nobody has becomes a new user. Default: yes.
    pub fn create_user(mut self, create: bool) -> Self {
        self.body.create_user = create;
        self
    }

    /// Something to keep with a new user.
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

    /// Sends it.
    ///
    /// # Errors
    /// Too often; no answer.
    pub async fn send(self) -> Result<(), Error> {
        let request = self.auth.post("otp", &self.body)?.without_session();
        let link = self.redirect_to.as_deref();
        let link = link.filter(|_| !self.body.contact.is_phone());
        self.auth.run(request.query_if("redirect_to", link)).await
    }
}
