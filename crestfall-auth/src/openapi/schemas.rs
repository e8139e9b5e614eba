//! The forms that several operations share.

use crestfall_core::openapi::{Answer, Document, Schema};
use serde_json::json;

use super::{members, text};

fn time() -> Schema {
    Schema::date_time()
}

fn texts() -> Schema {
    Schema::array(text())
}

pub(super) fn write(document: &mut Document) {
    write_errors(document);
    write_user(document);
    write_session(document);
    write_keys(document);
    write_oauth(document);
    write_provider(document);
}

fn write_errors(document: &mut Document) {
    let reasons = members([("reasons", texts())]);
    let error = members([
        ("code", Schema::integer("int32").describe("The status.")),
        (
            "error_code",
            text().describe("A code that never changes its meaning."),
        ),
        ("msg", text().describe("What is wrong.")),
        ("weak_password?", reasons),
    ])
    .describe(
        "Why a request was refused. With header `X-Supabase-Api-Version: 2024-01-01` the body is \
         `{\"code\": \"…\", \"message\": \"…\"}`.",
    )
    .example(json!({
        "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials",
    }));
    let error = document.schema("AuthError", error);
    let refusal = Answer::new("Refused").body("application/json", error);
    document.answer("AuthRefusal", refusal);
    let problem = members([
        ("type", text()),
        ("title", text()),
        ("status", Schema::integer("int32")),
        ("detail", text()),
        ("code", text()),
        ("message", text()),
        ("details", text().nullable()),
        ("hint", text().nullable()),
    ])
    .describe("Why a credential was refused (RFC 9457).");
    let problem = document.schema("Problem", problem);
    let refusal = Answer::new("Refused")
        .body("application/json", Schema::reference("AuthError"))
        .body("application/problem+json", problem);
    document.answer("AuthRefusalOrProblem", refusal);
    let error = members([("error", text()), ("error_description?", text())])
        .describe("A refusal as OAuth has it (RFC 6749, section 5.2).");
    let error = document.schema("OauthError", error);
    let refusal = Answer::new("Refused")
        .header("WWW-Authenticate", "How a client has to prove itself")
        .body(
            "application/json",
            Schema::any_of([error, Schema::reference("AuthError")]),
        );
    document.answer("OauthRefusal", refusal);
    let error = members([
        ("schemas", texts()),
        ("status", text()),
        ("scimType?", text()),
        ("detail", text()),
    ])
    .describe("A refusal as SCIM has it (RFC 7644, section 3.12).");
    let error = document.schema("ScimError", error);
    let refusal = Answer::new("Refused")
        .body(crate::scim::MEDIA_TYPE, error)
        // While SCIM is off, and for what comes no further than to the router.
        .body("application/json", Schema::reference("AuthError"));
    document.answer("ScimRefusal", refusal);
    document.schema("AuthNothing", Schema::object().describe("Nothing to say."));
    document.schema(
        "AuthMessage",
        members([(
            "message_id?",
            text().describe("Of a text message that was sent."),
        )]),
    );
}

fn write_user(document: &mut Document) {
    document.schema(
        "AuthIdentity",
        members([
            ("identity_id", Schema::uuid()),
            ("id", text().describe("The user's name at the provider.")),
            ("user_id", Schema::uuid()),
            ("identity_data", Schema::map()),
            ("provider", text()),
            ("last_sign_in_at?", time()),
            ("created_at", time()),
            ("updated_at", time()),
            ("email?", text()),
        ])
        .describe("A way by which a user signs in."),
    );
    document.schema(
        "AuthFactor",
        members([
            ("id", Schema::uuid()),
            ("created_at", time()),
            ("updated_at", time()),
            ("status", Schema::one_of(["verified", "unverified"])),
            ("friendly_name?", text()),
            ("factor_type", Schema::one_of(["totp", "phone", "webauthn"])),
            ("phone?", text()),
            ("last_challenged_at?", time()),
        ])
        .describe("A second factor."),
    );
    document.schema("AuthUser", user());
    document.schema(
        "AuthPasskey",
        members([
            ("id", Schema::uuid()),
            ("friendly_name?", text()),
            ("created_at", time()),
            ("last_used_at?", time()),
        ]),
    );
}

/// A user, to which other answers add members.
pub(super) fn user() -> Schema {
    members([
        ("id", Schema::uuid()),
        ("aud", text()),
        ("role", text().describe("The database role.")),
        ("email", text()),
        ("email_confirmed_at?", time()),
        ("invited_at?", time()),
        ("phone", text()),
        ("phone_confirmed_at?", time()),
        ("confirmation_sent_at?", time()),
        ("confirmed_at?", time()),
        ("recovery_sent_at?", time()),
        ("new_email?", text()),
        ("email_change_sent_at?", time()),
        ("new_phone?", text()),
        ("phone_change_sent_at?", time()),
        ("reauthentication_sent_at?", time()),
        ("last_sign_in_at?", time()),
        (
            "app_metadata",
            Schema::map().describe("What the application knows of the user, who cannot change it."),
        ),
        (
            "user_metadata",
            Schema::map().describe("What users say of themselves."),
        ),
        ("factors?", Schema::array(Schema::reference("AuthFactor"))),
        (
            "identities",
            Schema::array(Schema::reference("AuthIdentity")),
        ),
        ("created_at", time()),
        ("updated_at", time()),
        ("banned_until?", time()),
        ("deleted_at?", time()),
        ("is_anonymous", Schema::boolean()),
    ])
    .describe("A user.")
}

