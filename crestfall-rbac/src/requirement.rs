//! What a route asks of who calls it: an expression over permissions, roles and memberships. No I/O.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::grants::{Grants, Place};
use crate::permission::{InvalidPermission, Permission, is_word};

/// What a caller must hold.
///
/// ```
/// use crestfall_rbac::Requirement;
/// let edit = Requirement::permission("document:write")?
///     .on("document/{id}")? // held on this document, …
///     .in_organisation("organisation") // … or in the organisation of the path, or everywhere
///     .or(Requirement::role("moderator")?)
///     .and(Requirement::role("suspended")?.not());
/// assert_eq!(
///     edit.to_string(),
///     "(document:write on document/{id} in {organisation} or role moderator) and not role suspended",
/// );
/// # Ok::<(), crestfall_rbac::InvalidRequirement>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement(Expression);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Holds(What, Where),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Permission(Permission),
    Role(Box<str>),
    Membership,
}

/// A place that the path of the request names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Where {
    resource: Option<Template>,
    /// The parameter.
    organisation: Option<Box<str>>,
}

/// `kind/{parameter}`, or any text with parameters in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    text: Box<str>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Parameter(Box<str>),
}

/// Why a requirement makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequirement {
    /// A text is no permission.
    #[error(transparent)]
    Permission(#[from] InvalidPermission),
    /// A text is no name of a role.
    #[error("`{0}` is no role: expected a word of a-z, 0-9, _, . and -")]
    Role(String),
    /// A text is no resource.
    #[error("`{0}` is no resource: expected kind/{{parameter}}")]
    Resource(String),
}

/// A parameter that the route does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the route has no parameter `{0}`")]
pub struct MissingParameter(pub(crate) String);

/// Looks up a parameter of the path.
pub(crate) type Parameters<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Requirement {
    /// A permission, everywhere unless a place is added.
    ///
    /// # Errors
    /// It is none.
    pub fn permission(permission: &str) -> Result<Self, InvalidRequirement> {
        let permission = permission.parse::<Permission>()?;
        Ok(Self::holds(What::Permission(permission)))
    }

    /// A role that every organisation knows, or one below it. Everywhere unless a place is added.
    ///
    /// # Errors
    /// It is no name of a role.
    pub fn role(role: &str) -> Result<Self, InvalidRequirement> {
        match is_word(role) {
            true => Ok(Self::holds(What::Role(role.into()))),
            false => Err(InvalidRequirement::Role(role.to_owned())),
        }
    }

    /// Membership of the organisation whose id is this parameter of the path.
    pub fn member_of(parameter: &str) -> Self {
        Self::holds(What::Membership).in_organisation(parameter)
    }

    /// Nothing but to be signed in.
    pub fn signed_in() -> Self {
        Self(Expression::All(Vec::new()))
    }

    fn holds(what: What) -> Self {
        Self(Expression::Holds(what, Where::default()))
    }

    /// Lets what is held on one resource count too, in every part so far that names none:
    /// `invoice/{id}` with a parameter of the path.
    ///
    /// # Errors
    /// It is not of the form `kind/id`, or its braces do not match.
    pub fn on(mut self, resource: &str) -> Result<Self, InvalidRequirement> {
        let template: Template = resource.parse()?;
        self.0.each_place(&mut |place| {
            place.resource.get_or_insert_with(|| template.clone());
        });
        Ok(self)
    }

    /// Lets what is held in the organisation count too whose id is this parameter of the path, in
    /// every part so far that names none.
    #[must_use]
    pub fn in_organisation(mut self, parameter: &str) -> Self {
        self.0.each_place(&mut |place| {
            place.organisation.get_or_insert_with(|| parameter.into());
        });
        self
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut all = match self.0 {
            Expression::All(all) => all,
            one => vec![one],
        };
        all.push(other.0);
        Self(Expression::All(all))
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut any = match self.0 {
            Expression::Any(any) => any,
            one => vec![one],
        };
        any.push(other.0);
        Self(Expression::Any(any))
    }

    /// The contrary; who is not signed in does not meet that either.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as and, or, not")]
    pub fn not(self) -> Self {
        Self(Expression::Not(Box::new(self.0)))
    }

    /// Whether parameters of the path matter to it.
    pub(crate) fn names_parameters(&self) -> bool {
        self.0.names_parameters()
    }

    /// Whether these grants meet it, for a request with these parameters.
    ///
    /// # Errors
    /// A parameter is not there.
    pub(crate) fn is_met(
        &self,
        grants: &Grants,
        parameters: Parameters<'_>,
    ) -> Result<bool, MissingParameter> {
        self.0.is_met(grants, parameters)
    }

    /// Parts that are asked for and not held, as they are written.
    pub(crate) fn missing(&self, grants: &Grants, parameters: Parameters<'_>) -> Vec<String> {
        let mut missing = Vec::new();
        self.0.missing(grants, parameters, &mut missing);
        missing.dedup();
        missing
    }
}

