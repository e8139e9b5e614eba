//! What may be done: `resource:action`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A permission, `resource:action`, such as `invoice:read`.
///
/// Either part may be `*`, which stands for every word: `invoice:*` covers `invoice:read`, and is
/// itself covered by `*:*` only. There are no other wildcards. Words are of lower-case letters, digits
/// and `_`, and from the second character on also `.` and `-`; 63 characters at most.
///
/// ```
/// use crestfall_rbac::Permission;
/// let read: Permission = "invoice:read".parse()?;
/// assert!("invoice:*".parse::<Permission>()?.covers(&read));
/// assert!(!"inv*:read".parse::<Permission>().is_ok());
/// # Ok::<(), crestfall_rbac::InvalidPermission>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// Itself, then the wildcards that cover it, made once: decisions look them up.
    covering: [Box<str>; 4],
}

/// A text that is no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no permission: expected resource:action, such as invoice:read")]
pub struct InvalidPermission(String);

impl Permission {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.covering[0]
    }

    /// What it is about.
    pub fn resource(&self) -> &str {
        self.parts().0
    }

    /// What may be done with it.
    pub fn action(&self) -> &str {
        self.parts().1
    }

    /// Whether who has this one has the other.
    pub fn covers(&self, other: &Self) -> bool {
        other.covering.iter().any(|held| **held == *self.as_str())
    }

    /// Whether a part of it is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.resource() == "*" || self.action() == "*"
    }

    /// Each permission that grants this one, itself first.
    pub(crate) fn covering(&self) -> &[Box<str>; 4] {
        &self.covering
    }

    fn parts(&self) -> (&str, &str) {
        self.as_str().split_once(':').unwrap_or_default()
    }
}

impl FromStr for Permission {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        match text.split_once(':') {
            Some((resource, action)) if is_part(resource) && is_part(action) => Ok(Self {
                covering: [
                    text.into(),
                    format!("{resource}:*").into(),
                    format!("*:{action}").into(),
                    "*:*".into(),
                ],
            }),
            _ => Err(InvalidPermission(text.to_owned())),
        }
    }
}

fn is_part(part: &str) -> bool {
    part == "*" || is_word(part)
}

/// A name of resources, actions, kinds and roles.
pub(crate) fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    bytes.next().is_some_and(is_first)
        && bytes.all(|byte| is_first(byte) || matches!(byte, b'.' | b'-'))
        && text.len() <= 63
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permission({self})")
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(text: &str) -> Permission {
        text.parse().expect("a permission")
    }

    #[test]
    fn wildcards_cover_as_written_and_no_more() {
        for (held, asked, covered) in [
            ("invoice:read", "invoice:read", true),
            ("invoice:read", "invoice:write", false),
            ("invoice:*", "invoice:read", true),
            ("*:read", "invoice:read", true),
            ("*:*", "invoice:read", true),
            ("*:*", "invoice:*", true),
            ("invoice:read", "invoice:*", false),
            ("invoice:*", "*:read", false),
            ("*:read", "invoice:*", false),
            ("invoice:*", "*:*", false),
            ("invoice:*", "invoice:*", true),
        ] {
            let covers = permission(held).covers(&permission(asked));
            assert_eq!(covers, covered, "{held} for {asked}");
        }
    }

    #[test]
    fn what_is_no_permission_is_refused() {
        for text in [
            "",
            ":",
            "invoice",
            "invoice:",
            ":read",
            "invoice:re ad",
            "Invoice:read",
            "inv*:read",
            "a:b:c",
            "-a:b",
            "invoice:read\n",
            &format!("{}:a", "a".repeat(64)),
        ] {
            assert!(text.parse::<Permission>().is_err(), "{text:?}");
        }
        let dotted = permission("rbac.role:write-all");
        assert_eq!(
            (dotted.resource(), dotted.action()),
            ("rbac.role", "write-all")
        );
        assert!(!dotted.is_wildcard() && permission("a:*").is_wildcard());
    }
}
