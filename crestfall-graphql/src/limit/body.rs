//! How many values a JSON text holds, before any of them is made.

use super::Exceeded;

/// Refuses a JSON text with more values than the most: each takes tens of bytes once it is read,
/// whatever it took on the way here.
pub(crate) fn check_values(json: &[u8], most: usize) -> Result<(), Exceeded> {
    Exceeded::check(
        values(json),
        most,
        "the request holds too many values",
        "max_values",
    )
}

/// At least as many as there are.
fn values(json: &[u8]) -> usize {
    let mut count = 1;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' | b'[' | b'{' => count += 1,
            b'"' => loop {
                match bytes.next() {
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(b'"') | None => break,
                    Some(_) => {}
                }
            },
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert_eq!(values(br#"{"a,[{": "\"[,"}"#), 2);
        assert_eq!(values(b"[1,[2,3],{}]"), 7);
        assert!(check_values(b"[0,0,0]", 3).is_err());
        assert!(check_values(b"[0,0]", 3).is_ok());
    }
}
