//! Signed requests (RFC 9421, HTTP Message Signatures; RFC 9530, `Content-Digest`): a service proves
//! who it is without sending what it proves it with.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest as _, Sha256};
use url::{Position, Url};

use crate::error::Error;
use crate::{platform, random};

const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Signs what a client sends: method, host, path, query and the body's digest, with the time and a
/// nonce, so that nothing of it can be changed, and nothing sent again.
///
/// ```
/// use crestfall_client::{Client, signing::Signer};
///
/// # fn main() -> Result<(), crestfall_client::Error> {
/// let signer = Signer::hmac_sha256_base64("9f2c41", "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBzZWNyZXQhIQ==")?;
/// let client = Client::builder("http://127.0.0.1:8000").signer(signer).build()?;
/// # Ok(()) }
/// ```
pub struct Signer {
    key_id: String,
    key: Key,
    tag: Option<String>,
}

enum Key {
    Hmac(Box<Hmac<Sha256>>),
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl Signer {
    /// With a secret that both sides know (`hmac-sha256`), and the id by which the server knows it.
    ///
    /// # Errors
    /// An id that is not printable ASCII.
    pub fn hmac_sha256(key_id: &str, secret: &[u8]) -> Result<Self, Error> {
        let key = Hmac::new_from_slice(secret)
            .map_err(|_| Error::Request("the secret cannot be used".into()))?;
        Self::new(key_id, Key::Hmac(Box::new(key)))
    }

    /// The same with the secret in Base64, as the server shows it once.
    ///
    /// # Errors
    /// An id that is not printable ASCII; a secret that is no Base64.
    pub fn hmac_sha256_base64(key_id: &str, secret: &str) -> Result<Self, Error> {
        let bytes = BASE64_STANDARD
            .decode(secret.trim())
            .map_err(|_| Error::Request("the secret is no Base64".into()))?;
        Self::hmac_sha256(key_id, &bytes)
    }

    /// With a private key of Ed25519 in its 32 bytes, whose public key the server knows by this id.
    ///
    /// # Errors
    /// An id that is not printable ASCII.
    #[cfg(feature = "ed25519")]
    pub fn ed25519(key_id: &str, private_key: &[u8; 32]) -> Result<Self, Error> {
        let key = ed25519_dalek::SigningKey::from_bytes(private_key);
        Self::new(key_id, Key::Ed25519(Box::new(key)))
    }

    /// The public key, which the server has to know; none of a shared secret.
    #[cfg(feature = "ed25519")]
    pub fn public_key(&self) -> Option<[u8; 32]> {
        match &self.key {
            Key::Hmac(_) => None,
            Key::Ed25519(key) => Some(key.verifying_key().to_bytes()),
        }
    }

    fn new(key_id: &str, key: Key) -> Result<Self, Error> {
        Ok(Self {
            key_id: quoted(key_id)?,
            key,
            tag: None,
        })
    }

    /// Says which application the signature is for.
    ///
    /// # Errors
    /// A tag that is not printable ASCII.
    pub fn tag(mut self, tag: &str) -> Result<Self, Error> {
        self.tag = Some(quoted(tag)?);
        Ok(self)
    }

    /// Signs a request as of now: sets `Content-Digest` if there is a body, `Signature-Input` and
    /// `Signature`.
    pub(crate) fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &mut HeaderMap,
        body: &[u8],
    ) -> Result<(), Error> {
        let nonce = random::token::<16>()?;
        self.sign_at(method, url, headers, body, platform::now(), &nonce)
    }

    fn sign_at(
        &self,
        method: &Method,
        url: &Url,
        headers: &mut HeaderMap,
        body: &[u8],
        created: u64,
        nonce: &str,
    ) -> Result<(), Error> {
        let mut covered = vec![
            ("@method", method.as_str().to_owned()),
            (
                "@authority",
                url[Position::BeforeHost..Position::AfterPort].to_ascii_lowercase(),
            ),
            ("@path", url.path().to_owned()),
            ("@query", format!("?{}", url.query().unwrap_or_default())),
        ];
        if !body.is_empty() {
            let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(body)));
            headers.insert(CONTENT_DIGEST, ascii(&digest)?);
            covered.push(("content-digest", digest));
        }
        let names: Vec<String> = covered
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let mut parameters = format!(
            "({});created={created};nonce=\"{nonce}\";keyid={};alg=\"{}\"",
            names.join(" "),
            self.key_id,
            self.key.algorithm(),
        );
        if let Some(tag) = &self.tag {
            parameters.push_str(";tag=");
            parameters.push_str(tag);
        }
        let mut base = String::new();
        for (name, value) in &covered {
            base.push_str(&format!("\"{name}\": {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {parameters}"));
        let signature = BASE64_STANDARD.encode(self.key.sign(base.as_bytes()));
        headers.insert(SIGNATURE_INPUT, ascii(&format!("sig={parameters}"))?);
        headers.insert(SIGNATURE, ascii(&format!("sig=:{signature}:"))?);
        Ok(())
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "hmac-sha256",
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => "ed25519",
        }
    }

    fn sign(&self, base: &[u8]) -> Vec<u8> {
        match self {
            Self::Hmac(key) => key
                .as_ref()
                .clone()
                .chain_update(base)
                .finalize()
                .into_bytes()
                .to_vec(),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => {
                use ed25519_dalek::Signer as _;
                key.sign(base).to_bytes().to_vec()
            }
        }
    }
}

/// A string of structured fields (RFC 9651).
fn quoted(text: &str) -> Result<String, Error> {
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Error::Request(format!("`{text}` is not printable ASCII")));
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

fn ascii(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::Request("the request cannot be signed".into()))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.key.algorithm())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421, appendix B.2.5: the shared secret; base and result made here by hand, as our
    /// components differ from the example's.
    #[test]
    fn method_target_and_digest_are_covered() {
        let signer = Signer::hmac_sha256("test-shared-secret", b"a secret").unwrap();
        let url = Url::parse("https://Example.com:443/rest/v1/films?year=gte.2000").unwrap();
        let mut headers = HeaderMap::new();
        signer
            .sign_at(
                &Method::POST,
                &url,
                &mut headers,
                b"{\"hello\": \"world\"}",
                1618884473,
                "abcdefgh",
            )
            .unwrap();
        // RFC 9530, appendix: the digest of this body.
        assert_eq!(
            headers["content-digest"],
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
        );
        let parameters = "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")\
            ;created=1618884473;nonce=\"abcdefgh\";keyid=\"test-shared-secret\";alg=\"hmac-sha256\"";
        assert_eq!(headers["signature-input"], format!("sig={parameters}"));
        let base = format!(
            "\"@method\": POST\n\"@authority\": example.com\n\"@path\": /rest/v1/films\n\
             \"@query\": ?year=gte.2000\n\
             \"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n\
             \"@signature-params\": {parameters}"
        );
        let mac = Hmac::<Sha256>::new_from_slice(b"a secret")
            .unwrap()
            .chain_update(base.as_bytes());
        let expected = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(headers["signature"], format!("sig=:{expected}:"));
    }

    #[test]
    fn ids_that_would_break_out_of_the_header_are_refused() {
        assert!(Signer::hmac_sha256("a\nb", b"s").is_err());
        assert!(Signer::hmac_sha256("", b"s").is_err());
        assert_eq!(quoted("a\"b\\").unwrap(), r#""a\"b\\""#);
    }

    #[test]
    fn a_signer_shows_no_key() {
        let signer = Signer::hmac_sha256("id", b"very secret").unwrap();
        assert!(!format!("{signer:?}").contains("secret"));
    }
}
