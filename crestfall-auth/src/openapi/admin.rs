//! What a service or an administrator may do.

use crestfall_core::openapi::{Parameter, Schema};

use super::{Group, admin, members, page_of, paged, redirect_to, text};

pub(super) fn write(group: &mut Group<'_>) {
    write_users(group);
    write_parts_of_users(group);
    write_links(group);
    write_keys(group);
    write_providers(group);
    let entry = members([
        ("id", Schema::uuid()),
        ("payload", Schema::map()),
        ("created_at", Schema::date_time()),
        ("ip_address", text()),
    ]);
    let entry = group.schema("AuthAuditEntry", entry);
    group.get(
        "/admin/audit",
        paged(admin("list_audit_log", "What happened to all accounts"))
            .parameter(
                Parameter::query("query", text())
                    .describe("`author:`, `action:` or `type:`, and a text."),
            )
            .answers(200, page_of(Schema::array(entry))),
    );
}

fn account() -> Schema {
    Schema::reference("AuthUser")
}

fn write_users(group: &mut Group<'_>) {
    let fields = members([
        ("id?", Schema::uuid()),
        ("aud?", text()),
        ("role?", text()),
        ("email?", text()),
        ("phone?", text()),
        ("password?", Schema::format("password")),
        (
            "password_hash?",
            text().describe("Made elsewhere: Argon2, bcrypt, or Firebase's scrypt."),
        ),
        ("email_confirm?", Schema::boolean()),
        ("phone_confirm?", Schema::boolean()),
        ("user_metadata?", Schema::map()),
        ("app_metadata?", Schema::map()),
        ("ban_duration?", text().describe("`24h`, or `none`.")),
    ]);
    let fields = group.schema("AuthUserFields", fields);
    let pagination = members([("has_more", Schema::boolean()), ("next_cursor?", text())]);
    let list = members([
        ("users", Schema::array(account())),
        ("aud", text()),
        ("pagination?", pagination.describe("Of a page by cursor.")),
    ]);
    let list = group.schema("AuthUserList", list);
    group.get(
        "/admin/users",
        paged(admin("list_users", "Users"))
            .parameter(Parameter::query("filter", text()).describe("In an address or a name."))
            .parameter(Parameter::query("sort", text()).describe("`created_at desc`"))
            .parameter(
                Parameter::query("limit", Schema::integer("int64"))
                    .describe("Of a page by cursor; 1000 at most."),
            )
            .parameter(
                Parameter::query("cursor", text()).describe("`next_cursor` of the page before."),
            )
            .answers(200, page_of(list)),
    );
    group.post(
        "/admin/users",
        admin("create_user", "Make a user")
            .body(fields.clone())
            .answer(200, "The user", Some(account())),
    );
    group.get(
        "/admin/users/{user_id}",
        admin("show_user", "A user").answer(200, "The user", Some(account())),
    );
    group.put(
        "/admin/users/{user_id}",
        admin("change_user", "Change a user")
            .body(fields)
            .answer(200, "The user", Some(account())),
    );
    let removal = members([("should_soft_delete?", Schema::boolean())]);
    group.delete(
        "/admin/users/{user_id}",
        admin("delete_user", "Delete a user")
            .body_as("application/json", removal, false)
            .answer(200, "Deleted", Some(Schema::reference("AuthNothing"))),
    );
}

fn write_parts_of_users(group: &mut Group<'_>) {
    let factor = || Schema::reference("AuthFactor");
    group.get(
        "/admin/users/{user_id}/factors",
        admin("list_user_factors", "A user's factors").answer(
            200,
            "The factors",
            Some(Schema::array(factor())),
        ),
    );
    let change = members([("friendly_name?", text()), ("phone?", text())]);
    group.put(
        "/admin/users/{user_id}/factors/{factor_id}",
        admin("change_user_factor", "Change a user's factor")
            .body(change)
            .answer(200, "The factor", Some(factor())),
    );
    group.delete(
        "/admin/users/{user_id}/factors/{factor_id}",
        admin("delete_user_factor", "Remove a user's factor").answer(
            200,
            "The factor that was",
            Some(factor()),
        ),
    );
    group.get(
        "/admin/users/{user_id}/passkeys",
        admin("list_user_passkeys", "A user's passkeys").answer(
            200,
            "The passkeys",
            Some(Schema::array(Schema::reference("AuthPasskey"))),
        ),
    );
    group.delete(
        "/admin/users/{user_id}/passkeys/{passkey_id}",
        admin("delete_user_passkey", "Remove a user's passkey").answer(204, "Removed", None),
    );
    group.get(
        "/admin/users/{user_id}/sessions",
        admin("list_user_sessions", "A user's sessions").answer(
            200,
            "The sessions",
            Some(Schema::array(Schema::reference("AuthSessionInfo"))),
        ),
    );
    group.delete(
        "/admin/users/{user_id}/sessions",
        admin("end_user_sessions", "End all sessions of a user").answer(204, "Ended", None),
    );
    group.delete(
        "/admin/users/{user_id}/sessions/{id}",
        admin("end_user_session", "End a session of a user").answer(204, "Ended", None),
    );
}

