//! Second factors.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Auth, Authenticator};
use crate::error::Error;
use crate::session::{Factor, Session};

/// Second factors of who is signed in.
#[derive(Debug, Clone)]
pub struct Mfa(pub(super) Auth);

/// A new factor. It counts when it was used once.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Enrolled {
    /// Its id.
    pub id: String,
    /// `totp`, `phone` or `webauthn`.
    #[serde(rename = "type")]
    pub factor_type: String,
    /// What the user calls it.
    #[serde(default)]
    pub friendly_name: String,
    /// For the authenticator's application, this once.
    #[serde(default)]
    pub totp: Option<Totp>,
}

/// What an authenticator's application needs.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Totp {
    /// A picture (SVG) of the URI.
    pub qr_code: String,
    /// The secret in base32, to be typed.
    pub secret: String,
    /// `otpauth://…`
    pub uri: String,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Totp(…)")
    }
}

/// A factor is to be proved.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Challenge {
    /// Its id.
    pub id: String,
    /// `totp`, `phone` or `webauthn`.
    #[serde(rename = "type", default)]
    pub factor_type: String,
    /// Until when, in seconds of the epoch.
    #[serde(default)]
    pub expires_at: u64,
    /// What the authenticator is asked, of a security key.
    #[serde(default)]
    pub webauthn: Option<Value>,
}

#[derive(Serialize)]
struct Enroll<'a> {
    factor_type: &'a str,
    friendly_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

#[derive(Deserialize)]
struct Codes {
    codes: Vec<String>,
}

#[derive(Deserialize)]
struct Remaining {
    remaining: u64,
}

impl Mfa {
    /// The factors of who is signed in.
    ///
    /// # Errors
    /// Nobody is; no answer.
    pub async fn factors(&self) -> Result<Vec<Factor>, Error> {
        Ok(self.0.user().await?.factors)
    }

    /// A new factor: an application that shows codes.
    ///
    /// # Errors
    /// Too many factors, a name twice, a session without the factors before; no answer.
    pub async fn enroll_totp(&self, name: &str, issuer: Option<&str>) -> Result<Enrolled, Error> {
        self.enroll(Enroll {
            factor_type: "totp",
            friendly_name: name,
            issuer,
            phone: None,
        })
        .await
    }

    /// A new factor: codes by text message.
    ///
    /// # Errors
    /// As for [`enroll_totp`](Self::enroll_totp).
    pub async fn enroll_phone(&self, name: &str, phone: &str) -> Result<Enrolled, Error> {
        self.enroll(Enroll {
            factor_type: "phone",
            friendly_name: name,
            issuer: None,
            phone: Some(phone),
        })
        .await
    }

    /// A new factor: a security key, which proves itself at once.
    ///
    /// # Errors
    /// As for [`enroll_totp`](Self::enroll_totp); the ceremony fails.
    pub async fn enroll_security_key(
        &self,
        name: &str,
        authenticator: &(impl Authenticator + ?Sized),
    ) -> Result<Session, Error> {
        let enrolled = self
            .enroll(Enroll {
                factor_type: "webauthn",
                friendly_name: name,
                issuer: None,
                phone: None,
            })
            .await?;
        self.prove_security_key(&enrolled.id, authenticator).await
    }

    async fn enroll(&self, body: Enroll<'_>) -> Result<Enrolled, Error> {
        self.0.fetch(self.0.post("factors", &body)?).await
    }

    /// Begins to prove a factor: a text message is sent, an authenticator gets its question.
    ///
    /// # Errors
    /// Too often, no such factor; no answer.
    pub async fn challenge(&self, factor: &str) -> Result<Challenge, Error> {
        let request = self
            .0
            .post_to(&["factors", factor, "challenge"], &json!({}))?;
        self.0.fetch(request).await
    }

    /// Proves a factor by a code; the session is at `aal2` then.
    ///
    /// # Errors
    /// `mfa_verification_failed`; too late, too often; no answer.
    pub async fn verify(
        &self,
        factor: &str,
        challenge: &str,
        code: &str,
    ) -> Result<Session, Error> {
        let body = json!({ "challenge_id": challenge, "code": code });
        self.prove(factor, &body).await
    }

    /// Begins to prove a factor that shows codes, and proves it.
    ///
    /// # Errors
    /// As for [`verify`](Self::verify).
    pub async fn challenge_and_verify(&self, factor: &str, code: &str) -> Result<Session, Error> {
        let challenge = self.challenge(factor).await?;
        self.verify(factor, &challenge.id, code).await
    }

    /// Proves a security key.
    ///
    /// # Errors
    /// The ceremony fails, or its answer is refused; no answer.
    pub async fn prove_security_key(
        &self,
        factor: &str,
        authenticator: &(impl Authenticator + ?Sized),
    ) -> Result<Session, Error> {
        let challenge = self.challenge(factor).await?;
        let asked = challenge.webauthn.unwrap_or_default();
        let step = asked["type"].as_str().unwrap_or("request").to_owned();
        let options = asked
            .pointer("/credential_options/publicKey")
            .cloned()
            .ok_or_else(|| Error::decode("a challenge", "there are no credential_options"))?;
        let answer = match step.as_str() {
            "create" => authenticator.create(options).await,
            _ => authenticator.get(options).await,
        };
        let answer = answer.map_err(Error::Authenticator)?;
        let body = json!({
            "challenge_id": challenge.id,
            "webauthn": { "type": step, "credential_response": answer },
        });
        self.prove(factor, &body).await
    }

    async fn prove(&self, factor: &str, body: &Value) -> Result<Session, Error> {
        let request = self.0.post_to(&["factors", factor, "verify"], body)?;
        let session = self.0.fetch(request).await?;
        self.0.begin(session).await
    }

    /// Removes a factor.
    ///
    /// # Errors
    /// The session is not at `aal2`; no answer.
    pub async fn unenroll(&self, factor: &str) -> Result<(), Error> {
        self.0.run(self.0.delete(&["factors", factor])?).await
    }

    /// New codes for who loses every other factor, in place of those before. Crestfall's own.
    ///
    /// # Errors
    /// The session is not at `aal2`; no answer.
    pub async fn generate_recovery_codes(&self) -> Result<Vec<String>, Error> {
        let request = self
            .0
            .request(Method::POST, &["factors", "recovery-codes"])?;
        let codes: Codes = self.0.fetch(request).await?;
        Ok(codes.codes)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// No answer.
    pub async fn recovery_codes_left(&self) -> Result<u64, Error> {
        let left: Remaining = self
            .0
            .fetch(self.0.get(&["factors", "recovery-codes"])?)
            .await?;
        Ok(left.remaining)
    }

    /// Uses a recovery code up; the session is at `aal2` then.
    ///
    /// # Errors
    /// `recovery_code_invalid`; no answer.
    pub async fn use_recovery_code(&self, code: &str) -> Result<Session, Error> {
        let path = ["factors", "recovery-codes", "verify"];
        let request = self.0.post_to(&path, &json!({ "code": code }))?;
        let session = self.0.fetch(request).await?;
        self.0.begin(session).await
    }
}
