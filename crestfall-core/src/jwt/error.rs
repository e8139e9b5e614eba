//! Why a token, or a setting about tokens, is refused.

use std::path::PathBuf;

use http::StatusCode;

/// Why a request did not become an identity. Texts and codes are PostgREST's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A token came, but no key was ever configured.
    #[error("Server lacks JWT secret")]
    SecretMissing,
    /// A token came before the issuer's keys could be fetched for the first time.
    #[error("The signing keys are not available yet")]
    KeysUnavailable,
    /// `Authorization: Bearer` with nothing after it.
    #[error("Empty JWT is sent in Authorization header")]
    Empty,
    /// More than one `Authorization` header: which one was checked upstream cannot be known.
    #[error("Expected 1 Authorization header; got {0}")]
    ManyCredentials(usize),
    /// Not `header.payload.signature`.
    #[error("Expected 3 parts in JWT; got {0}")]
    Parts(usize),
    /// No key fits, or none that fits made this signature.
    #[error("No suitable key or wrong key type")]
    Key(KeyProblem),
    /// `alg` is `none`.
    #[error("Wrong or unsupported encoding algorithm")]
    Unsecured,
    /// The parts are no Base64, the header is no header, or its algorithm is unknown.
    #[error("JWT cryptographic operation failed")]
    Malformed,
    /// The header demands an extension (`crit`, `b64`), and we support none.
    #[error("Unsupported token type")]
    TokenType,
    /// There is no token, and no role for requests without one.
    #[error("Anonymous access is disabled")]
    TokenRequired,
    /// The payload is no JSON object, or names a claim twice.
    #[error("Parsing claims failed")]
    Claims,
    /// `exp` has passed.
    #[error("JWT expired")]
    Expired,
    /// `nbf` is to come.
    #[error("JWT not yet valid")]
    NotYetValid,
    /// `iat` is to come.
    #[error("JWT issued at future")]
    IssuedInFuture,
    /// `aud` names others.
    #[error("JWT not in audience")]
    NotInAudience,
    /// `iss` is not the configured issuer.
    #[error("JWT not from the expected issuer")]
    WrongIssuer,
    /// There is no `exp`, and one is required.
    #[error("The JWT 'exp' claim is required")]
    ExpMissing,
    /// `exp` is no number.
    #[error("The JWT 'exp' claim must be a number")]
    ExpNotNumber,
    /// `nbf` is no number of whole seconds.
    #[error("The JWT 'nbf' claim must be a number")]
    NbfNotNumber,
    /// `iat` is no number of whole seconds.
    #[error("The JWT 'iat' claim must be a number")]
    IatNotNumber,
    /// `aud` is neither a string nor an array of strings.
    #[error("The JWT 'aud' claim must be a string or an array of strings")]
    AudNotString,
    /// The role is `none`, which to PostgreSQL means "back to the login role".
    #[error("The JWT role claim names no role")]
    RoleNotAllowed,
}

/// How far a token got with the keys; told in `details`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// No key has this `kid` and may check this algorithm.
    NotFound,
    /// The keys that fit did not make this signature.
    WrongSignature,
}

/// The part of PostgREST's error groups that code, status and header depend on.
enum Group {
    NoKeys,
    Undecodable,
    Required,
    Rejected,
}

impl Error {
    fn group(&self) -> Group {
        match self {
            Self::SecretMissing | Self::KeysUnavailable => Group::NoKeys,
            Self::Empty | Self::ManyCredentials(_) | Self::Parts(_) => Group::Undecodable,
            Self::Key(_) | Self::Unsecured | Self::Malformed => Group::Undecodable,
            Self::TokenType => Group::Undecodable,
            Self::TokenRequired => Group::Required,
            Self::Claims | Self::Expired | Self::NotYetValid => Group::Rejected,
            Self::IssuedInFuture | Self::NotInAudience => Group::Rejected,
            Self::WrongIssuer | Self::ExpMissing => Group::Rejected,
            Self::ExpNotNumber | Self::NbfNotNumber | Self::IatNotNumber => Group::Rejected,
            Self::AudNotString | Self::RoleNotAllowed => Group::Rejected,
        }
    }

    /// `PGRST300` to `PGRST303`.
    pub fn code(&self) -> &'static str {
        match self.group() {
            Group::NoKeys => "PGRST300",
            Group::Undecodable => "PGRST301",
            Group::Required => "PGRST302",
            Group::Rejected => "PGRST303",
        }
    }

    /// 401, but 500 without a secret and 503 while the issuer's keys are missing.
    pub fn status(&self) -> StatusCode {
        match (self, self.group()) {
            (Self::KeysUnavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
            (_, Group::NoKeys) => StatusCode::INTERNAL_SERVER_ERROR,
            (_, Group::Undecodable | Group::Required | Group::Rejected) => StatusCode::UNAUTHORIZED,
        }
    }

    /// What happened, in one sentence.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// More about it.
    pub fn details(&self) -> Option<&'static str> {
        match self {
            Self::Key(KeyProblem::NotFound) => Some("No suitable key was found to decode the JWT"),
            Self::Key(KeyProblem::WrongSignature) => {
                Some("None of the keys was able to decode the JWT")
            }
            Self::Unsecured => Some("JWT is unsecured but expected 'alg' was not 'none'"),
            _ => None,
        }
    }

    /// What to do about it: nothing is ever said, as in PostgREST.
    pub fn hint(&self) -> Option<&'static str> {
        None
    }

    /// The value of `WWW-Authenticate` (RFC 6750) that the answer carries.
    pub fn www_authenticate(&self) -> Option<String> {
        match self.group() {
            Group::NoKeys => None,
            Group::Required => Some("Bearer".to_owned()),
            Group::Undecodable | Group::Rejected => Some(format!(
                "Bearer error=\"invalid_token\", error_description=\"{self}\""
            )),
        }
    }
}

/// Why a [`Verifier`](super::Verifier) cannot be built from its settings. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Under 32 bytes, a secret can be guessed from one token.
    #[error("The JWT secret must be at least 32 characters long.")]
    SecretTooShort,
    /// The secret was said to be Base64 and is not.
    #[error("The JWT secret is not valid base64")]
    SecretNotBase64,
    /// A PEM public key or certificate is known to everyone and cannot be a shared secret.
    #[error("The JWT secret is a PEM key; give public keys as a JWK or JWK set")]
    SecretIsPem,
    /// A JWK or JWK set is malformed.
    #[error("The JSON Web Key is not valid: {0}")]
    Jwk(&'static str),
    /// Every key of the set is of another use or kind.
    #[error("The JSON Web Key set has no key that can verify a signature")]
    NoUsableKey,
    /// The path to the role is neither RFC 9535 JSONPath nor the older notation.
    #[error("failed to parse role-claim-key value ({value}): {reason}")]
    RoleClaim {
        /// The setting as given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// With a colon in it, the audience must be a URI (RFC 7519, StringOrURI).
    #[error("jwt-aud should be a string or a valid URI")]
    Audience,
    /// The file with the secret or the keys cannot be read.
    #[error("could not read the keys from {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The address of the keys is no http(s) URL.
    #[error("the JWKS URL `{0}` is not an http or https URL")]
    Url(String),
    /// The HTTP client for the keys cannot be made.
    #[error("could not set up the client that fetches the keys")]
    Client(#[source] reqwest::Error),
    /// Keys from a file or URL are kept fresh by a task, which needs a Tokio runtime.
    #[error("keys from a file or URL need a Tokio runtime")]
    NoRuntime,
    /// The claims to sign cannot be written as JSON.
    #[error("the claims are not JSON")]
    Sign(#[source] serde_json::Error),
}
