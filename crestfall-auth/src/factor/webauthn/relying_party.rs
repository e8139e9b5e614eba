//! The two ceremonies (WebAuthn, 7.1 and 7.2).

use super::{
    attestation::{AttestationObject, Proof},
    authenticator_data::AuthenticatorData,
    base64url::Base64Url,
    ceremony::{Ceremony, Kind},
    client_data::Expected,
    config::{AttestationPolicy, Config, ConfigError, CounterPolicy, UserVerification},
    cose::{Algorithm, PublicKey},
    credential::{Credential, model_name},
    error::Error,
    response::{Assertion, Registration},
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Bytes of a challenge.
const CHALLENGE: usize = 32;
/// Longest user handle.
const MAX_USER_HANDLE: usize = 64;

/// What a new credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// To log in without naming oneself: the authenticator keeps it.
    Passkey,
    /// After a password: the authenticator need not keep it.
    SecondFactor,
}

/// The user as authenticators know and show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User<'a> {
    /// 1 to 64 bytes that never change and say nothing; GoTrue's are the text of the user's UUID.
    pub handle: &'a [u8],
    /// E-mail address or phone number.
    pub name: &'a str,
    /// What the user calls themselves.
    pub display_name: &'a str,
}

/// A verified authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authenticated {
    /// The authenticator's signature counter now.
    pub counter: u32,
    /// The credential is synchronised now.
    pub backed_up: bool,
    /// The user gave PIN or fingerprint: two factors in one.
    pub user_verified: bool,
    /// The counter did not grow, and the policy lets it pass.
    pub cloned: bool,
}

/// One relying party. A server with several domains has several.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    config: Config,
    rp_id_hash: [u8; 32],
}

