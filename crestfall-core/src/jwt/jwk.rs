//! JSON Web Keys (RFC 7517, 7518, 8037) and sets of them. Private keys give their public part;
//! nothing else of them is kept.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::algorithm::{Algorithm, Family};
use super::error::ConfigError;
use super::keys::{Key, KeySet};

/// What to do with a malformed key of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The operator wrote it: say so.
    Refuse,
    /// Someone else publishes it: one bad key must not take the good ones away.
    Skip,
}

/// The members of a JWK that we read.
#[derive(Deserialize)]
struct Jwk {
    #[serde(default)]
    kid: Option<String>,
    #[serde(rename = "use", default)]
    usage: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
    #[serde(default)]
    k: Option<String>,
}

impl KeySet {
    /// Keys from a JWK or a JWK set; none if the text is neither, i.e. no object with `kty` or
    /// `keys`.
    pub(super) fn from_json(
        text: &[u8],
        malformed: Malformed,
    ) -> Option<Result<Self, ConfigError>> {
        let object: Map<String, Value> = serde_json::from_slice(text).ok()?;
        if let Some(keys) = object.get("keys") {
            return Some(from_set(keys, malformed));
        }
        object
            .contains_key("kty")
            .then(|| usable(from_object(&object)?.into_iter().collect()))
    }

    /// The public keys of a JWK set that somebody else publishes. Malformed ones are skipped, and so
    /// are shared secrets, which nobody publishes.
    ///
    /// # Errors
    /// When that leaves none.
    pub fn published(set: &Value) -> Result<Self, ConfigError> {
        let is_public = |key: &&Value| key.get("kty").and_then(Value::as_str) != Some("oct");
        let keys = set.get("keys").and_then(Value::as_array);
        let keys: Vec<Value> = keys
            .into_iter()
            .flatten()
            .filter(is_public)
            .cloned()
            .collect();
        from_set(&Value::Array(keys), Malformed::Skip)
    }
}

fn from_set(keys: &Value, malformed: Malformed) -> Result<KeySet, ConfigError> {
    let keys = keys
        .as_array()
        .ok_or(ConfigError::Jwk("`keys` is not an array"))?;
    let mut usable_keys = Vec::new();
    for key in keys {
        let parsed = match key.as_object() {
            Some(object) => from_object(object),
            None => Err(ConfigError::Jwk("a key is not an object")),
        };
        match parsed {
            Ok(key) => usable_keys.extend(key),
            Err(error) if malformed == Malformed::Refuse => return Err(error),
            Err(error) => tracing::warn!(%error, "skipped a malformed key of the JWK set"),
        }
    }
    usable(usable_keys)
}

fn usable(keys: Vec<Key>) -> Result<KeySet, ConfigError> {
    if keys.is_empty() {
        return Err(ConfigError::NoUsableKey);
    }
    Ok(KeySet::new(keys))
}

/// One key, or none if it is of another kind, algorithm or use than verifying signatures.
fn from_object(object: &Map<String, Value>) -> Result<Option<Key>, ConfigError> {
    let (Some(kind), Some(only)) = (object.get("kty").and_then(Value::as_str), bound(object))
    else {
        return Ok(None);
    };
    let jwk = Jwk::deserialize(object).map_err(|_| ConfigError::Jwk("a member is not a string"))?;
    if !jwk.may_verify() {
        return Ok(None);
    }
    let key = match kind {
        "oct" => Some(jwk.shared(only)?),
        "RSA" => Some(jwk.rsa(only)?),
        "EC" => jwk.elliptic(only)?,
        "OKP" => jwk.edwards(only)?,
        _ => None,
    };
    Ok(key.filter(Key::is_usable))
}

/// The key's `alg`: `Some(None)` if it has none, none at all if it is one we do not know.
fn bound(object: &Map<String, Value>) -> Option<Option<Algorithm>> {
    match object.get("alg") {
        None | Some(Value::Null) => Some(None),
        Some(name) => Some(Some(Algorithm::parse(name.as_str()?)?)),
    }
}

impl Jwk {
    fn may_verify(&self) -> bool {
        let usage = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let operations = self.key_ops.as_ref();
        usage && operations.is_none_or(|all| all.iter().any(|operation| operation == "verify"))
    }

    fn shared(self, only: Option<Algorithm>) -> Result<Key, ConfigError> {
        let secret = number(self.k.as_deref(), "an oct key needs `k`")?;
        Key::shared(self.kid, &secret, only)
    }

    fn rsa(self, only: Option<Algorithm>) -> Result<Key, ConfigError> {
        let n = number(self.n.as_deref(), "an RSA key needs `n`")?;
        let e = number(self.e.as_deref(), "an RSA key needs `e`")?;
        let components = RsaPublicKeyComponents {
            n: unpadded(&n),
            e: unpadded(&e),
        };
        let der = components
            .as_der()
            .map_err(|_| ConfigError::Jwk("its `n` and `e` are no key"))?;
        Key::public(self.kid, Family::Rsa, der.as_ref(), only)
    }

    fn elliptic(self, only: Option<Algorithm>) -> Result<Option<Key>, ConfigError> {
        let (family, size) = match self.crv.as_deref() {
            Some("P-256") => (Family::P256, 32_usize),
            Some("P-384") => (Family::P384, 48),
            Some("P-521") => (Family::P521, 66),
            Some(_) => return Ok(None),
            None => return Err(ConfigError::Jwk("an EC key needs `crv`")),
        };
        let x = number(self.x.as_deref(), "an EC key needs `x`")?;
        let y = number(self.y.as_deref(), "an EC key needs `y`")?;
        let mut point = vec![4]; // SEC 1: uncompressed
        for coordinate in [&x, &y] {
            let digits = unpadded(coordinate);
            let zeros = size.checked_sub(digits.len());
            let zeros = zeros.ok_or(ConfigError::Jwk("a coordinate is too long"))?;
            point.resize(point.len() + zeros, 0);
            point.extend_from_slice(digits);
        }
        Key::public(self.kid, family, &point, only).map(Some)
    }

    /// Ed25519. Ed448, which aws-lc does not have, is no key for us.
    fn edwards(self, only: Option<Algorithm>) -> Result<Option<Key>, ConfigError> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(_) => return Ok(None),
            None => return Err(ConfigError::Jwk("an OKP key needs `crv`")),
        }
        let x = number(self.x.as_deref(), "an OKP key needs `x`")?;
        Key::public(self.kid, Family::Ed25519, &x, only).map(Some)
    }
}

fn number(text: Option<&str>, missing: &'static str) -> Result<Vec<u8>, ConfigError> {
    let text = text.ok_or(ConfigError::Jwk(missing))?;
    BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| ConfigError::Jwk("a member is not base64url"))
}

fn unpadded(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
