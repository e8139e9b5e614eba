//! What can be asked.

use crestfall_core::openapi::{Group, Operation, Parameter, Schema};

use super::schemas::{page_of, text, texts};
use super::{members, operation};

pub(super) fn write(routes: &mut Group<'_>) {
    write_decisions(routes);
    write_permissions(routes);
    write_roles(routes);
    write_assignments(routes);
    write_organisations(routes);
    write_members(routes);
    write_service_accounts(routes);
}

fn named(name: &str) -> Schema {
    Schema::reference(name)
}

/// What a body may have, and nothing else.
fn body<const N: usize>(operation: Operation, of: [(&str, Schema); N]) -> Operation {
    operation.body(members(of).with("additionalProperties", false))
}

fn done(operation: Operation) -> Operation {
    operation.answer(204, "Done", None)
}

fn shown(operation: Operation, name: &str) -> Operation {
    operation.answer(200, "It", Some(named(name)))
}

fn made(operation: Operation, name: &str) -> Operation {
    operation.answer(201, "Made", Some(named(name)))
}

/// A list, a page at a time. `after` is of this form.
fn listed(operation: Operation, name: &str, after: Schema) -> Operation {
    let limit = Schema::integer("int32")
        .with("minimum", 1)
        .with("maximum", 200);
    operation
        .parameter(Parameter::query("limit", limit).describe("Items at most; 50 by default."))
        .parameter(Parameter::query("after", after).describe("`next` of the page before."))
        .answer(200, "A page", Some(named(&page_of(name))))
}

fn organisation() -> Parameter {
    Parameter::query("organisation", Schema::uuid())
}

fn write_decisions(routes: &mut Group<'_>) {
    let me = operation("me", "What the caller may do").parameter(organisation());
    routes.get("/me", shown(me, "RbacMe"));
    let activate = operation(
        "activate_organisation",
        "Choose the organisation that tokens name",
    );
    let chosen = Schema::uuid().nullable().describe("Null for none.");
    routes.put(
        "/me/active-organisation",
        done(body(activate, [("organisation?", chosen)])),
    );
    let check = operation("check", "Decide many questions at once, in their order");
    let subject = text()
        .nullable()
        .describe("Of whom, if not of the caller: for who may see all assignments.");
    let questions = Schema::array(named("RbacQuestion")).with("maxItems", 500);
    let check = body(check, [("checks", questions), ("subject?", subject)]);
    routes.post("/check", shown(check, "RbacAnswers"));
    let explain = operation("explain", "Why a decision is what it is")
        .parameter(
            Parameter::query("permission", text())
                .required()
                .example("invoice:read"),
        )
        .parameter(Parameter::query("resource", text()).example("invoice/42"))
        .parameter(organisation())
        .parameter(Parameter::query("subject", text()));
    routes.get("/explain", shown(explain, "RbacExplanation"));
}

fn write_permissions(routes: &mut Group<'_>) {
    let list = operation("list_permissions", "Permissions that were declared");
    routes.get("/permissions", listed(list, "RbacPermission", text()));
    let create = operation("create_permission", "Declare a permission");
    let create = body(
        create,
        [
            ("name", text().example("invoice:read")),
            ("description?", text()),
        ],
    );
    routes.post("/permissions", made(create, "RbacPermission"));
    let remove = operation("remove_permission", "Remove a permission that no role has");
    routes.delete("/permissions/{permission}", done(remove));
}

fn write_roles(routes: &mut Group<'_>) {
    let list = operation("list_roles", "Roles")
        .parameter(organisation().describe("Its own, and those that all know."))
        .parameter(Parameter::query("name", text()));
    routes.get("/roles", listed(list, "RbacRole", text()));
    let create = body(
        operation("create_role", "Make a role"),
        [
            ("name", text().example("clerk")),
            ("description?", text()),
            ("organisation_id?", Schema::uuid().nullable()),
            ("permissions?", texts()),
            ("parents?", Schema::array(Schema::uuid())),
        ],
    );
    routes.post("/roles", made(create, "RbacRole"));
    let show = operation("show_role", "A role");
    routes.get("/roles/{role}", shown(show, "RbacRole"));
    let update = body(
        operation("update_role", "Rename or describe a role"),
        [
            ("name?", text().nullable()),
            ("description?", text().nullable()),
        ],
    );
    routes.patch("/roles/{role}", done(update));
    let remove = operation("remove_role", "Remove a role and its assignments");
    routes.delete("/roles/{role}", done(remove));
    let path = "/roles/{role}/permissions/{permission}";
    let give = operation("give_permission", "Give a role a permission");
    routes.put(path, done(give));
    let take = operation("take_permission", "Take a permission from a role");
    routes.delete(path, done(take));
    let path = "/roles/{role}/parents/{parent}";
    let inherit = operation("inherit_role", "Let a role have what another has");
    routes.put(path, done(inherit));
    let disinherit = operation("disinherit_role", "Let a role not have what another has");
    routes.delete(path, done(disinherit));
}

