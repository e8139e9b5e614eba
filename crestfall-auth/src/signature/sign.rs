//! Signing requests: for clients in Rust, and for tests.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::request::Parts;

use super::component::{Message, base, component};
use super::digest::{CONTENT_DIGEST, content_digest};
use super::error::Error;
use super::key::PrivateKey;
use super::structured::{Bare, InnerList, Parameters, is_string};

/// Why a request could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The request has no host, or lacks a component that is to be covered.
    #[error("the request cannot be signed as it is")]
    Request(#[source] Error),
    /// The key id or tag has characters other than printable ASCII.
    #[error("the {0} is not printable ASCII")]
    NotAscii(&'static str),
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Random,
}

/// Signs requests so that a [`Verifier`](super::Verifier) accepts them: `@method`, `@authority`,
/// `@path`, `@query`, `content-digest` if there is a body, and the components added.
#[derive(Debug)]
pub struct Signer {
    key_id: String,
    key: PrivateKey,
    tag: Option<String>,
    components: Vec<String>,
}

impl Signer {
    /// A signer with the key that the other side knows by this id.
    pub fn new(key_id: impl Into<String>, key: PrivateKey) -> Self {
        Self {
            key_id: key_id.into(),
            key,
            tag: None,
            components: Vec::new(),
        }
    }

    /// Says which application the signature is for (`tag`).
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Covers another component, such as the header `content-type`.
    #[must_use]
    pub fn component(mut self, name: impl Into<String>) -> Self {
        self.components.push(name.into());
        self
    }

    /// Signs a request as of now (`created`, in seconds of the epoch) with a random nonce: sets
    /// `Content-Digest` if there is a body, `Signature-Input` and `Signature`. A signature that is
    /// there already is replaced.
    ///
    /// # Errors
    /// A request without host; what the request lacks.
    pub fn sign(&self, parts: &mut Parts, body: &[u8], now: i64) -> Result<(), SignError> {
        let mut names = vec!["@method", "@authority", "@path", "@query"];
        if !body.is_empty() {
            let digest = ascii_header(content_digest(body))?;
            parts.headers.insert(CONTENT_DIGEST, digest);
            names.push(CONTENT_DIGEST);
        }
        names.extend(self.components.iter().map(String::as_str));
        let mut nonce = [0_u8; 16];
        rand::fill(&mut nonce).map_err(|_| SignError::Random)?;
        let nonce = BASE64_URL_SAFE_NO_PAD.encode(nonce);
        let mut parameters = Parameters::default();
        parameters.push("created", Bare::Integer(now));
        parameters.push("nonce", Bare::String(nonce));
        parameters.push("keyid", string("key id", &self.key_id)?);
        parameters.push("alg", Bare::String(self.key.algorithm().to_owned()));
        if let Some(tag) = &self.tag {
            parameters.push("tag", string("tag", tag)?);
        }
        self.sign_as("sig", parts, &names, parameters)
    }

    /// Signs these components with these parameters.
    pub(super) fn sign_as(
        &self,
        label: &str,
        parts: &mut Parts,
        names: &[&str],
        parameters: Parameters,
    ) -> Result<(), SignError> {
        let items: Result<_, _> = names.iter().map(|name| component(name)).collect();
        let items = items.map_err(SignError::Request)?;
        let covered = InnerList { items, parameters };
        let message = Message::new(parts, &parts.uri, None);
        let base = base(&message, &covered).map_err(SignError::Request)?;
        let signature = Bare::Bytes(self.key.sign(base.as_bytes()));
        let input = ascii_header(format!("{label}={covered}"))?;
        let signature = ascii_header(format!("{label}={signature}"))?;
        parts.headers.insert("signature-input", input);
        parts.headers.insert("signature", signature);
        Ok(())
    }
}

fn string(what: &'static str, text: &str) -> Result<Bare, SignError> {
    match is_string(text) {
        true => Ok(Bare::String(text.to_owned())),
        false => Err(SignError::NotAscii(what)),
    }
}

fn ascii_header(text: String) -> Result<HeaderValue, SignError> {
    HeaderValue::try_from(text).map_err(|_| SignError::NotAscii("signature"))
}
