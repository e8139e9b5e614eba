//! Public keys of credentials: COSE_Key (RFC 9052, section 7; WebAuthn, 5.8.5 and 6.5.1.1).

use super::{
    cbor::{self, Value},
    error::Error,
};
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Signature algorithms, by their number in the COSE registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// ECDSA on P-256 with SHA-256: what nearly every authenticator speaks.
    Es256,
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256: Windows Hello on older machines.
    Rs256,
}

impl Algorithm {
    /// In the order in which they are asked for.
    pub(super) const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Es384, Self::Rs256];

    pub(super) fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Es384 => -35,
            Self::Rs256 => -257,
        }
    }

    pub(super) fn of(number: i64) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.number() == number)
            .ok_or(Error::Algorithm)
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &signature::ED25519,
            Self::Es384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        }
    }

    /// Verifies with a key in X.509's form (SubjectPublicKeyInfo), as certificates have it.
    pub(super) fn verify_x509(
        self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let key = UnparsedPublicKey::new(self.verification(), key);
        key.verify(message, signature).map_err(|_| Error::Signature)
    }
}

/// A credential's public key, known to be one.
#[derive(Debug)]
pub(super) struct PublicKey<'a> {
    pub(super) algorithm: Algorithm,
    material: Material<'a>,
}

#[derive(Debug)]
enum Material<'a> {
    Parsed(ParsedPublicKey),
    Rsa(RsaPublicKeyComponents<&'a [u8]>),
}

impl<'a> PublicKey<'a> {
    /// Reads a key behind which nothing stands.
    pub(super) fn parse(cose: &'a [u8]) -> Result<Self, Error> {
        Self::of(&cbor::read_whole(cose).ok_or(Error::PublicKey)?)
    }

    fn of(key: &Value<'a>) -> Result<Self, Error> {
        let integer = |label| key.at(label).and_then(Value::as_integer);
        let algorithm = Algorithm::of(integer(3).ok_or(Error::PublicKey)?)?;
        let (kind, curve) = match algorithm {
            Algorithm::Es256 => (2, Some(1)),
            Algorithm::Es384 => (2, Some(2)),
            Algorithm::EdDsa => (1, Some(6)),
            Algorithm::Rs256 => (3, None),
        };
        if integer(1) != Some(kind) || curve.is_some_and(|curve| integer(-1) != Some(curve)) {
            return Err(Error::PublicKey);
        }
        let bytes = |label| {
            key.at(label)
                .and_then(Value::as_bytes)
                .ok_or(Error::PublicKey)
        };
        let material = match algorithm {
            Algorithm::Es256 => point(algorithm, bytes(-2)?, bytes(-3)?, 32)?,
            Algorithm::Es384 => point(algorithm, bytes(-2)?, bytes(-3)?, 48)?,
            Algorithm::EdDsa => parsed(algorithm, bytes(-2)?, 32)?,
            Algorithm::Rs256 => rsa(bytes(-1)?, bytes(-2)?)?,
        };
        Ok(Self {
            algorithm,
            material,
        })
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        match &self.material {
            Material::Parsed(key) => key.verify_sig(message, signature),
            Material::Rsa(key) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .map_err(|_| Error::Signature)
    }
}

/// A point of a curve, uncompressed (SEC 1, 2.3.3).
fn point<'a>(
    algorithm: Algorithm,
    x: &[u8],
    y: &[u8],
    length: usize,
) -> Result<Material<'a>, Error> {
    if x.len() != length || y.len() != length {
        return Err(Error::PublicKey);
    }
    parsed(algorithm, &[&[4], x, y].concat(), 1 + 2 * length)
}

fn parsed<'a>(algorithm: Algorithm, key: &[u8], length: usize) -> Result<Material<'a>, Error> {
    if key.len() != length {
        return Err(Error::PublicKey);
    }
    ParsedPublicKey::new(algorithm.verification(), key)
        .map(Material::Parsed)
        .map_err(|_| Error::PublicKey)
}

/// 2048 to 4096 bits, an odd exponent of at most 32 bits: verifying must not become a burden.
fn rsa<'a>(n: &'a [u8], e: &'a [u8]) -> Result<Material<'a>, Error> {
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !(256..=512).contains(&n.len())
        || n[0] == 0
        || !(1..=4).contains(&e.len())
        || !is_odd(n)
        || !is_odd(e)
    {
        return Err(Error::PublicKey);
    }
    Ok(Material::Rsa(RsaPublicKeyComponents { n, e }))
}
