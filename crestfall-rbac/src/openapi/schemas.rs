//! The forms of bodies.

use crestfall_core::openapi::{Answer, Document, Schema};
use serde_json::json;

use super::members;

pub(super) fn text() -> Schema {
    Schema::string()
}

pub(super) fn texts() -> Schema {
    Schema::array(text())
}

fn time() -> Schema {
    Schema::date_time()
}

pub(super) fn write(document: &mut Document) {
    write_refusal(document);
    write_decisions(document);
    write_roles(document);
    write_organisations(document);
}

fn write_refusal(document: &mut Document) {
    let problem = members([
        ("type", text()),
        ("title", text()),
        ("status", Schema::integer("int32")),
        ("detail", text().describe("What is wrong.")),
        (
            "code",
            text().describe("A code that never changes its meaning."),
        ),
        ("message", text().describe("`detail` again.")),
        ("details", text().nullable()),
        ("hint", text().nullable().describe("What to do about it.")),
    ])
    .describe("Why a request was refused (RFC 9457).")
    .example(json!({
        "type": "about:blank", "title": "Forbidden", "status": 403, "code": "insufficient_permission",
        "detail": "Only who may see all assignments may ask about others",
        "message": "Only who may see all assignments may ask about others",
        "details": null, "hint": null,
    }));
    let problem = document.schema("RbacProblem", problem);
    let refusal = Answer::new("Refused").body("application/problem+json", problem);
    document.answer("RbacRefusal", refusal);
}

fn write_decisions(document: &mut Document) {
    let me = members([
        (
            "subject",
            text().nullable().describe("The `sub` of the token."),
        ),
        (
            "organisation",
            Schema::uuid()
                .nullable()
                .describe("The one that was asked about."),
        ),
        ("roles", texts()),
        ("permissions", texts()),
        (
            "organisations",
            Schema::array(Schema::uuid()).describe("Of which the caller is a member."),
        ),
    ]);
    document.schema("RbacMe", me.describe("What the caller may do."));
    let question = members([
        ("permission", text().example("invoice:read")),
        ("resource?", text().nullable().example("invoice/42")),
        ("organisation?", Schema::uuid().nullable()),
    ])
    .with("additionalProperties", false);
    document.schema("RbacQuestion", question);
    let allowed = Schema::array(Schema::boolean()).describe("In the order of the questions.");
    document.schema("RbacAnswers", members([("allowed", allowed)]));
    let grant = members([
        ("assignment", Schema::uuid()),
        ("subject", text()),
        ("role", text()),
        (
            "through",
            texts().describe("Roles by which the role has it."),
        ),
        ("permission", text().describe("As the role has it.")),
        ("organisation", Schema::uuid().nullable()),
        ("resource", text().nullable()),
        ("granted_by", text().nullable()),
        ("granted_at", time()),
        ("expires_at", time().nullable()),
    ]);
    let grant = document.schema("RbacGrant", grant);
    let grants = |about: &str| Schema::array(grant.clone()).describe(about);
    let explanation = members([
        ("allowed", Schema::boolean()),
        (
            "reason",
            Schema::one_of([
                "assigned",
                "expired",
                "held elsewhere",
                "not assigned",
                "unknown permission",
                "anonymous",
                "service_role",
            ]),
        ),
        ("grants?", grants("What allows it.")),
        ("elsewhere?", grants("Held, in another place.")),
        ("expired?", grants("Held until a time that has passed.")),
    ]);
    document.schema("RbacExplanation", explanation);
}

fn write_roles(document: &mut Document) {
    let managed = || Schema::boolean().describe("It stands in rbac.toml, and is changed there.");
    let permission = members([
        ("name", text().example("invoice:read")),
        ("description", text()),
        ("managed", managed()),
    ]);
    listed(document, "RbacPermission", permission);
    let role = members([
        ("id", Schema::uuid()),
        ("name", text()),
        ("description", text()),
        (
            "organisation_id",
            Schema::uuid().nullable().describe("Null for all."),
        ),
        ("managed", managed()),
        ("built_in", Schema::boolean()),
        ("permissions", texts().describe("Of its own.")),
        (
            "parents",
            Schema::array(Schema::uuid()).describe("Roles whose permissions it has as well."),
        ),
    ]);
    listed(document, "RbacRole", role);
    let assignment = members([
        ("id", Schema::uuid()),
        ("subject", text()),
        ("role_id", Schema::uuid()),
        (
            "role?",
            text()
                .nullable()
                .describe("In lists: its name, where the caller may see the role."),
        ),
        ("organisation_id", Schema::uuid().nullable()),
        ("resource", text().nullable()),
        ("expires_at", time().nullable()),
        ("granted_by?", text().nullable().describe("In lists.")),
        ("granted_at?", time().describe("In lists.")),
    ]);
    listed(document, "RbacAssignment", assignment);
    let account = members([
        ("id", Schema::uuid()),
        ("subject", text().describe("`sub` of its tokens.")),
        ("name", text()),
        ("description", text()),
        ("organisation_id", Schema::uuid().nullable()),
        ("created_at?", time().describe("In lists.")),
        ("created_by?", text().nullable().describe("In lists.")),
    ]);
    listed(document, "RbacServiceAccount", account);
}

fn write_organisations(document: &mut Document) {
    let organisation = members([
        ("id", Schema::uuid()),
        ("name", text()),
        ("slug", text()),
        (
            "email_domains",
            texts().describe("Whose addresses alone may accept invitations, if there are any."),
        ),
        ("created_at", time()),
        ("created_by", text().nullable()),
    ]);
    listed(document, "RbacOrganisation", organisation);
    let member = members([
        ("subject", text()),
        ("created_at", time()),
        ("added_by", text().nullable()),
        (
            "roles",
            texts().describe("In this organisation, of those that the caller may see."),
        ),
    ]);
    listed(document, "RbacMember", member);
    let invitation = members([
        ("id", Schema::uuid()),
        ("email", text().nullable()),
        ("role_id", Schema::uuid().nullable()),
        ("invited_by", text().nullable()),
        ("created_at", time()),
        ("expires_at", time()),
        ("accepted_at", time().nullable()),
        ("accepted_by", text().nullable()),
    ]);
    listed(document, "RbacInvitation", invitation);
    let made = members([
        ("id", Schema::uuid()),
        ("token", text().describe("Told this once.")),
        ("expires_at", time()),
    ]);
    document.schema("RbacInvitationToken", made);
    let joined = members([("organisation_id", Schema::uuid())]);
    document.schema("RbacJoined", joined);
}

/// A form, and the page of a list of it.
fn listed(document: &mut Document, name: &str, schema: Schema) {
    let one = document.schema(name, schema);
    let next = text()
        .nullable()
        .describe("`after` of the next page; null on the last.");
    let page = members([("items", Schema::array(one)), ("next", next)]);
    document.schema(&page_of(name), page);
}

/// The name of the page of a list.
pub(super) fn page_of(name: &str) -> String {
    format!("{name}Page")
}
