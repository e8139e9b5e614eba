//! Pages, links in mails, and what other servers ask.

use crestfall_core::openapi::{Answer, Operation, Parameter, Schema};

use super::{
    COOKIE, Group, PUBLIC, members, name, page, public, redirect, refused, refused_by, text,
};

pub(super) fn write(group: &mut Group<'_>) {
    write_metadata(group);
    write_links(group);
    write_login(group);
    write_cookie(group);
    write_forward_auth(group);
}

fn write_metadata(group: &mut Group<'_>) {
    let health = members([
        ("version", text()),
        ("name", text()),
        ("description", text()),
    ]);
    group.get(
        "/health",
        public("health", "Whether the service is there").answer(200, "It is", Some(health)),
    );
    let external = Schema::object().with("additionalProperties", Schema::boolean().into_value());
    let settings = members([
        ("external", external),
        ("disable_signup", Schema::boolean()),
        ("mailer_autoconfirm", Schema::boolean()),
        ("phone_autoconfirm", Schema::boolean()),
        ("sms_provider", text()),
        ("saml_enabled", Schema::boolean()),
        ("passkeys_enabled", Schema::boolean()),
    ]);
    let settings = group.schema("AuthSettings", settings);
    group.get(
        "/settings",
        public("settings", "What a login page needs to know").answer(
            200,
            "The settings",
            Some(settings),
        ),
    );
    let keys = members([("keys", Schema::array(Schema::map()))]);
    let keys = group.schema("AuthKeySet", keys);
    group.get(
        "/.well-known/jwks.json",
        public("jwks", "Public keys of tokens (RFC 7517)").answer(200, "The keys", Some(keys)),
    );
    for (path, id) in [
        ("/.well-known/openid-configuration", "openid_configuration"),
        ("/.well-known/oauth-authorization-server", "oauth_metadata"),
    ] {
        let metadata = public(id, "What clients need to know (RFC 8414)");
        group.get(
            path,
            metadata.answer(200, "The metadata", Some(Schema::map())),
        );
    }
}

fn write_links(group: &mut Group<'_>) {
    let link = ["token", "token_hash", "type", "redirect_to"].iter().fold(
        public("open_link", "Open a link of a mail"),
        |operation, name| operation.parameter(Parameter::query(name, text())),
    );
    group.get(
        "/verify",
        link.answers(200, page("A page with the button that counts"))
            .answers(303, redirect()),
    );
    let callback = |id| {
        public(id, "Where a provider sends the browser back to")
            .answers(200, page("A page that asks whether to link the account"))
            .answers(302, redirect())
            .answers(303, redirect())
    };
    group.get("/callback", callback("callback"));
    group.post("/callback", callback("callback_by_form"));
}

fn form(id: &str, summary: &str, fields: Schema) -> Operation {
    let fields = fields.optional("rd", text()).optional("need", text());
    let mut operation = public(id, summary)
        .body_as("application/x-www-form-urlencoded", fields, true)
        .answers(200, page("The page"))
        .answers(303, redirect());
    // Refused on the page.
    for &status in PUBLIC.iter().chain(&[401, 415]) {
        operation = operation.answers(status, refusal_on_a_page());
    }
    operation
}

fn refusal_on_a_page() -> Answer {
    page("The page, with what is wrong")
        .body("text/plain", text())
        .body("application/json", Schema::reference("AuthError"))
}

fn write_login(group: &mut Group<'_>) {
    let show = public("login_page", "The login page")
        .parameter(Parameter::query("rd", text()).describe("Where to go afterwards."))
        .parameter(Parameter::query("need", text()))
        .answers(200, page("The page"))
        .answers(303, redirect());
    group.get("/login", show);
    let credentials = members([("email", text()), ("password", text())]);
    group.post("/login", form("login", "Sign in on the page", credentials));
    let code = || members([("code", text())]);
    group.post(
        "/login/code",
        form("login_code", "Prove a second factor on the page", code()),
    );
    let mail = members([("email", text())]);
    group.post(
        "/login/mail",
        form("login_mail", "Ask for a code by mail on the page", mail),
    );
    let mail_code = members([("email", text()), ("code", text())]);
    group.post(
        "/login/mail-code",
        form(
            "login_mail_code",
            "Sign in by a mail's code on the page",
            mail_code,
        ),
    );
    group.post(
        "/login/sign-out",
        form("login_sign_out", "Sign out on the page", Schema::object()),
    );
    let script = Answer::new("The script").body("text/javascript", text());
    group.get(
        "/login/passkey.js",
        public("login_script", "The page's script").answers(200, script),
    );
}

fn write_cookie(group: &mut Group<'_>) {
    let session = members([
        ("access_token?", text()),
        ("refresh_token?", text()),
        ("email?", Schema::format("email")),
        ("phone?", text()),
        ("password?", Schema::format("password")),
    ]);
    let session = group.schema("AuthCookieRequest", session);
    let account = members([("user", Schema::reference("AuthUser"))]);
    let cookie = Answer::new("The user")
        .header("Set-Cookie", "The session")
        .body("application/json", account);
    let begin = public("begin_cookie_session", "Begin a session in a cookie")
        .describe("By a password, or by the tokens of a session, which then are the cookie's.")
        .body(session)
        .answers(200, cookie);
    group.post("/cookie/session", refused(begin, &[401]));
    let of_cookie = |id, summary| {
        let operation = Operation::new(&name(id), summary).security(&[COOKIE]);
        refused_by(
            "AuthRefusalOrProblem",
            operation,
            &[400, 401, 403, 429, 500, 503],
        )
    };
    let claims = members([("claims", Schema::map())]);
    group.get(
        "/cookie/session",
        of_cookie("cookie_session", "Whose session the cookie is").answer(
            200,
            "The claims",
            Some(claims),
        ),
    );
    group.delete(
        "/cookie/session",
        of_cookie("end_cookie_session", "End the cookie's session").answer(204, "Ended", None),
    );
}

fn write_forward_auth(group: &mut Group<'_>) {
    for (path, id, who) in [
        ("/forward-auth", "forward_auth", "Caddy"),
        ("/forward-auth/traefik", "forward_auth_traefik", "Traefik"),
        ("/forward-auth/nginx", "forward_auth_nginx", "nginx"),
    ] {
        let summary = format!("Whether a request may pass, as {who} asks");
        let problem = || {
            let problem = Schema::reference("Problem");
            Answer::new("It may not").body("application/problem+json", problem)
        };
        let passes = Answer::new("It may pass")
            .header("Remote-User", "Who asks")
            .header("Remote-Groups", "The groups")
            .header("Remote-Name", "The name")
            .header("Remote-Email", "The address");
        let mut operation = Operation::new(&name(id), &summary)
            .security(&["", super::BEARER, COOKIE])
            .answers(200, passes)
            .answers(302, redirect())
            .answers(303, redirect());
        for status in [400, 401, 403, 404, 429, 500, 503] {
            operation = operation.answers(status, problem());
        }
        group.get(path, operation);
    }
}