impl Expression {
    fn each_place(&mut self, change: &mut dyn FnMut(&mut Where)) {
        match self {
            Self::Holds(_, place) => change(place),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_place(change);
                }
            }
            Self::Not(part) => part.each_place(change),
        }
    }

    fn is_met(
        &self,
        grants: &Grants,
        parameters: Parameters<'_>,
    ) -> Result<bool, MissingParameter> {
        Ok(match self {
            Self::Holds(what, place) => what.is_held(grants, &place.read(parameters)?),
            Self::All(parts) => {
                for part in parts {
                    if !part.is_met(grants, parameters)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.is_met(grants, parameters)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(part) => !part.is_met(grants, parameters)?,
        })
    }

    fn names_parameters(&self) -> bool {
        match self {
            Self::Holds(_, place) => place.resource.is_some() || place.organisation.is_some(),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::names_parameters),
            Self::Not(part) => part.names_parameters(),
        }
    }

    fn missing(&self, grants: &Grants, parameters: Parameters<'_>, into: &mut Vec<String>) {
        if self.is_met(grants, parameters).unwrap_or_default() {
            return;
        }
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.missing(grants, parameters, into);
                }
            }
            Self::Holds(..) | Self::Not(_) => into.push(self.to_string()),
        }
    }
}

impl What {
    fn is_held(&self, grants: &Grants, place: &Place) -> bool {
        match self {
            Self::Permission(permission) => grants.is_authorized(permission, place),
            Self::Role(role) => grants.has_role(role, place),
            Self::Membership => place.organisation.is_some_and(|id| grants.is_member(id)),
        }
    }
}

impl Where {
    /// An id that is none names no organisation: nothing is held there.
    fn read(&self, parameters: Parameters<'_>) -> Result<Place, MissingParameter> {
        let read = |name: &str| parameters(name).ok_or_else(|| MissingParameter(name.to_owned()));
        let organisation = self.organisation.as_deref().map(read).transpose()?;
        let resource = self.resource.as_ref().map(|template| template.fill(&read));
        Ok(Place {
            organisation: organisation.and_then(|id| Uuid::parse_str(&id).ok()),
            resource: resource.transpose()?,
        })
    }
}

impl Template {
    fn fill(
        &self,
        read: &dyn Fn(&str) -> Result<String, MissingParameter>,
    ) -> Result<String, MissingParameter> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Parameter(name) => filled.push_str(&read(name)?),
            }
        }
        Ok(filled)
    }
}

impl FromStr for Template {
    type Err = InvalidRequirement;

