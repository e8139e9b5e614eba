//! Codes that are mailed or sent as a text message: a few random digits, known to the store by a hash only.

use super::totp::NoRandomness;
use aws_lc_rs::{digest, rand};
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Digits that a code may have (`MAILER_OTP_LENGTH`, `SMS_OTP_LENGTH`).
pub(crate) const LENGTHS: RangeInclusive<usize> = 6..=10;

/// A new code of `length` digits; a length outside [`LENGTHS`] becomes the nearest one inside. Every code is equally
/// likely.
///
/// # Errors
/// No randomness.
pub(crate) fn generate(length: usize) -> Result<Zeroizing<String>, NoRandomness> {
    let length = length.clamp(*LENGTHS.start(), *LENGTHS.end());
    let mut code = Zeroizing::new(String::with_capacity(length));
    let mut bytes = Zeroizing::new([0; 32]);
    while code.len() < length {
        rand::fill(&mut *bytes).map_err(|_| NoRandomness)?;
        let digits = bytes.iter().filter_map(|byte| digit(*byte));
        let missing = length - code.len();
        code.extend(digits.take(missing));
    }
    Ok(code)
}

/// A digit of a random byte; `None` for the six bytes that would make some digits likelier.
fn digit(byte: u8) -> Option<char> {
    (byte < 250).then(|| char::from(b'0' + byte % 10))
}

/// What the store keeps, and what links carry as `token_hash`: SHA-224 of address and code in hexadecimal, as GoTrue
/// makes it. The address is an e-mail address in lower case or a phone number, so equal codes of two users differ.
///
/// A code has 20 to 33 bits, so whoever reads the store could find it from this; it is short-lived and used once.
pub(crate) fn token_hash(address: &str, code: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA224);
    context.update(address.as_bytes());
    context.update(code.as_bytes());
    context
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether `code`, sent to `address`, is the one of which the store keeps `stored`. Spaces around it are passed over.
pub(crate) fn verify(address: &str, code: &str, stored: &str) -> bool {
    is_same_hash(&token_hash(address, code.trim()), stored)
}

/// Compares two hashes in constant time.
pub(crate) fn is_same_hash(given: &str, stored: &str) -> bool {
    given.as_bytes().ct_eq(stored.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_code_has_the_digits_asked_for() {
        for (length, expected) in [(6, 6), (8, 8), (10, 10), (0, 6), (99, 10)] {
            let code = generate(length).unwrap();
            assert_eq!(code.len(), expected);
            assert!(code.bytes().all(|b| b.is_ascii_digit()));
        }
    }

    #[test]
    fn every_digit_stands_for_as_many_bytes() {
        for wanted in '0'..='9' {
            assert_eq!(
                (0..=255)
                    .filter(|byte| digit(*byte) == Some(wanted))
                    .count(),
                25
            );
        }
        let codes: HashSet<String> = (0..1000)
            .map(|_| generate(10).unwrap().to_string())
            .collect();
        assert!(codes.len() > 990);
    }

    /// `printf 'ada@example.com123456' | openssl dgst -sha224`
    #[test]
    fn a_hash_is_gotrues() {
        let hash = token_hash("ada@example.com", "123456");
        assert_eq!(
            hash,
            "b3e6748f730bb25fa8ce9a5fda7fd5bf5f56ee21419043fe1c94d975"
        );
        assert!(verify("ada@example.com", " 123456 ", &hash));
        assert!(!verify("ada@example.com", "123457", &hash));
        assert!(!verify("bob@example.com", "123456", &hash));
        assert!(!verify("ada@example.com", "123456", ""));
    }
}
