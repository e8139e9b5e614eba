//! JSON Web Tokens: which keys may sign them, and how a token becomes an [`Identity`].
//!
//! A [`Verifier`] holds the keys and the rules. It is built from one secret, from a JWK or JWK set
//! (literal, file or URL), and is cheap to ask: a token seen before costs a digest and a look-up.
//!
//! ```
//! use crestfall_core::jwt::{Verifier, sign_hs256};
//!
//! let secret = b"a secret of thirty-two or more bytes";
//! let token = sign_hs256(secret, &serde_json::json!({ "role": "editor", "sub": "ada" }))?;
//! let verifier = Verifier::builder().secret(secret).anonymous_role("anon").build()?;
//! let identity = verifier.verify(&token)?;
//! assert_eq!(identity.role(), "editor");
//! assert_eq!(identity.claims().get("sub"), Some(&"ada".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Statuses, codes and texts of the refusals are those of PostgREST 16, so that its clients see no
//! difference. Where PostgREST takes a malformed claim for an absent one (a fractional `nbf`, a null
//! `exp`), the token is refused here.
//!
//! **Why a JWS layer of our own.** The signatures are checked by aws-lc (`aws-lc-rs`). What stands
//! around them is small, and a general library stands in its way: PostgREST's texts tell apart how
//! far a token got, and a [key](KeySet) here *is* the list of algorithms it may check, each with its
//! prepared material. The header picks from that list and can add nothing to it, so an RSA key can
//! never become an HMAC secret, whatever a token says. Public keys are parsed once, not per token.
//!
//! [`Identity`]: crate::identity::Identity

mod algorithm;
mod builder;
mod cache;
mod claims;
mod error;
mod jwk;
mod keys;
mod refresh;
mod role;
mod secret;
mod sign;
mod source;
mod token;
mod verifier;

pub use builder::Builder;
pub use cache::CacheStatus;
pub use error::{ConfigError, Error, KeyProblem};
pub use keys::KeySet;
pub use role::RoleClaim;
pub use secret::read_secret;
pub use sign::sign_hs256;
pub use source::JwksOptions;
pub use verifier::Verifier;
