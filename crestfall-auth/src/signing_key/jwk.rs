//! Signing keys as JWKs (RFC 7517, 7518, 8037) and their thumbprints (RFC 7638).

use aws_lc_rs::digest;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{Algorithm, KeyError, Pair, SigningKey, curve};

/// The members of a public key that its thumbprint is made of; RFC 7638 wants them sorted.
const REQUIRED: [&str; 6] = ["crv", "e", "kty", "n", "x", "y"];

impl SigningKey {
    pub(super) fn from_jwk_object(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        let id = text(jwk, "kid")?.map(str::to_owned);
        let algorithm = algorithm(jwk)?;
        let pair = match algorithm {
            Algorithm::Hs256 => return Self::shared(id, number(jwk, "k")?),
            Algorithm::Rs256 | Algorithm::Rs512 => Pair::Rsa(Box::new(rsa(jwk)?)),
            Algorithm::Es256 | Algorithm::Es512 => Pair::Ecdsa(Box::new(elliptic(jwk, algorithm)?)),
            Algorithm::EdDsa => {
                let (seed, public) = (number(jwk, "d")?, number(jwk, "x")?);
                let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public)?;
                Pair::Ed25519(Box::new(pair))
            }
        };
        Ok(Self::new(id, algorithm, pair))
    }

    /// The public JWK with `kid`, `alg`, `use` and `key_ops`, to be published. A shared secret has
    /// none.
    pub fn public_jwk(&self) -> Option<Value> {
        let mut jwk = self.public_numbers()?;
        describe(&mut jwk, self.id(), self.algorithm);
        Some(jwk)
    }

    /// What verifies this key's signatures, secrets too: for our own verifier only.
    pub(super) fn verifying_jwk(&self) -> Option<Value> {
        let Pair::Shared { secret, .. } = &self.pair else {
            return self.public_jwk();
        };
        let mut jwk = json!({ "kty": "oct", "k": encode(secret) });
        describe(&mut jwk, self.id(), self.algorithm);
        Some(jwk)
    }

    /// The RFC 7638 SHA-256 thumbprint of the public key.
    pub fn thumbprint(&self) -> Option<String> {
        self.public_numbers().map(|jwk| thumbprint(&jwk))
    }

    fn public_numbers(&self) -> Option<Value> {
        match &self.pair {
            Pair::Shared { .. } => None,
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = encode(public.modulus().big_endian_without_leading_zero());
                let e = encode(public.exponent().big_endian_without_leading_zero());
                Some(json!({ "kty": "RSA", "n": n, "e": e }))
            }
            Pair::Ecdsa(pair) => {
                let point = pair.public_key().as_ref().get(1..)?; // SEC 1: 4, then x and y
                let (x, y) = point.split_at_checked(point.len() / 2)?;
                let crv = curve_name(self.algorithm);
                Some(json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) }))
            }
            Pair::Ed25519(pair) => {
                let x = encode(pair.public_key().as_ref());
                Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": x }))
            }
        }
    }
}

/// Which algorithm a JWK is for: its `alg`, else the one its type and curve leave.
pub(super) fn algorithm(jwk: &Map<String, Value>) -> Result<Algorithm, KeyError> {
    let kind = text(jwk, "kty")?.ok_or(KeyError::Jwk("it needs `kty`"))?;
    let named = text(jwk, "alg")?.map(str::parse::<Algorithm>).transpose()?;
    let possible: &[Algorithm] = match (kind, text(jwk, "crv")?) {
        ("oct", _) => &[Algorithm::Hs256],
        ("RSA", _) => &[Algorithm::Rs256, Algorithm::Rs512],
        ("EC", Some("P-256")) => &[Algorithm::Es256],
        ("EC", Some("P-521")) => &[Algorithm::Es512],
        ("OKP", Some("Ed25519")) => &[Algorithm::EdDsa],
        _ => return Err(KeyError::Algorithm),
    };
    match named {
        None => Ok(possible[0]),
        Some(named) if possible.contains(&named) => Ok(named),
        Some(_) => Err(KeyError::Jwk("its `alg` is not one of its `kty`")),
    }
}

