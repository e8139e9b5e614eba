//! Codes that replace a lost second factor: a handful, each good for one use.

use super::totp::NoRandomness;
use aws_lc_rs::{digest, rand};
use zeroize::Zeroizing;

/// Characters of a code, five bits each: 60 bits.
const LENGTH: usize = 12;
/// Characters between two dashes.
const GROUP: usize = 4;
/// Digits and letters that are not mistaken for one another (Crockford's Base32: no I, L, O, U).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new code, such as `7KQX-0M4T-9ZBC`. It is shown once; the store keeps its [`hash`].
///
/// # Errors
/// No randomness.
pub(crate) fn generate() -> Result<Zeroizing<String>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rand::fill(&mut *bytes).map_err(|_| NoRandomness)?;
    let mut code = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
    for (position, byte) in bytes.iter().enumerate() {
        if position > 0 && position % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    Ok(code)
}

/// So many new codes, all different.
///
/// # Errors
/// No randomness.
pub(crate) fn generate_all(count: usize) -> Result<Vec<Zeroizing<String>>, NoRandomness> {
    let mut codes: Vec<Zeroizing<String>> = Vec::with_capacity(count);
    while codes.len() < count {
        let code = generate()?;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    Ok(codes)
}

/// What the store keeps and looks a code up by: SHA-256 of user and code, in hexadecimal. 60 random bits need no slow
/// hash. Case, spaces and dashes do not matter, and letters that look like digits are read as these.
///
/// `None` when it cannot be a code.
pub(crate) fn hash(user: uuid::Uuid, code: &str) -> Option<String> {
    let code = normalize(code)?;
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(user.as_bytes());
    context.update(code.as_bytes());
    Some(
        context
            .finish()
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

fn normalize(code: &str) -> Option<Zeroizing<String>> {
    let mut normal = Zeroizing::new(String::with_capacity(LENGTH));
    for c in code
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
    {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        if normal.len() == LENGTH || !c.is_ascii() || !ALPHABET.contains(&(c as u8)) {
            return None;
        }
        normal.push(c);
    }
    (normal.len() == LENGTH).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn gt_040_a_user_is_given_ten_different_codes_in_groups_of_four() {
        let codes = generate_all(10).unwrap();
        assert_eq!(
            codes
                .iter()
                .map(|code| code.as_str())
                .collect::<HashSet<_>>()
                .len(),
            10
        );
        for code in codes {
            let groups: Vec<&str> = code.split('-').collect();
            assert_eq!(
                groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
                [4, 4, 4]
            );
        }
    }

    #[test]
    fn gt_040_a_code_may_be_typed_carelessly() {
        let user = Uuid::nil();
        let stored = hash(user, "7KQX-0M4T-91BC");
        assert!(stored.is_some());
        for typed in [
            "7kqx-0m4t-91bc",
            " 7KQX 0M4T 91BC ",
            "7KQX0M4T91BC",
            "7kqxom4t9lbc",
            "7KQX\u{2013}OM4T\u{2013}9IBC",
        ] {
            assert_eq!(hash(user, typed), stored, "{typed}");
        }
        assert_ne!(hash(user, "7KQX-0M4T-91BD"), stored);
        assert_ne!(hash(Uuid::max(), "7KQX-0M4T-91BC"), stored);
    }

    #[test]
    fn gt_040_what_cannot_be_a_code_has_no_hash() {
        for typed in [
            "",
            "123456",
            "7KQX-0M4T-91B",
            "7KQX-0M4T-91BCD",
            "7KQX-0M4T-91BU",
            "7KQX-0M4T-91Bé",
            &"0".repeat(99999),
        ] {
            assert_eq!(hash(Uuid::nil(), typed), None);
        }
    }
}