fn write_assignments(routes: &mut Group<'_>) {
    let list = operation("list_assignments", "Who has which role where")
        .parameter(Parameter::query("subject", text()))
        .parameter(Parameter::query("role", Schema::uuid()))
        .parameter(organisation())
        .parameter(Parameter::query("resource", text()).example("invoice/42"));
    routes.get(
        "/assignments",
        listed(list, "RbacAssignment", Schema::uuid()),
    );
    let create = body(
        operation("create_assignment", "Assign a role"),
        [
            (
                "subject",
                text().describe("The `sub` of a token; `*` is everybody who is signed in."),
            ),
            ("role_id?", Schema::uuid().nullable()),
            (
                "role?",
                text().nullable().describe("In place of `role_id`: a name."),
            ),
            ("organisation_id?", Schema::uuid().nullable()),
            ("resource?", text().nullable().example("invoice/42")),
            ("expires_at?", Schema::date_time().nullable()),
        ],
    );
    routes.post("/assignments", made(create, "RbacAssignment"));
    let remove = operation("remove_assignment", "Revoke an assignment");
    routes.delete("/assignments/{assignment}", done(remove));
}

fn write_organisations(routes: &mut Group<'_>) {
    let list = operation("list_organisations", "Organisations");
    routes.get("/organisations", listed(list, "RbacOrganisation", text()));
    let create = body(
        operation("create_organisation", "Found an organisation"),
        [
            ("name", text()),
            (
                "slug?",
                text().nullable().describe("Made of the name, without."),
            ),
        ],
    );
    routes.post("/organisations", made(create, "RbacOrganisation"));
    let path = "/organisations/{organisation}";
    let show = operation("show_organisation", "An organisation");
    routes.get(path, shown(show, "RbacOrganisation"));
    let update = body(
        operation("update_organisation", "Change an organisation"),
        [
            ("name?", text().nullable()),
            ("slug?", text().nullable()),
            ("email_domains?", texts().nullable()),
        ],
    );
    routes.patch(path, done(update));
    let remove = operation("remove_organisation", "Dissolve an organisation");
    routes.delete(path, done(remove));
}

fn write_members(routes: &mut Group<'_>) {
    let list = operation("list_members", "Members of an organisation");
    routes.get(
        "/organisations/{organisation}/members",
        listed(list, "RbacMember", text()),
    );
    let path = "/organisations/{organisation}/members/{subject}";
    let add = operation("add_member", "Make somebody a member");
    routes.put(path, done(add));
    let remove = operation("remove_member", "Remove a member and their roles in it");
    routes.delete(path, done(remove));
    let path = "/organisations/{organisation}/invitations";
    let list = operation("list_invitations", "Invitations of an organisation");
    routes.get(path, listed(list, "RbacInvitation", Schema::uuid()));
    let seconds = Schema::integer("int64")
        .with("minimum", 60)
        .with("maximum", 7_776_000)
        .nullable();
    let invite = body(
        operation(
            "invite",
            "Invite somebody; the answer holds the token, once",
        ),
        [
            (
                "email?",
                Schema::format("email")
                    .nullable()
                    .describe("Whose it is; of whoever has the token, without."),
            ),
            ("role_id?", Schema::uuid().nullable()),
            (
                "role?",
                text().nullable().describe("In place of `role_id`: a name."),
            ),
            ("expires_in?", seconds.describe("Seconds; a week without.")),
        ],
    );
    routes.post(path, made(invite, "RbacInvitationToken"));
    let withdraw = operation("withdraw_invitation", "Withdraw an invitation");
    routes.delete(
        "/organisations/{organisation}/invitations/{invitation}",
        done(withdraw),
    );
    let accept = body(
        operation("accept_invitation", "Accept an invitation"),
        [("token", text())],
    );
    routes.post("/invitations/accept", shown(accept, "RbacJoined"));
}

fn write_service_accounts(routes: &mut Group<'_>) {
    let list = operation("list_service_accounts", "Service accounts").parameter(organisation());
    routes.get(
        "/service-accounts",
        listed(list, "RbacServiceAccount", Schema::uuid()),
    );
    let create = body(
        operation("create_service_account", "Make a service account"),
        [
            ("name", text()),
            ("description?", text()),
            (
                "subject?",
                text()
                    .nullable()
                    .describe("`sub` of its tokens; the account's id, without."),
            ),
            ("organisation_id?", Schema::uuid().nullable()),
        ],
    );
    routes.post("/service-accounts", made(create, "RbacServiceAccount"));
    let remove = operation(
        "remove_service_account",
        "Remove a service account and its assignments",
    );
    routes.delete("/service-accounts/{account}", done(remove));
}
