//! Signature algorithms of RFC 7518 and RFC 8037 that a key may be bound to.

use aws_lc_rs::hmac;
use aws_lc_rs::signature as sig;

/// An `alg` value. There is none for `none`: a token without a signature has no algorithm here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// What kind of key an algorithm needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Hmac,
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Algorithm {
    const ALL: [(&'static str, Self); 13] = [
        ("HS256", Self::Hs256),
        ("HS384", Self::Hs384),
        ("HS512", Self::Hs512),
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("ES512", Self::Es512),
        ("EdDSA", Self::EdDsa),
    ];

    /// The algorithm of a header's or key's `alg`, which is case-sensitive.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (_, algorithm) = Self::ALL.iter().find(|(known, _)| *known == name)?;
        Some(*algorithm)
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Hmac,
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Family::Rsa,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Family::Rsa,
            Self::Es256 => Family::P256,
            Self::Es384 => Family::P384,
            Self::Es512 => Family::P521,
            Self::EdDsa => Family::Ed25519,
        }
    }

    /// The algorithms that a key of this family may check.
    pub(super) fn of(family: Family) -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().map(|(_, algorithm)| *algorithm);
        all.filter(move |algorithm| algorithm.family() == family)
    }

    /// How aws-lc computes it, for the HMAC family.
    pub(super) fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::Hs256 => Some(hmac::HMAC_SHA256),
            Self::Hs384 => Some(hmac::HMAC_SHA384),
            Self::Hs512 => Some(hmac::HMAC_SHA512),
            Self::Rs256 | Self::Rs384 | Self::Rs512 => None,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => None,
            Self::Es256 | Self::Es384 | Self::Es512 | Self::EdDsa => None,
        }
    }

    /// How aws-lc verifies it, for the families with a public key. RSA keys under 2048 bits are
    /// refused by these parameters.
    pub(super) fn public(self) -> Option<&'static dyn sig::VerificationAlgorithm> {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => None,
            Self::Rs256 => Some(&sig::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&sig::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&sig::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&sig::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&sig::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&sig::RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Some(&sig::ECDSA_P256_SHA256_FIXED),
            Self::Es384 => Some(&sig::ECDSA_P384_SHA384_FIXED),
            Self::Es512 => Some(&sig::ECDSA_P521_SHA512_FIXED),
            Self::EdDsa => Some(&sig::ED25519),
        }
    }
}