/// The public part of someone's JWK, bound to its algorithm; `kid` is its thumbprint if it has none.
pub(super) fn public_part(jwk: &Map<String, Value>) -> Result<Value, KeyError> {
    let algorithm = algorithm(jwk)?;
    let mut public = Map::new();
    for name in REQUIRED {
        if let Some(value) = text(jwk, name)? {
            public.insert(name.to_owned(), value.into());
        }
    }
    let mut public = Value::Object(public);
    let id = match text(jwk, "kid")? {
        Some(id) => id.to_owned(),
        None => thumbprint(&public),
    };
    describe(&mut public, Some(&id), algorithm);
    Ok(public)
}

fn describe(jwk: &mut Value, id: Option<&str>, algorithm: Algorithm) {
    let Some(jwk) = jwk.as_object_mut() else {
        return;
    };
    if let Some(id) = id {
        jwk.insert("kid".to_owned(), id.into());
    }
    jwk.insert("alg".to_owned(), algorithm.name().into());
    jwk.insert("use".to_owned(), "sig".into());
    jwk.insert("key_ops".to_owned(), json!(["verify"]));
}

/// Base64url of the SHA-256 of the required members, sorted, without white space.
fn thumbprint(jwk: &Value) -> String {
    let members = REQUIRED.iter().filter_map(|name| {
        let value = jwk.get(name)?;
        Some(format!("\"{name}\":{value}"))
    });
    let canonical = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
}

fn rsa(jwk: &Map<String, Value>) -> Result<RsaKeyPair, KeyError> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    let pair = RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents {
            n: unpadded(&n),
            e: unpadded(&e),
        },
        d: number(jwk, "d")?.as_slice(),
        p: number(jwk, "p")?.as_slice(),
        q: number(jwk, "q")?.as_slice(),
        dP: number(jwk, "dp")?.as_slice(),
        dQ: number(jwk, "dq")?.as_slice(),
        qInv: number(jwk, "qi")?.as_slice(),
    })?;
    Ok(pair)
}

fn elliptic(jwk: &Map<String, Value>, algorithm: Algorithm) -> Result<EcdsaKeyPair, KeyError> {
    let size = if algorithm == Algorithm::Es512 {
        66
    } else {
        32
    };
    let private = Zeroizing::new(fixed(&number(jwk, "d")?, size)?);
    let mut point = vec![4]; // SEC 1: uncompressed
    for coordinate in ["x", "y"] {
        point.extend(fixed(&number(jwk, coordinate)?, size)?);
    }
    let curve = curve(algorithm)?;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &private, &point)?;
    Ok(pair)
}

fn curve_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es512 => "P-521",
        Algorithm::Hs256 | Algorithm::Rs256 | Algorithm::Rs512 => "P-256",
        Algorithm::Es256 | Algorithm::EdDsa => "P-256",
    }
}

pub(super) fn text<'a>(
    jwk: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, KeyError> {
    match jwk.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyError::Jwk("a member is not a string")),
    }
}

fn number(jwk: &Map<String, Value>, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = text(jwk, name)?.ok_or(KeyError::Jwk("a number of the private key is missing"))?;
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| KeyError::Jwk("a member is not base64url"))?;
    Ok(Zeroizing::new(bytes))
}

fn unpadded(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// A big-endian number in exactly `size` bytes.
fn fixed(number: &[u8], size: usize) -> Result<Vec<u8>, KeyError> {
    let digits = unpadded(number);
    let zeros = size.checked_sub(digits.len());
    let mut bytes = vec![0; zeros.ok_or(KeyError::Jwk("a number is too long for its curve"))?];
    bytes.extend_from_slice(digits);
    Ok(bytes)
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
