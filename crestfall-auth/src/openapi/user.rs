//! The user who is signed in.

use crestfall_core::openapi::{Parameter, Schema};

use super::{Group, members, redirect_to, text, user};

pub(super) fn write(group: &mut Group<'_>) {
    let account = || Schema::reference("AuthUser");
    let update = group.schema(
        "AuthUserUpdate",
        members([
            ("email?", text()),
            ("phone?", text()),
            ("password?", Schema::format("password")),
            ("current_password?", Schema::format("password")),
            (
                "nonce?",
                text().describe("What `/reauthenticate` has sent."),
            ),
            (
                "data?",
                Schema::map().describe("Members of `user_metadata`; null removes one."),
            ),
            ("channel?", Schema::one_of(["sms", "whatsapp"])),
            ("code_challenge?", text()),
            ("code_challenge_method?", Schema::one_of(["s256", "plain"])),
        ])
        .describe("Changes to one's own account."),
    );
    group.get(
        "/user",
        user("get_user", "One's account").answer(200, "The user", Some(account())),
    );
    group.put(
        "/user",
        user("update_user", "Change one's account")
            .parameter(redirect_to())
            .body(update)
            .answer(200, "The user", Some(account())),
    );
    group.get(
        "/reauthenticate",
        user("reauthenticate", "Send a code for a change that needs one").answer(
            200,
            "Sent",
            Some(Schema::reference("AuthMessage")),
        ),
    );
    write_sessions(group);
    write_identities(group);
    write_keys(group);
}

fn write_sessions(group: &mut Group<'_>) {
    let sessions = Schema::array(Schema::reference("AuthSessionInfo"));
    group.get(
        "/user/sessions",
        user("list_sessions", "One's sessions").answer(200, "The sessions", Some(sessions)),
    );
    group.delete(
        "/user/sessions",
        user("end_other_sessions", "End all sessions but this one").answer(204, "Ended", None),
    );
    group.delete(
        "/user/sessions/{id}",
        user("end_session", "End a session").answer(204, "Ended", None),
    );
    let event = members([
        ("id", Schema::uuid()),
        ("at", Schema::date_time()),
        ("action", text()),
        ("what", text().describe("The action in words.")),
        ("device", text()),
        ("place?", text()),
        ("by_administrator", Schema::boolean()),
    ]);
    let event = group.schema("AuthSecurityEvent", event);
    group.get(
        "/user/security-log",
        super::paged(user("security_log", "What happened to one's account"))
            .answers(200, super::page_of(Schema::array(event))),
    );
}

fn write_identities(group: &mut Group<'_>) {
    let address = members([("url", text())]);
    group.get(
        "/user/identities/authorize",
        user("link_identity", "Link a provider to one's account")
            .parameter(Parameter::query("provider", text()).required())
            .parameter(Parameter::query("scopes", text()))
            .parameter(redirect_to())
            .parameter(
                Parameter::query("skip_http_redirect", Schema::boolean())
                    .describe("Answer with the address and do not go there."),
            )
            .answer(200, "Where to go", Some(address))
            .answers(302, super::redirect()),
    );
    group.delete(
        "/user/identities/{id}",
        user("unlink_identity", "Unlink a provider").answer(
            200,
            "Unlinked",
            Some(Schema::reference("AuthNothing")),
        ),
    );
}

fn write_keys(group: &mut Group<'_>) {
    let request = group.schema("AuthApiKeyRequest", key_request());
    let keys = Schema::array(Schema::reference("AuthApiKey"));
    group.get(
        "/user/api-keys",
        user("list_api_keys", "One's API keys").answer(200, "The keys", Some(keys)),
    );
    group.post(
        "/user/api-keys",
        user("create_api_key", "Make an API key")
            .body(request)
            .answer(201, "The key", Some(Schema::reference("AuthNewApiKey"))),
    );
    group.delete(
        "/user/api-keys/{id}",
        user("revoke_api_key", "Revoke an API key").answer(204, "Revoked", None),
    );
    let rotation = group.schema("AuthApiKeyRotation", rotation());
    group.post(
        "/user/api-keys/{id}/rotate",
        user(
            "rotate_api_key",
            "Make a key in place of one that holds for a while yet",
        )
        .body(rotation)
        .answer(201, "The new key", Some(Schema::reference("AuthNewApiKey"))),
    );
}

/// How a key is replaced.
fn rotation() -> Schema {
    members([
        (
            "overlap?",
            text()
                .nullable()
                .describe("How long both hold, such as `1h`; at most 30 days. Default: an hour."),
        ),
        (
            "public_key?",
            text()
                .nullable()
                .describe("Of a new Ed25519 key, in Base64."),
        ),
    ])
}

/// What is asked for with a new key.
pub(super) fn key_request() -> Schema {
    members([
        ("name", text()),
        (
            "kind?",
            Schema::one_of(["secret", "publishable", "hmac", "ed25519"])
                .describe("Default: `secret`."),
        ),
        (
            "scopes?",
            Schema::array(text())
                .nullable()
                .describe("`resource:action`; default: all that its owner may do."),
        ),
        ("expires_at?", Schema::date_time().nullable()),
        (
            "allowed_ips?",
            Schema::array(text()).describe("Addresses and networks."),
        ),
        (
            "public_key?",
            text().nullable().describe("Of an Ed25519 key, in Base64."),
        ),
    ])
}
