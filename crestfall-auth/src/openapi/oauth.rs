//! Applications that act for a user.

use crestfall_core::openapi::{Operation, Parameter, Schema};

use super::{
    Group, PUBLIC, admin, members, name, page_of, paged, public, redirect, refused_by, text, user,
};

/// What a client asks with its own credentials, in a form.
fn client(id: &str, summary: &str, form: Schema) -> Operation {
    let operation = Operation::new(&name(id), summary).security(&[""]).body_as(
        "application/x-www-form-urlencoded",
        form,
        true,
    );
    let statuses = [400, 401, 404, 413, 429, 500, 503];
    refused_by("OauthRefusal", operation, &statuses)
}

/// How a client says which it is, unless by Basic authentication.
fn with_client(form: Schema) -> Schema {
    form.optional("client_id", text())
        .optional("client_secret", text())
}

pub(super) fn write(group: &mut Group<'_>) {
    write_authorization(group);
    write_tokens(group);
    write_device(group);
    write_clients(group);
    write_grants(group);
}

fn write_authorization(group: &mut Group<'_>) {
    let parameters = [
        "client_id",
        "redirect_uri",
        "response_type",
        "state",
        "scope",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "resource",
        "prompt",
    ];
    let authorize = parameters.iter().fold(
        public("oauth_authorize", "Ask a user for consent"),
        |operation, name| operation.parameter(Parameter::query(name, text())),
    );
    let authorize = authorize.answers(302, redirect());
    group.get("/oauth/authorize", authorize);
    let form = parameters
        .iter()
        .fold(Schema::object(), |form, name| form.optional(name, text()));
    group.post(
        "/oauth/authorize",
        public(
            "oauth_authorize_by_form",
            "Ask a user for consent, by a form",
        )
        .body_as("application/x-www-form-urlencoded", form, false)
        .answers(302, redirect()),
    );
    let asked = members([("id", Schema::uuid()), ("email", text())]);
    let details = members([
        ("authorization_id", text()),
        ("redirect_uri?", text()),
        ("user_code?", text()),
        ("client", Schema::reference("OauthClientSummary")),
        ("user", asked),
        ("scope", text()),
        ("resource?", text()),
    ]);
    let details = group.schema("OauthAuthorization", details);
    let decided = members([("redirect_url?", text())]);
    let decided = group.schema("OauthDecided", decided);
    group.get(
        "/oauth/authorizations/{authorization_id}",
        user("show_authorization", "What an application asks for").answer(
            200,
            "What is asked, or where to go when it was approved before",
            Some(Schema::any_of([details, decided.clone()])),
        ),
    );
    let decision = members([("action", Schema::one_of(["approve", "deny"]))]);
    group.post(
        "/oauth/authorizations/{authorization_id}/consent",
        user("decide_authorization", "Approve or deny")
            .body(decision)
            .answer(200, "Where to go", Some(decided)),
    );
}

fn write_tokens(group: &mut Group<'_>) {
    let grants = [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
    ];
    let form = members([
        ("grant_type", Schema::one_of(grants)),
        ("code?", text()),
        ("redirect_uri?", text()),
        ("code_verifier?", text()),
        ("refresh_token?", text()),
        ("device_code?", text()),
        ("scope?", text()),
        ("resource?", text()),
    ]);
    let granted = members([
        ("access_token", text()),
        ("token_type", text()),
        ("expires_in", Schema::integer("int64")),
        ("refresh_token?", text()),
        ("id_token?", text()),
        ("scope?", text()),
    ]);
    let granted = group.schema("OauthTokens", granted);
    group.post(
        "/oauth/token",
        client(
            "oauth_token",
            "Tokens for an application",
            with_client(form),
        )
        .answer(200, "The tokens", Some(granted)),
    );
    let token = || {
        with_client(members([
            ("token", text()),
            (
                "token_type_hint?",
                Schema::one_of(["access_token", "refresh_token"]),
            ),
        ]))
    };
    let known = members([("active", Schema::boolean())])
        .with("additionalProperties", true)
        .describe("What is known of the token (RFC 7662).");
    let known = group.schema("OauthIntrospection", known);
    group.post(
        "/oauth/introspect",
        client("oauth_introspect", "What a token is worth", token()).answer(
            200,
            "What is known",
            Some(known),
        ),
    );
    group.post(
        "/oauth/revoke",
        client("oauth_revoke", "Revoke a token", token()).answer(200, "Revoked", None),
    );
    let claims = members([("sub", text())]).with("additionalProperties", true);
    let claims = group.schema("OauthClaims", claims);
    group.get(
        "/oauth/userinfo",
        user("userinfo", "Claims of the user (OpenID Connect)").answer(
            200,
            "The claims",
            Some(claims.clone()),
        ),
    );
    group.post(
        "/oauth/userinfo",
        user("userinfo_by_post", "Claims of the user (OpenID Connect)").answer(
            200,
            "The claims",
            Some(claims),
        ),
    );
}

