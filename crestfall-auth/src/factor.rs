//! What a user proves besides, or instead of, knowing a password.
//!
//! Nothing here stores anything: the store keeps what these modules make, and makes sure that it is used once.

pub(crate) mod one_time_code;
pub(crate) mod recovery_code;
pub(crate) mod totp;
pub(crate) mod webauthn;

mod base32;
