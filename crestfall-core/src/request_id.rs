//! The name of one request, by which its traces are found again: in answers, logs and the audit log.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

/// Longest id that is taken over from a client, in bytes: with what stands before it, it fits into a
/// connection's application name.
const LONGEST: usize = 48;

/// A request's id. A layer in front puts it into the request's extensions; transactions tell it as
/// `request.id`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// An id nobody has guessed: 128 random bits in hexadecimal.
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()).into())
    }

    /// The id that a client or proxy gave: 1 to 48 letters, digits and `-_.:=+/`; none for any other
    /// text, which could say something else where it is written.
    pub fn given(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte);
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.into()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a header's value.
    pub fn to_header(&self) -> HeaderValue {
        // What is in it, any header may hold.
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_texts_are_taken_over() {
        let given = |text: &'static str| RequestId::given(&HeaderValue::from_static(text));
        assert_eq!(given("0197c2b2-55aa").unwrap().as_str(), "0197c2b2-55aa");
        let long = "123456789012345678901234567890123456789012345678";
        assert!(given(long).is_some());
        for refused in ["", " ", "a b", "a\"b", "a;drop", "a'b"] {
            assert_eq!(given(refused), None, "{refused}");
        }
        let longer = HeaderValue::from_str(&format!("{long}9")).unwrap();
        assert_eq!(RequestId::given(&longer), None);
        assert_eq!(RequestId::random().as_str().len(), 32);
    }
}