fn write_links(group: &mut Group<'_>) {
    let invitation = members([("email", Schema::format("email")), ("data?", Schema::map())]);
    group.post(
        "/invite",
        admin("invite", "Invite somebody by mail")
            .parameter(redirect_to())
            .body(invitation)
            .answer(200, "The user", Some(account())),
    );
    let kinds = [
        "signup",
        "invite",
        "magiclink",
        "recovery",
        "email_change_current",
        "email_change_new",
    ];
    let request = members([
        ("type", Schema::one_of(kinds)),
        ("email", Schema::format("email")),
        ("new_email?", Schema::format("email")),
        ("password?", Schema::format("password")),
        ("data?", Schema::map()),
        ("redirect_to?", text()),
    ]);
    let request = group.schema("AuthLinkRequest", request);
    let link = super::schemas::user()
        .required("action_link", text())
        .required("email_otp", text())
        .required("hashed_token", text())
        .required("verification_type", text())
        .required("redirect_to", text())
        .describe("The user, and the link.");
    let link = group.schema("AuthLink", link);
    group.post(
        "/admin/generate_link",
        admin(
            "generate_link",
            "Make the link of a mail without sending it",
        )
        .parameter(redirect_to())
        .body(request)
        .answer(200, "The link", Some(link)),
    );
}

fn write_keys(group: &mut Group<'_>) {
    let key = || Schema::reference("AuthApiKey");
    let request = super::user::key_request().optional(
        "role",
        text()
            .nullable()
            .describe("Default: `service_role`; of a publishable key, `anon`."),
    );
    let request = group.schema("AuthServiceKeyRequest", request);
    let changes = members([
        ("name?", text().nullable()),
        ("scopes?", Schema::array(text()).nullable()),
        ("allowed_ips?", Schema::array(text()).nullable()),
        (
            "expires_at?",
            Schema::date_time()
                .nullable()
                .describe("Null: it does not expire."),
        ),
    ]);
    let changes = group.schema("AuthApiKeyChanges", changes);
    group.get(
        "/admin/api-keys",
        admin("list_service_keys", "API keys of services, or of a user")
            .parameter(Parameter::query("user_id", Schema::uuid()))
            .answer(200, "The keys", Some(Schema::array(key()))),
    );
    group.post(
        "/admin/api-keys",
        admin("create_service_key", "Make an API key for a service")
            .body(request)
            .answer(201, "The key", Some(Schema::reference("AuthNewApiKey"))),
    );
    group.patch(
        "/admin/api-keys/{id}",
        admin("change_key", "Change an API key")
            .body(changes)
            .answer(200, "The key", Some(key())),
    );
    group.delete(
        "/admin/api-keys/{id}",
        admin("revoke_key", "Revoke an API key").answer(204, "Revoked", None),
    );
    group.post(
        "/admin/api-keys/{id}/rotate",
        admin(
            "rotate_service_key",
            "Make a key in place of a service's, which holds for a while yet",
        )
        .body(Schema::reference("AuthApiKeyRotation"))
        .answer(201, "The new key", Some(Schema::reference("AuthNewApiKey"))),
    );
}

fn write_providers(group: &mut Group<'_>) {
    let provider = || Schema::reference("AuthCustomProvider");
    let request = || Schema::reference("AuthCustomProviderRequest");
    let list = members([("providers", Schema::array(provider()))]);
    group.get(
        "/admin/custom-providers",
        admin("list_custom_providers", "Providers that were added")
            .parameter(Parameter::query("type", Schema::one_of(["oidc", "oauth2"])))
            .answer(200, "The providers", Some(list)),
    );
    group.post(
        "/admin/custom-providers",
        admin("create_custom_provider", "Add a provider")
            .body(request())
            .answer(201, "The provider", Some(provider())),
    );
    group.get(
        "/admin/custom-providers/{identifier}",
        admin("show_custom_provider", "A provider").answer(200, "The provider", Some(provider())),
    );
    group.put(
        "/admin/custom-providers/{identifier}",
        admin("change_custom_provider", "Change a provider")
            .body(request())
            .answer(200, "The provider", Some(provider())),
    );
    group.delete(
        "/admin/custom-providers/{identifier}",
        admin("delete_custom_provider", "Remove a provider").answer(204, "Removed", None),
    );
}
