//! What a client may know and do: lists of words separated by spaces (RFC 6749, section 3.3).

/// Scopes that users can be asked for.
pub(crate) const SUPPORTED: [&str; 5] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS];

/// An ID token, please.
pub(crate) const OPENID: &str = "openid";
/// Name, picture and what else applications keep of a user.
pub(crate) const PROFILE: &str = "profile";
/// The mail address.
pub(crate) const EMAIL: &str = "email";
/// The phone number.
pub(crate) const PHONE: &str = "phone";
/// A refresh token, please. Clients that may refresh get one without asking, too.
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// Scopes in the order they were written, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a list. What the words mean is not asked.
    pub(crate) fn parse(text: &str) -> Self {
        let mut scopes = Vec::new();
        for scope in text.split_ascii_whitespace() {
            if !scopes.iter().any(|other| other == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Self(scopes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|other| other == scope)
    }

    /// Whether each of the others is one of these.
    pub(crate) fn contains_all(&self, others: &Self) -> bool {
        others.0.iter().all(|other| self.contains(other))
    }

    /// The first that users cannot be asked for.
    pub(crate) fn unsupported(&self) -> Option<&str> {
        let is_unsupported = |scope: &&str| !SUPPORTED.contains(scope);
        self.0.iter().map(String::as_str).find(is_unsupported)
    }

    /// Whether all are words as RFC 6749 has them.
    pub(crate) fn are_words(&self) -> bool {
        let is_allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        self.0.iter().all(|scope| scope.bytes().all(is_allowed))
    }

    pub(crate) fn words(&self) -> &[String] {
        &self.0
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words_each_once() {
        let scopes = Scopes::parse("  openid email  openid ");
        assert_eq!(scopes.to_string(), "openid email");
        assert!(scopes.contains_all(&Scopes::parse("email")));
        assert!(!scopes.contains_all(&Scopes::parse("email phone")));
        assert_eq!(scopes.unsupported(), None);
        assert_eq!(Scopes::parse("email admin").unsupported(), Some("admin"));
        assert!(Scopes::parse("").is_empty());
        assert!(Scopes::parse("read:all ö").words().len() == 2);
        assert!(!Scopes::parse("read:all ö").are_words());
        assert!(Scopes::parse("read:all write").are_words());
    }
}
