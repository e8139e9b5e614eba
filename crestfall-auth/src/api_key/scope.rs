//! What a key may do: never more than its owner.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A scope is not `resource:action`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope: write `resource:action`, either of which may be `*`")]
pub struct ScopeError(String);

/// One permission: `resource:action`, such as `rest:read`, `auth:admin` or `table.orders:write`.
/// Either part may be `*`, which covers all of it; there is no other pattern. Parts are lower-case
/// letters, digits, `_`, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    resource: String,
    action: String,
}

impl Scope {
    /// Whether who has this scope has the other.
    pub fn covers(&self, other: &Self) -> bool {
        part_covers(&self.resource, &other.resource) && part_covers(&self.action, &other.action)
    }

    /// The narrower of two scopes, if they have anything in common.
    fn intersection(&self, other: &Self) -> Option<Self> {
        Some(Self {
            resource: common_part(&self.resource, &other.resource)?.to_owned(),
            action: common_part(&self.action, &other.action)?.to_owned(),
        })
    }
}

fn part_covers(part: &str, other: &str) -> bool {
    part == "*" || part == other
}

fn common_part<'a>(one: &'a str, two: &'a str) -> Option<&'a str> {
    match (one, two) {
        ("*", part) | (part, "*") => Some(part),
        (one, two) => (one == two).then_some(one),
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let refused = || ScopeError(text.chars().take(80).collect());
        let (resource, action) = text.split_once(':').ok_or_else(refused)?;
        if !is_part(resource) || !is_part(action) {
            return Err(refused());
        }
        Ok(Self {
            resource: resource.to_owned(),
            action: action.to_owned(),
        })
    }
}

fn is_part(part: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    part == "*" || ((1..=64).contains(&part.len()) && part.bytes().all(allowed))
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.action)
    }
}

/// A set of scopes. The empty set allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Everything: `*:*`.
    pub fn all() -> Self {
        let part = || "*".to_owned();
        let everything = Scope {
            resource: part(),
            action: part(),
        };
        Self(BTreeSet::from([everything]))
    }

    /// A set from texts.
    ///
    /// # Errors
    /// The first that is no scope.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, ScopeError> {
        let scopes = texts.into_iter().map(|text| text.as_ref().parse());
        scopes.collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them covers this scope.
    pub fn covers(&self, wanted: &Scope) -> bool {
        self.0.iter().any(|scope| scope.covers(wanted))
    }

    /// Whether this set has all that the other has: asked when a key is made, of its owner's rights.
    pub fn covers_all(&self, others: &Self) -> bool {
        others.0.iter().all(|other| self.covers(other))
    }

    /// What both sets allow: asked at each use of a key, since its owner may have lost rights.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let pairs = self.0.iter().flat_map(|one| {
            let common = move |two: &Scope| one.intersection(two);
            other.0.iter().filter_map(common)
        });
        Self(pairs.collect())
    }

    /// The scopes, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