fn write_device(group: &mut Group<'_>) {
    let form = members([("scope?", text()), ("resource?", text())]);
    let begun = members([
        ("device_code", text()),
        ("user_code", text()),
        ("verification_uri", text()),
        ("verification_uri_complete", text()),
        ("expires_in", Schema::integer("int64")),
        ("interval", Schema::integer("int64")),
    ]);
    let begun = group.schema("OauthDevice", begun);
    group.post(
        "/oauth/device_authorization",
        client(
            "oauth_device",
            "Begin on a device without a browser (RFC 8628)",
            with_client(form),
        )
        .answer(200, "What to show", Some(begun)),
    );
    let found = members([("authorization_id", text())]);
    group.post(
        "/oauth/device",
        user(
            "find_device",
            "What a device asks for, by the code that it shows",
        )
        .body(members([("user_code", text())]))
        .answer(200, "The authorization", Some(found)),
    );
}

fn write_clients(group: &mut Group<'_>) {
    let metadata = || Schema::reference("OauthClientMetadata");
    let application = || Schema::reference("OauthClient");
    let register = public("register_client", "Register an application (RFC 7591)")
        .body(metadata())
        .answer(
            201,
            "Registered",
            Some(Schema::reference("OauthRegisteredClient")),
        );
    let register = refused_by("OauthRefusal", register, PUBLIC);
    group.post("/oauth/clients/register", register);
    let list = members([("clients", Schema::array(application())), ("aud", text())]);
    group.get(
        "/admin/oauth/clients",
        paged(admin("list_clients", "Applications")).answers(200, page_of(list)),
    );
    group.post(
        "/admin/oauth/clients",
        admin("create_client", "Register an application")
            .body(metadata())
            .answer(201, "Registered", Some(application())),
    );
    group.get(
        "/admin/oauth/clients/{client_id}",
        admin("show_client", "An application").answer(200, "The application", Some(application())),
    );
    group.put(
        "/admin/oauth/clients/{client_id}",
        admin("change_client", "Change an application")
            .body(metadata())
            .answer(200, "The application", Some(application())),
    );
    group.delete(
        "/admin/oauth/clients/{client_id}",
        admin("delete_client", "Remove an application").answer(204, "Removed", None),
    );
    group.post(
        "/admin/oauth/clients/{client_id}/regenerate_secret",
        admin(
            "regenerate_client_secret",
            "A new secret for an application",
        )
        .answer(200, "The application with its secret", Some(application())),
    );
}

fn write_grants(group: &mut Group<'_>) {
    let grant = members([
        ("client", Schema::reference("OauthClientSummary")),
        ("scopes", Schema::array(text())),
        ("granted_at", Schema::date_time()),
    ]);
    let grant = group.schema("OauthGrant", grant);
    group.get(
        "/user/oauth/grants",
        user("list_grants", "Applications that act for one").answer(
            200,
            "The applications",
            Some(Schema::array(grant)),
        ),
    );
    let withdraw = user("withdraw_grant", "End what an application may do")
        .parameter(Parameter::query("client_id", Schema::uuid()).required())
        .answer(204, "Ended", None);
    group.delete("/user/oauth/grants", withdraw);
}