    fn from_str(text: &str) -> Result<Self, InvalidRequirement> {
        let invalid = || InvalidRequirement::Resource(text.to_owned());
        let (kind, id) = text.split_once('/').ok_or_else(invalid)?;
        if !is_word(kind) || id.is_empty() {
            return Err(invalid());
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(invalid)?;
            if before.contains('}') || name.is_empty() || name.contains('{') {
                return Err(invalid());
            }
            parts.push(Part::Text(before.into()));
            parts.push(Part::Parameter(name.into()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(invalid());
        }
        parts.push(Part::Text(rest.into()));
        Ok(Self {
            text: text.into(),
            parts,
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Expression::All(parts) if parts.is_empty() => f.write_str("signed in"),
            expression => fmt::Display::fmt(expression, f),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(what, place) => write!(f, "{what}{place}"),
            Self::All(parts) => join(f, parts, " and "),
            Self::Any(parts) => join(f, parts, " or "),
            Self::Not(part) => write!(f, "not {}", Inner(part)),
        }
    }
}

/// In parentheses where it has parts.
struct Inner<'a>(&'a Expression);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::All(_) | Expression::Any(_) => write!(f, "({})", self.0),
            part => fmt::Display::fmt(part, f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expression], by: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        fmt::Display::fmt(&Inner(part), f)?;
    }
    Ok(())
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(permission) => fmt::Display::fmt(permission, f),
            Self::Role(role) => write!(f, "role {role}"),
            Self::Membership => f.write_str("membership"),
        }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(template) = &self.resource {
            write!(f, " on {}", template.text)?;
        }
        match &self.organisation {
            Some(parameter) => write!(f, " in {{{parameter}}}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: &str = "00000000-0000-0000-0000-000000000001";

    fn grants() -> Grants {
        let mut grants = Grants::none();
        grants.add_permission("invoice:read", Place::everywhere());
        grants.add_permission("invoice:write", Place::resource("invoice/42"));
        grants.add_permission("member:*", Place::organisation(Uuid::from_u128(1)));
        grants.add_role("editor", Place::everywhere());
        grants.add_membership(Uuid::from_u128(1));
        grants
    }

    fn is_met(requirement: &Requirement, parameters: &[(&str, &str)]) -> bool {
        let read = |name: &str| {
            let found = parameters.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        requirement
            .is_met(&grants(), &read)
            .expect("the parameters are there")
    }

    fn permission(text: &str) -> Requirement {
        Requirement::permission(text).expect("a permission")
    }

    #[test]
    fn expressions_decide_as_they_read() {
        let role = |name| Requirement::role(name).expect("a role");
        for (requirement, expected) in [
            (permission("invoice:read"), true),
            (permission("invoice:write"), false),
            (
                permission("invoice:read").and(permission("invoice:write")),
                false,
            ),
            (
                permission("invoice:write").or(permission("invoice:read")),
                true,
            ),
            (permission("invoice:write").not(), true),
            (role("editor").and(role("banned").not()), true),
            (role("editor").and(role("editor").not()), false),
            (permission("a:b").or(permission("a:c")).not(), true),
            (Requirement::signed_in(), true),
        ] {
            assert_eq!(is_met(&requirement, &[]), expected, "{requirement}");
        }
    }

    #[test]
    fn the_path_names_the_place() {
        let write = permission("invoice:write")
            .on("invoice/{id}")
            .expect("a resource");
        assert!(is_met(&write, &[("id", "42")]));
        assert!(!is_met(&write, &[("id", "43")]));
        let members = permission("member:list").in_organisation("org");
        assert!(is_met(&members, &[("org", ACME)]));
        assert!(!is_met(&members, &[("org", "no-uuid")]));
        let member = Requirement::member_of("org");
        assert!(is_met(&member, &[("org", ACME)]));
        let missing = member.is_met(&grants(), &|_| None);
        assert_eq!(missing, Err(MissingParameter("org".into())));
        // What a part names stays; what it does not is added.
        let both = write
            .or(permission("invoice:all"))
            .on("invoice/all")
            .expect("a resource");
        assert_eq!(
            both.to_string(),
            "invoice:write on invoice/{id} or invoice:all on invoice/all"
        );
    }

    #[test]
    fn what_is_missing_is_told_in_its_parts() {
        let asked = permission("invoice:read")
            .and(permission("invoice:write").or(permission("invoice:all")))
            .and(Requirement::role("editor").expect("a role").not());
        assert_eq!(
            asked.missing(&grants(), &|_| None),
            ["invoice:write", "invoice:all", "not role editor"]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_when_it_is_made() {
        for resource in [
            "",
            "invoice",
            "invoice/",
            "/x",
            "Invoice/{id}",
            "a/{",
            "a/{}",
            "a/}",
            "a/{b{c}}",
        ] {
            assert!(permission("a:b").on(resource).is_err(), "{resource}");
        }
        assert!(Requirement::permission("invoice").is_err());
        assert!(Requirement::role("An Editor").is_err());
    }
}
