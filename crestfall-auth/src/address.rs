//! Mail addresses and phone numbers in the one spelling that is stored and compared.

use crate::error::{Error, Result};

const MAX_EMAIL: usize = 255;

/// A mail address in lower case, its domain in ASCII: the one form that is stored, compared and
/// counted by limits.
///
/// # Errors
/// Nothing, too much, or no address (the syntax of HTML's `input type=email`).
pub(crate) fn email(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("An email address is required"));
    }
    if text.len() > MAX_EMAIL {
        return Err(Error::invalid("An email address is too long"));
    }
    let invalid = || Error::invalid("Unable to validate email address: invalid format");
    let (local, domain) = text.rsplit_once('@').ok_or_else(invalid)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| invalid())?;
    let local_is_valid = !local.is_empty()
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
    if !local_is_valid || !domain.split('.').all(is_label) {
        return Err(invalid());
    }
    Ok(format!("{}@{domain}", local.to_ascii_lowercase()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A phone number as its digits (E.164 without the plus).
///
/// # Errors
/// Anything else.
pub(crate) fn phone(text: &str) -> Result<String> {
    let digits: String = text
        .trim()
        .trim_start_matches('+')
        .chars()
        .filter(|c| *c != ' ')
        .collect();
    let is_valid = (2..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    match is_valid {
        true => Ok(digits),
        false => Err(Error::invalid(
            "Invalid phone number format (E.164 required)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let spelled = |text| email(text).expect("an address");
        assert_eq!(spelled(" Ada.L+x@Example.ORG "), "ada.l+x@example.org");
        assert_eq!(spelled("ada@BÜCHER.example"), "ada@xn--bcher-kva.example");
        for bad in [
            "",
            "a",
            "xx:;x@x.x",
            "@x.org",
            "a@",
            "a b@x.org",
            "a@-x.org",
            "a@x..org",
            "ä@x.org",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email(&format!("{}@x.org", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_number_is_its_digits() {
        assert_eq!(phone("+1 555 0100").expect("a number"), "15550100");
        for bad in [
            "",
            "+",
            "0123456",
            "12a",
            "1234567890123456",
            "+15550100-invalid",
        ] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }
}
