//! The tables of attributes (RFC 7643, sections 3.1, 4.1 and 4.3).

use super::{Attribute, Kind};

/// The part of a complex attribute that stands for all of it.
pub(crate) const VALUE: &str = "value";

const fn one(name: &'static str, kind: Kind, about: &'static str) -> Attribute {
    Attribute {
        name,
        kind,
        is_many: false,
        about,
    }
}

const fn text(name: &'static str, about: &'static str) -> Attribute {
    one(name, Kind::Text, about)
}

const fn many(name: &'static str, parts: &'static [Attribute], about: &'static str) -> Attribute {
    Attribute {
        is_many: true,
        ..one(name, Kind::Complex(parts), about)
    }
}

/// The service's name for a user.
pub(crate) static ID: Attribute = one("id", Kind::ExactText, "The service's name for the user");
/// The client's name for a user.
pub(crate) static EXTERNAL_ID: Attribute = one(
    "externalId",
    Kind::ExactText,
    "The client's name for the user",
);
/// What the service knows of a resource.
pub(crate) static META: Attribute = one(
    "meta",
    Kind::Complex(&[
        one("created", Kind::Time, "When it came"),
        one("lastModified", Kind::Time, "When it last changed"),
    ]),
    "What the service knows of the resource",
);

/// What is the same of all lists.
static PLURAL: [Attribute; 4] = [
    text(VALUE, "The value"),
    text("display", "A name for people"),
    text("type", "What kind of, such as work or home"),
    one("primary", Kind::Boolean, "The one that is preferred"),
];

/// Users.
pub(crate) static USER: &[Attribute] = &[
    text("userName", "The name by which the client knows the user"),
    one(
        "name",
        Kind::Complex(&[
            text("formatted", "The whole name"),
            text("familyName", "The family's name"),
            text("givenName", "The given name"),
            text("middleName", "Names between them"),
            text("honorificPrefix", "Titles before the name"),
            text("honorificSuffix", "Titles after it"),
        ]),
        "The name of the person",
    ),
    text("displayName", "The name to show"),
    text("nickName", "What friends say"),
    one("profileUrl", Kind::Reference, "A page about the user"),
    text("title", "Such as Vice President"),
    text("userType", "Such as Employee or Contractor"),
    text("preferredLanguage", "As in Accept-Language"),
    text("locale", "How dates and numbers are written"),
    text("timezone", "Such as Europe/Berlin"),
    one("active", Kind::Boolean, "Whether the user may sign in"),
    one("password", Kind::Hidden, "A new password"),
    many(
        "emails",
        &PLURAL,
        "Mail addresses; the primary one is the account's",
    ),
    many(
        "phoneNumbers",
        &PLURAL,
        "Phone numbers; none is a way to sign in",
    ),
    many("ims", &PLURAL, "Addresses of messengers"),
    many("photos", &PLURAL, "Addresses of pictures"),
    many(
        "addresses",
        &[
            text("formatted", "The whole address"),
            text("streetAddress", "Street and number"),
            text("locality", "The town"),
            text("region", "The state"),
            text("postalCode", "The postal code"),
            text("country", "The country, in two letters"),
            text("type", "What kind of, such as work or home"),
            one("primary", Kind::Boolean, "The one that is preferred"),
        ],
        "Where the user lives or works",
    ),
    many("entitlements", &PLURAL, "What the user is entitled to"),
    many(
        "roles",
        &PLURAL,
        "Roles with the client; none is a role here",
    ),
];

/// What firms know of users.
pub(crate) static ENTERPRISE_USER: &[Attribute] = &[
    text("employeeNumber", "The number of the employee"),
    text("costCenter", "The cost centre"),
    text("organization", "The organisation"),
    text("division", "The division"),
    text("department", "The department"),
    one(
        "manager",
        Kind::Complex(&[
            text(VALUE, "The id of the manager"),
            one("$ref", Kind::Reference, "The address of the manager"),
            text("displayName", "The name of the manager"),
        ]),
        "Who leads the user",
    ),
];
