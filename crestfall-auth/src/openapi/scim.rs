//! `/scim/v2`.
//!
//! What is sent is described as `application/json`, which is taken as well as
//! `application/scim+json`: some generators know no other.

use crestfall_core::openapi::{Answer, Operation, Parameter, Schema};

use super::{Group, SCIM, members, name, refused_by, text};
use crate::scim::MEDIA_TYPE;

pub(super) fn write(group: &mut Group<'_>) {
    let user = group.schema("ScimUser", user());
    let list = group.schema("ScimUserList", list_of(user.clone()));
    let patch = group.schema("ScimPatch", patch());
    write_discovery(group);
    group.get(
        "/scim/v2/Users",
        shown(client("scim_list_users", "The client's users"))
            .parameter(
                Parameter::query("filter", text())
                    .describe("RFC 7644, section 3.4.2.2.")
                    .example("userName eq \"ada@example.org\""),
            )
            .parameter(
                Parameter::query("startIndex", Schema::integer("int32"))
                    .describe("The first user of the page, from 1 on."),
            )
            .parameter(
                Parameter::query("count", Schema::integer("int32"))
                    .describe("Users of the page, 200 at most."),
            )
            .answers(200, answer("The users", list)),
    );
    group.post(
        "/scim/v2/Users",
        shown(client("scim_create_user", "Make an account"))
            .body(user.clone())
            .answers(201, resource("The user", user.clone())),
    );
    group.get(
        "/scim/v2/Users/{id}",
        shown(client("scim_show_user", "A user"))
            .parameter(Parameter::header("If-None-Match", text()))
            .answers(200, resource("The user", user.clone()))
            .answer(304, "Not changed", None),
    );
    group.put(
        "/scim/v2/Users/{id}",
        changed(shown(client("scim_replace_user", "Write a user anew")))
            .body(user.clone())
            .answers(200, resource("The user", user.clone())),
    );
    group.patch(
        "/scim/v2/Users/{id}",
        changed(shown(client("scim_change_user", "Change a user")))
            .body(patch)
            .answers(200, resource("The user", user)),
    );
    group.delete(
        "/scim/v2/Users/{id}",
        changed(client("scim_delete_user", "Delete a user")).answer(204, "Deleted", None),
    );
}

fn write_discovery(group: &mut Group<'_>) {
    let anything = || Schema::map();
    for (path, id, summary, body) in [
        (
            "/scim/v2/ServiceProviderConfig",
            "scim_config",
            "What SCIM can do here",
            anything(),
        ),
        (
            "/scim/v2/ResourceTypes",
            "scim_resource_types",
            "What there is of SCIM",
            list_of(anything()),
        ),
        (
            "/scim/v2/ResourceTypes/{name}",
            "scim_resource_type",
            "One kind of resource",
            anything(),
        ),
        (
            "/scim/v2/Schemas",
            "scim_schemas",
            "What users are made of",
            list_of(anything()),
        ),
        (
            "/scim/v2/Schemas/{name}",
            "scim_schema",
            "One of the schemas",
            anything(),
        ),
    ] {
        let operation = Operation::new(&name(id), summary).security(&[""]);
        let statuses = &[400, 403, 404, 429, 500, 503];
        let operation = refused_by("ScimRefusal", operation, statuses);
        group.get(path, operation.answers(200, answer(summary, body)));
    }
}

/// What a provisioning client asks.
fn client(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(&name(id), summary).security(&[SCIM]);
    let statuses = &[400, 401, 403, 404, 409, 413, 429, 500, 503];
    refused_by("ScimRefusal", operation, statuses)
}

/// What depends on the version that the client has seen.
fn changed(operation: Operation) -> Operation {
    refused_by("ScimRefusal", operation, &[412]).parameter(Parameter::header("If-Match", text()))
}

fn shown(operation: Operation) -> Operation {
    operation
        .parameter(
            Parameter::query("attributes", text()).describe("The only ones to show, with commas."),
        )
        .parameter(
            Parameter::query("excludedAttributes", text())
                .describe("Those not to show, with commas."),
        )
}

fn answer(about: &str, schema: Schema) -> Answer {
    Answer::new(about).body(MEDIA_TYPE, schema)
}

fn resource(about: &str, schema: Schema) -> Answer {
    answer(about, schema)
        .header("ETag", "The version")
        .header("Location", "Where the user is")
}

fn list_of(schema: Schema) -> Schema {
    let number = || Schema::integer("int64");
    members([
        ("schemas", Schema::array(text())),
        ("totalResults", number()),
        ("startIndex", number()),
        ("itemsPerPage", number()),
        ("Resources", Schema::array(schema)),
    ])
}

/// The best known members; the others are in the answer of `/scim/v2/Schemas`.
fn user() -> Schema {
    members([
        ("schemas?", Schema::array(text())),
        ("id?", Schema::uuid().with("readOnly", true)),
        ("externalId?", text()),
        ("userName?", text()),
        ("active?", Schema::boolean()),
        ("displayName?", text()),
        ("name?", Schema::map()),
        ("emails?", Schema::array(Schema::map())),
        ("meta?", Schema::map().with("readOnly", true)),
    ])
    .with("additionalProperties", true)
    .describe("A user (RFC 7643, section 4.1); `userName` is required, and an address.")
}

fn patch() -> Schema {
    let operation = members([
        ("op", text().describe("`add`, `replace` or `remove`.")),
        ("path?", text()),
        ("value?", Schema::any()),
    ]);
    members([
        ("schemas?", Schema::array(text())),
        ("Operations", Schema::array(operation)),
    ])
    .describe("Changes of a user (RFC 7644, section 3.5.2).")
}
