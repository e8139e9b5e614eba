//! What a new authenticator says about itself (WebAuthn, 6.5 and 8).

use super::{
    authenticator_data::AttestedCredential,
    cbor::{self, Value},
    certificate::Certificate,
    cose::{Algorithm, PublicKey},
    error::Error,
};

/// Registered formats that are not verified here.
const UNVERIFIED: [&str; 6] = [
    "android-key",
    "android-safetynet",
    "apple",
    "compound",
    "fido-u2f",
    "tpm",
];

/// `attestationObject`, its statement not verified yet.
pub(super) struct AttestationObject<'a> {
    pub(super) format: &'a str,
    statement: Value<'a>,
    pub(super) authenticator_data: &'a [u8],
}

/// What the statement proves about the authenticator's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing: no statement, one that the credential signed itself, or one of a format that is not verified here.
    None,
    /// A certificate of the model signed it. Nobody says that the certificate is the maker's: no roots are kept.
    Certificate,
}

impl<'a> AttestationObject<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let object = cbor::read_whole(bytes).ok_or(Error::Attestation)?;
        let format = object
            .get("fmt")
            .and_then(Value::as_text)
            .ok_or(Error::Attestation)?;
        let authenticator_data = object
            .get("authData")
            .and_then(Value::as_bytes)
            .ok_or(Error::Attestation)?;
        let Value::Map(entries) = object else {
            return Err(Error::Attestation);
        };
        let statement = entries
            .into_iter()
            .find(|(key, _)| *key == Value::Text("attStmt"));
        let Some((_, statement @ Value::Map(_))) = statement else {
            return Err(Error::Attestation);
        };
        Ok(Self {
            format,
            statement,
            authenticator_data,
        })
    }

    /// Verifies the statement; `None` when its format is registered, but not verified here.
    pub(super) fn verify(
        &self,
        credential: &AttestedCredential<'_>,
        key: &PublicKey<'_>,
        client_data_hash: &[u8],
    ) -> Result<Option<Proof>, Error> {
        match self.format {
            "none" if self.statement == Value::Map(Vec::new()) => Ok(Some(Proof::None)),
            "none" => Err(Error::Attestation),
            "packed" => self
                .verify_packed(credential, key, client_data_hash)
                .map(Some),
            format if UNVERIFIED.contains(&format) => Ok(None),
            _ => Err(Error::AttestationFormat),
        }
    }

    /// WebAuthn, 8.2.
    fn verify_packed(
        &self,
        credential: &AttestedCredential<'_>,
        key: &PublicKey<'_>,
        client_data_hash: &[u8],
    ) -> Result<Proof, Error> {
        let number = self
            .statement
            .get("alg")
            .and_then(Value::as_integer)
            .ok_or(Error::Attestation)?;
        let signature = self
            .statement
            .get("sig")
            .and_then(Value::as_bytes)
            .ok_or(Error::Attestation)?;
        let (algorithm, message) = (
            Algorithm::of(number)?,
            [self.authenticator_data, client_data_hash].concat(),
        );
        match self.statement.get("x5c") {
            None if algorithm != key.algorithm => Err(Error::Attestation),
            None => key.verify(&message, signature).map(|()| Proof::None),
            Some(Value::Array(chain)) => {
                let leaf = chain
                    .first()
                    .and_then(Value::as_bytes)
                    .and_then(Certificate::parse);
                let leaf = leaf
                    .filter(Certificate::is_of_authenticator)
                    .ok_or(Error::Attestation)?;
                if leaf
                    .aaguid
                    .is_some_and(|model| model != credential.aaguid.as_bytes())
                {
                    return Err(Error::Attestation);
                }
                algorithm
                    .verify_x509(leaf.public_key, &message, signature)
                    .map(|()| Proof::Certificate)
            }
            Some(_) => Err(Error::Attestation),
        }
    }
}
