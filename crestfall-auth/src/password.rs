//! Passwords: how they are hashed and checked without slowing anything else, and which ones are accepted.
//!
//! New hashes are Argon2id in PHC form. Hashes of users who come from elsewhere (Argon2 of other parameters,
//! bcrypt, Firebase's scrypt) are checked as they are and replaced at the next login.
//!
//! # Unicode
//! The same password typed on two keyboards can be two strings. New hashes are of the password prepared as
//! RFC 8265 `OpaqueString` says: spaces of any script become U+0020, the rest is NFC. GoTrue prepares nothing, so a
//! password that preparation changes is also tried as it came: imported users log in, and are re-hashed.

mod argon2id;
mod breach;
mod firebase;
mod hasher;
mod policy;
mod queue;
mod stored_hash;

pub(crate) use breach::{BreachCheck, HaveIBeenPwned, HaveIBeenPwnedConfig};
pub(crate) use hasher::{HasherConfig, PasswordHasher};
pub(crate) use policy::{Policy, Reason, Rejection, required_characters};
pub(crate) use queue::Busy;
pub(crate) use stored_hash::check_importable;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The password in the one spelling that is hashed (RFC 8265, section 4.2.2).
fn prepare(password: &str) -> Zeroizing<String> {
    let mut prepared = Zeroizing::new(String::with_capacity(password.len() * 3)); // NFC at most triples: no copy is left by growing
    prepared.extend(password.chars().map(plain_space).nfc());
    prepared
}

/// Spaces of every script (general category `Zs`) as U+0020.
fn plain_space(c: char) -> char {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            ' '
        }
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn a_password_has_one_spelling_whichever_keyboard_typed_it() {
        assert_eq!(prepare("pa\u{308}ss").as_str(), "p\u{e4}ss");
        assert_eq!(prepare("two\u{3000}words").as_str(), "two words");
        assert_eq!(prepare("plain ASCII").as_str(), "plain ASCII");
    }
}
