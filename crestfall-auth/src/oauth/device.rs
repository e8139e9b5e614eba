//! Codes of devices without a browser (RFC 8628, section 6.1).

use rand::Rng as _;

/// Consonants: no word comes of them, and none looks like a digit.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// A new code for the user to type: some 34 bits, for a few minutes and a few tries.
pub(crate) fn new_user_code() -> String {
    let mut random = rand::rng();
    (0..LENGTH)
        .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
        .collect()
}

/// As people read it.
pub(crate) fn show(user_code: &str) -> String {
    match user_code.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => user_code.to_owned(),
    }
}

/// As it was made, from what somebody typed; none for what is none.
pub(crate) fn read(typed: &str) -> Option<String> {
    let letters = typed.chars().filter(char::is_ascii_alphabetic);
    let code: String = letters
        .map(|letter| letter.to_ascii_uppercase())
        .take(LENGTH + 1)
        .collect();
    let is_code = code.len() == LENGTH && code.bytes().all(|b| LETTERS.contains(&b));
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_user_code();
        assert_eq!(read(&show(&code)).as_ref(), Some(&code));
        assert_eq!(read(" wdjb mjht ").as_deref(), Some("WDJBMJHT"));
        assert_eq!(show("WDJBMJHT"), "WDJB-MJHT");
        for bad in ["", "WDJB", "WDJB-MJHTT", "AEIOUAEI", "WDJB-MJH\u{0}"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
