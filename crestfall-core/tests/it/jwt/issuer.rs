//! A token issuer with a fresh key of any kind.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as sig, KeyPair as _};
use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

pub(crate) const ALGORITHMS: [&str; 13] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "EdDSA",
];

pub(crate) struct Issuer {
    pub(crate) algorithm: &'static str,
    pub(crate) kid: Option<&'static str>,
    key: Key,
}

enum Key {
    Secret(Vec<u8>),
    Rsa(Box<signature::RsaKeyPair>),
    Ec(Box<signature::EcdsaKeyPair>),
    Ed(Box<signature::Ed25519KeyPair>),
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

impl Issuer {
    pub(crate) fn new(algorithm: &'static str) -> Self {
        let ec = |how| Key::Ec(Box::new(sig::EcdsaKeyPair::generate(how).expect("a key")));
        let key = match algorithm {
            "ES256" => ec(&sig::ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ec(&sig::ECDSA_P384_SHA384_FIXED_SIGNING),
            "ES512" => ec(&sig::ECDSA_P521_SHA512_FIXED_SIGNING),
            "EdDSA" => Key::Ed(Box::new(sig::Ed25519KeyPair::generate().expect("a key"))),
            rsa if !rsa.starts_with("HS") => {
                let key = sig::RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
                Key::Rsa(Box::new(key))
            }
            _ => {
                let mut secret = vec![0; 64];
                aws_lc_rs::rand::fill(&mut secret).expect("random bytes");
                Key::Secret(secret)
            }
        };
        Self {
            algorithm,
            kid: None,
            key,
        }
    }

    pub(crate) fn named(algorithm: &'static str, kid: &'static str) -> Self {
        Self {
            kid: Some(kid),
            ..Self::new(algorithm)
        }
    }

    /// The key as its issuer publishes it, without `alg`.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            Key::Secret(secret) => json!({ "kty": "oct", "k": encode(secret) }),
            Key::Rsa(pair) => {
                let public = sig::RsaPublicKeyComponents::from(pair.public_key());
                json!({ "kty": "RSA", "n": encode(&public.n), "e": encode(&public.e) })
            }
            Key::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(self.coordinate());
                json!({ "kty": "EC", "crv": self.curve(), "x": encode(x), "y": encode(y) })
            }
            Key::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) })
            }
        };
        if let Some(kid) = self.kid {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    /// The bytes an attacker may take for a secret: the public key in its usual encodings.
    pub(crate) fn public_bytes(&self) -> Vec<Vec<u8>> {
        let mut all = vec![self.jwk().to_string().into_bytes()];
        match &self.key {
            Key::Secret(_) => {}
            Key::Rsa(pair) => all.push(pair.public_key().as_ref().to_vec()),
            Key::Ec(pair) => all.push(pair.public_key().as_ref().to_vec()),
            Key::Ed(pair) => all.push(pair.public_key().as_ref().to_vec()),
        }
        all
    }

    fn curve(&self) -> &'static str {
        match self.algorithm {
            "ES256" => "P-256",
            "ES384" => "P-384",
            _ => "P-521",
        }
    }

    fn coordinate(&self) -> usize {
        match self.algorithm {
            "ES256" => 32,
            "ES384" => 48,
            _ => 66,
        }
    }

    pub(crate) fn header(&self) -> Value {
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT" });
        if let Some(kid) = self.kid {
            header["kid"] = kid.into();
        }
        header
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_raw(&self.header().to_string(), &claims.to_string())
    }

    /// Any header, any payload, honestly signed.
    pub(crate) fn sign_raw(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Secret(secret) => mac(self.algorithm, secret, signed),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(self.rsa_encoding(), &random, signed, &mut signature)
                    .expect("signs");
                signature
            }
            Key::Ec(pair) => pair.sign(&random, signed).expect("signs").as_ref().to_vec(),
            Key::Ed(pair) => pair.sign(signed).as_ref().to_vec(),
        }
    }

    fn rsa_encoding(&self) -> &'static dyn signature::RsaEncoding {
        match self.algorithm {
            "RS256" => &sig::RSA_PKCS1_SHA256,
            "RS384" => &sig::RSA_PKCS1_SHA384,
            "RS512" => &sig::RSA_PKCS1_SHA512,
            "PS256" => &sig::RSA_PSS_SHA256,
            "PS384" => &sig::RSA_PSS_SHA384,
            _ => &sig::RSA_PSS_SHA512,
        }
    }
}

/// An HMAC with any bytes for a key.
pub(crate) fn mac(algorithm: &str, secret: &[u8], signed: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    hmac::sign(&hmac::Key::new(algorithm, secret), signed)
        .as_ref()
        .to_vec()
}
