//! Codes that are mailed or sent as a text message: a few random digits.

use super::totp::NoRandomness;
use aws_lc_rs::rand;
use std::ops::RangeInclusive;
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
}