impl RelyingParty {
    /// # Errors
    /// The id is no domain, or an origin is none. Origins are brought into browsers' spelling.
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        let config = config.checked()?;
        let rp_id_hash = sha256(config.rp_id.as_bytes());
        Ok(Self { config, rp_id_hash })
    }

    /// The domain it is known by.
    pub(crate) fn id(&self) -> &str {
        &self.config.rp_id
    }

    /// Whether this page is one of its own.
    pub(crate) fn has_origin(&self, origin: &str) -> bool {
        self.config.origins.iter().any(|own| own == origin)
    }

    /// Options for `navigator.credentials.create`: the value of `publicKey`, in JSON.
    ///
    /// # Errors
    /// The user's handle is empty or too long; no randomness.
    pub(crate) fn start_registration(
        &self,
        user: &User<'_>,
        existing: &[Credential],
        usage: Usage,
    ) -> Result<(Value, Ceremony), Error> {
        if !(1..=MAX_USER_HANDLE).contains(&user.handle.len()) {
            return Err(Error::UserHandle);
        }
        let handle = Base64Url(user.handle.to_vec());
        let ceremony = self.ceremony(Kind::Create, Some(handle.clone()), Vec::new())?;
        let algorithms =
            Algorithm::ALL.map(|known| json!({ "type": "public-key", "alg": known.number() }));
        let mut options = json!({
            "rp": { "name": self.config.rp_name, "id": self.config.rp_id },
            "user": { "name": user.name, "displayName": user.display_name, "id": handle },
            "challenge": ceremony.challenge,
            "pubKeyCredParams": algorithms,
            "timeout": self.timeout(),
            "authenticatorSelection": self.selection(usage),
            "attestation": if self.config.attestation == AttestationPolicy::default() { "none" } else { "direct" },
        });
        if !existing.is_empty() {
            options["excludeCredentials"] = existing.iter().map(descriptor).collect();
        }
        Ok((options, ceremony))
    }

    /// Verifies the answer of a registration and makes the credential, named after its model. That its id is new
    /// among all users is for the store to make sure.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub(crate) fn finish_registration(
        &self,
        ceremony: &Ceremony,
        answer: &str,
        now: DateTime<Utc>,
    ) -> Result<Credential, Error> {
        let answer = Registration::parse(answer)?;
        self.check_client_data(ceremony, Kind::Create, &answer.client_data)?;
        let object = AttestationObject::parse(&answer.attestation_object)?;
        let data = AuthenticatorData::parse(object.authenticator_data)?;
        self.check_authenticator(ceremony, &data)?;
        let attested = data.credential.as_ref().ok_or(Error::AuthenticatorData)?;
        if attested.id != answer.id {
            return Err(Error::Credential);
        }
        let key = PublicKey::parse(attested.public_key)?;
        let proof = object.verify(attested, &key, &sha256(&answer.client_data))?;
        self.check_model(proof, attested.aaguid)?;
        Ok(Credential {
            id: Base64Url(answer.id),
            public_key: Base64Url(attested.public_key.to_vec()),
            counter: data.counter,
            aaguid: attested.aaguid,
            attestation: object.format.into(),
            transports: answer.transports,
            backup_eligible: data.flags.backup_eligible(),
            backed_up: data.flags.backed_up(),
            user_verified: data.flags.user_verified(),
            name: model_name(attested.aaguid).into(),
            created_at: now,
            last_used_at: None,
        })
    }

    /// Options for `navigator.credentials.get`: the value of `publicKey`, in JSON. Without a user the authenticator
    /// offers its passkeys, and the answer's handle says who it is; with one, `allowed` are the user's credentials.
    ///
    /// # Errors
    /// No randomness.
    pub(crate) fn start_authentication(
        &self,
        user_handle: Option<&[u8]>,
        allowed: &[Credential],
    ) -> Result<(Value, Ceremony), Error> {
        let handle = user_handle.map(|handle| Base64Url(handle.to_vec()));
        let ids = allowed
            .iter()
            .map(|credential| credential.id.clone())
            .collect();
        let ceremony = self.ceremony(Kind::Get, handle, ids)?;
        let mut options = json!({
            "challenge": ceremony.challenge,
            "timeout": self.timeout(),
            "rpId": self.config.rp_id,
            "userVerification": ceremony.user_verification,
        });
        if !allowed.is_empty() {
            options["allowCredentials"] = allowed.iter().map(descriptor).collect();
        }
        Ok((options, ceremony))
    }

    /// Verifies the answer of an authentication by the credential that the store found by
    /// [`Assertion::credential_id`], which belongs to the user of handle `owner`.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub(crate) fn finish_authentication(
        &self,
        ceremony: &Ceremony,
        assertion: &Assertion,
        credential: &Credential,
        owner: &[u8],
    ) -> Result<Authenticated, Error> {
        ceremony.check_owner(assertion, credential, owner)?;
        self.check_client_data(ceremony, Kind::Get, &assertion.client_data)?;
        let data = AuthenticatorData::parse(&assertion.authenticator_data)?;
        self.check_authenticator(ceremony, &data)?;
        let message = [
            assertion.authenticator_data.as_slice(),
            &sha256(&assertion.client_data),
        ]
        .concat();
        PublicKey::parse(&credential.public_key.0)?.verify(&message, &assertion.signature)?;
        if data.flags.backup_eligible() != credential.backup_eligible {
            return Err(Error::BackupFlags);
        }
        let counts = data.counter != 0 || credential.counter != 0;
        let cloned = counts && data.counter <= credential.counter;
        let refused = match self.config.counter {
            CounterPolicy::Refuse => cloned,
            CounterPolicy::RefuseLower => data.counter < credential.counter,
            CounterPolicy::Flag => false,
        };
        if refused {
            return Err(Error::Counter);
        }
        Ok(Authenticated {
            counter: data.counter.max(credential.counter),
            backed_up: data.flags.backed_up(),
            user_verified: data.flags.user_verified(),
            cloned,
        })
    }

    fn ceremony(
        &self,
        kind: Kind,
        user_handle: Option<Base64Url>,
        allowed: Vec<Base64Url>,
    ) -> Result<Ceremony, Error> {
        let mut challenge = vec![0; CHALLENGE];
        rand::fill(&mut challenge).map_err(|_| Error::NoRandomness)?;
        let user_verification = self.config.user_verification;
        Ok(Ceremony {
            kind,
            challenge: Base64Url(challenge),
            user_verification,
            user_handle,
            allowed,
        })
    }

    fn selection(&self, usage: Usage) -> Value {
        let is_passkey = usage == Usage::Passkey;
        json!({
            "residentKey": if is_passkey { "required" } else { "discouraged" },
            "requireResidentKey": is_passkey,
            "userVerification": self.config.user_verification,
        })
    }

    /// In milliseconds.
    fn timeout(&self) -> u64 {
        u64::try_from(self.config.timeout.as_millis()).unwrap_or(u64::MAX)
    }

    fn check_client_data(
        &self,
        ceremony: &Ceremony,
        kind: Kind,
        client_data: &[u8],
    ) -> Result<(), Error> {
        if ceremony.kind != kind {
            return Err(Error::Ceremony);
        }
        let expected = Expected {
            r#type: kind.client_data_type(),
            challenge: &ceremony.challenge.0,
            origins: &self.config.origins,
            framed: self.config.framed,
        };
        expected.check(client_data)
    }

    fn check_authenticator(
        &self,
        ceremony: &Ceremony,
        data: &AuthenticatorData<'_>,
    ) -> Result<(), Error> {
        if !bool::from(data.rp_id_hash.ct_eq(&self.rp_id_hash)) {
            return Err(Error::RelyingParty);
        }
        if !data.flags.user_present() {
            return Err(Error::UserPresence);
        }
        if ceremony.user_verification == UserVerification::Required && !data.flags.user_verified() {
            return Err(Error::UserVerification);
        }
        if data.flags.backed_up() && !data.flags.backup_eligible() {
            return Err(Error::BackupFlags);
        }
        Ok(())
    }

    fn check_model(&self, proof: Option<Proof>, model: Uuid) -> Result<(), Error> {
        let policy = &self.config.attestation;
        if proof.is_none() && policy.refuse_other_formats {
            return Err(Error::AttestationFormat);
        }
        let is_proved = proof == Some(Proof::Certificate) && policy.allowed_models.contains(&model);
        if policy.allowed_models.is_empty() || is_proved {
            Ok(())
        } else {
            Err(Error::Model)
        }
    }
}

fn descriptor(credential: &Credential) -> Value {
    let mut descriptor = json!({ "type": "public-key", "id": credential.id });
    if !credential.transports.is_empty() {
        descriptor["transports"] = json!(credential.transports);
    }
    descriptor
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
