//! What an operation changes: `active`, `name.familyName`, `emails[type eq "work"].value`, with or
//! without the address of their schema.

use crate::scim::error::{ScimError, ScimResult};
use crate::scim::filter::{Filter, Parser};
use crate::scim::schema::{self, Attribute, Place};

/// What the service sets by itself.
const READ_ONLY: [&str; 4] = ["id", "meta", "schemas", "groups"];

/// A place in a user.
#[derive(Debug, PartialEq)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) attribute: &'static Attribute,
    /// Which elements of a list.
    pub(super) filter: Option<Filter>,
    pub(super) part: Option<&'static Attribute>,
}

impl Target {
    /// All of an attribute.
    pub(super) fn of(place: Place, attribute: &'static Attribute) -> Self {
        Self {
            place,
            attribute,
            filter: None,
            part: None,
        }
    }

    /// Whether clients send it and cannot change it.
    pub(super) fn is_read_only(name: &str) -> bool {
        let start = name.split(['.', '[']).next().unwrap_or_default();
        READ_ONLY.iter().any(|one| one.eq_ignore_ascii_case(start))
    }

    /// None for an attribute that the schema does not know.
    ///
    /// # Errors
    /// `invalidPath` for what is no path, `mutability` for what cannot be changed.
    pub(super) fn parse(path: &str) -> ScimResult<Option<Self>> {
        let path = path.trim();
        if Self::is_read_only(path) {
            let message = format!("`{}` cannot be changed", path.escape_debug());
            return Err(ScimError::mutability(message));
        }
        let wrong = || {
            let start: String = path.chars().take(100).collect();
            ScimError::invalid_path(format!("\"{}\" is no path", start.escape_debug()))
        };
        let Some((place, plain)) = schema::resolve(path) else {
            return Ok(None);
        };
        let end = plain.find(['.', '[']).unwrap_or(plain.len());
        let (name, rest) = plain.split_at(end);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
        if !name.chars().all(is_name) || (name.is_empty() && !rest.is_empty()) {
            return Err(wrong());
        }
        let Some(attribute) = place.writable(name) else {
            return Ok(None);
        };
        let mut parser = Parser::new(rest)?;
        let filter = match attribute.is_many {
            true => parser.in_brackets(place, attribute)?,
            false => None,
        };
        let part = match parser.rest() {
            "" => None,
            rest => {
                let name = rest.strip_prefix('.').ok_or_else(wrong)?;
                Some(schema::find(attribute.parts(), name).ok_or_else(wrong)?)
            }
        };
        Ok(Some(Self {
            place,
            attribute,
            filter,
            part,
        }))
    }
}