fn write_session(document: &mut Document) {
    document.schema(
        "AuthSession",
        members([
            ("access_token", text().describe("A JSON Web Token.")),
            ("token_type", Schema::one_of(["bearer"])),
            ("expires_in", Schema::integer("int64").describe("Seconds.")),
            (
                "expires_at",
                Schema::integer("int64").describe("Seconds of the epoch."),
            ),
            ("refresh_token", text().describe("Good for one use.")),
            ("user", Schema::reference("AuthUser")),
            ("provider_token?", text()),
            ("provider_refresh_token?", text()),
            ("weak_password?", Schema::map().nullable()),
        ])
        .describe("A session that has just begun or was renewed."),
    );
    let amr = members([("method", text()), ("timestamp", Schema::integer("int64"))]);
    let amr = document.schema("AuthMethodReference", amr);
    document.schema(
        "AuthSessionInfo",
        members([
            ("id", Schema::uuid()),
            (
                "current",
                Schema::boolean().describe("It is the one that asks."),
            ),
            ("device", text()),
            ("ip?", text()),
            ("created_at", time()),
            ("last_seen_at", time()),
            ("not_after?", time()),
            ("aal", Schema::one_of(["aal1", "aal2", "aal3"])),
            ("amr", Schema::array(amr)),
            (
                "client_id?",
                Schema::uuid().describe("The OAuth client that has it."),
            ),
        ])
        .describe("One of a user's sessions."),
    );
}

fn write_keys(document: &mut Document) {
    let view = || {
        members([
            ("id", Schema::uuid()),
            ("key_id", text()),
            (
                "kind",
                Schema::one_of(["secret", "publishable", "hmac", "ed25519"]),
            ),
            ("name", text()),
            ("user_id?", Schema::uuid()),
            ("role", text()),
            ("scopes", texts()),
            ("allowed_ips", texts()),
            ("created_at", time()),
            ("expires_at", time().nullable()),
            ("revoked_at", time().nullable()),
            ("last_used_at", time().nullable()),
            ("last_used_ip", text().nullable()),
        ])
    };
    document.schema(
        "AuthApiKey",
        view().describe("An API key, without its secret."),
    );
    document.schema(
        "AuthNewApiKey",
        view()
            .optional("key", text().describe("The key itself, shown this once."))
            .optional(
                "secret",
                text().describe("What signs requests, shown this once."),
            )
            .describe("An API key that was just made."),
    );
}

fn write_oauth(document: &mut Document) {
    let client = || {
        members([
            ("client_id", Schema::uuid()),
            ("client_secret?", text()),
            ("client_type", Schema::one_of(["public", "confidential"])),
            ("redirect_uris?", texts()),
            ("token_endpoint_auth_method", text()),
            ("grant_types", texts()),
            ("response_types", texts()),
            ("client_name?", text()),
            ("client_uri?", text()),
            ("logo_uri?", text()),
            ("client_credentials_scopes?", text()),
            ("client_credentials_role?", text()),
            ("registration_type", Schema::one_of(["dynamic", "manual"])),
            ("created_at", time()),
            ("updated_at", time()),
        ])
    };
    document.schema("OauthClient", client().describe("An application."));
    document.schema(
        "OauthRegisteredClient",
        client()
            .required("client_id_issued_at", Schema::integer("int64"))
            .optional("client_secret_expires_at", Schema::integer("int64"))
            .describe("An application that has registered itself (RFC 7591)."),
    );
    document.schema(
        "OauthClientSummary",
        members([
            ("id", Schema::uuid()),
            ("name?", text()),
            ("uri?", text()),
            ("logo_uri?", text()),
        ]),
    );
    document.schema(
        "OauthClientMetadata",
        members([
            ("redirect_uris?", texts()),
            ("client_type?", Schema::one_of(["public", "confidential"])),
            ("token_endpoint_auth_method?", text()),
            ("grant_types?", texts()),
            ("client_name?", text()),
            ("client_uri?", text()),
            ("logo_uri?", text()),
        ]),
    );
}

fn write_provider(document: &mut Document) {
    document.schema(
        "AuthCustomProvider",
        members([
            ("id", Schema::uuid()),
            ("provider_type", Schema::one_of(["oidc", "oauth2"])),
            ("identifier", text()),
            ("name", text()),
            ("client_id", text()),
            ("acceptable_client_ids", texts()),
            ("scopes", texts()),
            ("pkce_enabled", Schema::boolean()),
            ("attribute_mapping", Schema::map()),
            ("custom_claims_allowlist", texts()),
            ("authorization_params", Schema::map()),
            ("enabled", Schema::boolean()),
            ("email_optional", Schema::boolean()),
            ("issuer?", text()),
            ("discovery_url?", text()),
            ("skip_nonce_check", Schema::boolean()),
            ("discovery_document?", Schema::any()),
            ("authorization_url?", text()),
            ("token_url?", text()),
            ("userinfo_url?", text()),
            ("jwks_uri?", text()),
            ("created_at", time()),
            ("updated_at", time()),
        ])
        .describe("A provider that an administrator has added."),
    );
    document.schema(
        "AuthCustomProviderRequest",
        members([
            ("provider_type?", Schema::one_of(["oidc", "oauth2"])),
            ("identifier?", text().describe("Begins with `custom:`.")),
            ("name?", text()),
            ("client_id?", text()),
            ("client_secret?", text()),
            ("acceptable_client_ids?", texts()),
            ("scopes?", texts()),
            ("pkce_enabled?", Schema::boolean()),
            ("attribute_mapping?", Schema::map()),
            ("custom_claims_allowlist?", texts()),
            ("authorization_params?", Schema::map()),
            ("enabled?", Schema::boolean()),
            ("email_optional?", Schema::boolean()),
            ("issuer?", text()),
            ("discovery_url?", text()),
            ("skip_nonce_check?", Schema::boolean()),
            ("authorization_url?", text()),
            ("token_url?", text()),
            ("userinfo_url?", text()),
            ("jwks_uri?", text()),
        ]),
    );
}
