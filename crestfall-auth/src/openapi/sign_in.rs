//! Signing up and in, and out again.

use crestfall_core::openapi::{Answer, Operation, Parameter, Schema};

use super::{Group, PUBLIC, members, public, redirect_to, refused, refused_by, text, user};

fn session() -> Schema {
    Schema::reference("AuthSession")
}

/// Where the settings ask for a captcha.
fn captcha() -> (&'static str, Schema) {
    let schema = members([("captcha_token?", text())]);
    ("gotrue_meta_security?", schema)
}

fn challenge() -> [(&'static str, Schema); 2] {
    [
        (
            "code_challenge?",
            text().describe("Of PKCE: the answer is then a code for `/token`."),
        ),
        ("code_challenge_method?", Schema::one_of(["s256", "plain"])),
    ]
}

fn with_challenge(body: Schema) -> Schema {
    let add = |body: Schema, (name, schema): (&str, Schema)| {
        body.optional(name.trim_end_matches('?'), schema)
    };
    challenge().into_iter().chain([captcha()]).fold(body, add)
}

pub(super) fn write(group: &mut Group<'_>) {
    write_sign_up(group);
    write_token(group);
    write_mails(group);
    group.post(
        "/logout",
        user("log_out", "End sessions")
            .parameter(Parameter::query(
                "scope",
                Schema::one_of(["global", "local", "others"]).with("default", "global"),
            ))
            .answer(204, "Ended", None),
    );
    group.get(
        "/authorize",
        public("authorize", "Sign in with a provider")
            .parameter(Parameter::query("provider", text()).required())
            .parameter(Parameter::query("scopes", text()))
            .parameter(redirect_to())
            .parameter(Parameter::query("code_challenge", text()))
            .parameter(Parameter::query(
                "code_challenge_method",
                Schema::one_of(["s256", "plain"]),
            ))
            .answers(302, super::redirect()),
    );
    let sso = members([("domain?", text()), ("provider_id?", text())]);
    group.post(
        "/sso",
        public("sso", "Sign in with an organisation's SAML provider")
            .describe("Not served yet: every request is refused.")
            .body(sso)
            .answer(200, "Never", Some(Schema::reference("AuthNothing"))),
    );
}

fn write_sign_up(group: &mut Group<'_>) {
    let sign_up = group.schema(
        "AuthSignUp",
        with_challenge(members([
            ("email?", Schema::format("email")),
            ("phone?", text()),
            ("password?", Schema::format("password")),
            ("data?", Schema::map().describe("Becomes `user_metadata`.")),
            ("channel?", Schema::one_of(["sms", "whatsapp"])),
        ]))
        .describe("An address or number and a password; without any, an anonymous user."),
    );
    let user = Schema::reference("AuthUser");
    group.post(
        "/signup",
        public("sign_up", "Sign up")
            .parameter(redirect_to())
            .body(sign_up)
            .answer(
                200,
                "A session, or a user whose address has to be confirmed first",
                Some(Schema::any_of([session(), user])),
            ),
    );
}

fn write_token(group: &mut Group<'_>) {
    let grants = [
        (
            "AuthPasswordGrant",
            members([
                ("email?", Schema::format("email")),
                ("phone?", text()),
                ("password", Schema::format("password")),
                captcha(),
            ]),
        ),
        (
            "AuthRefreshTokenGrant",
            members([("refresh_token", text())]),
        ),
        (
            "AuthPkceGrant",
            members([("auth_code", text()), ("code_verifier", text())]),
        ),
        (
            "AuthIdTokenGrant",
            members([
                ("id_token", text()),
                ("provider?", text()),
                ("access_token?", text()),
                ("nonce?", text()),
                ("client_id?", text()),
                ("issuer?", text()),
                ("link_identity?", Schema::boolean()),
            ]),
        ),
    ]
    .map(|(name, schema)| group.schema(name, schema));
    // With a name: what Go's generator makes of one without can be read and not written.
    let grant = group.schema("AuthGrant", Schema::any_of(grants));
    let kind = Schema::one_of(["password", "refresh_token", "pkce", "id_token"]);
    let operation = public("token", "Begin or renew a session")
        .describe("The body goes with `grant_type`.")
        .parameter(Parameter::query("grant_type", kind).required())
        .body(grant)
        .answer(200, "The session", Some(session()));
    // A provider's token that is not good is refused in OAuth's words.
    group.post("/token", refused_by("OauthRefusal", operation, PUBLIC));
}

fn write_mails(group: &mut Group<'_>) {
    let nothing = || Schema::reference("AuthNothing");
    let message = || Schema::reference("AuthMessage");
    let otp = with_challenge(members([
        ("email?", Schema::format("email")),
        ("phone?", text()),
        ("create_user?", Schema::boolean().describe("Default: true.")),
        ("data?", Schema::map()),
        ("channel?", Schema::one_of(["sms", "whatsapp"])),
    ]));
    let otp = group.schema("AuthOtpRequest", otp);
    let send = |operation: Operation, body| operation.parameter(redirect_to()).body(body);
    group.post(
        "/otp",
        send(
            public("send_otp", "Send a link or a code to sign in with"),
            otp.clone(),
        )
        .answer(
            200,
            "Sent, if there is somebody to send it to",
            Some(message()),
        ),
    );
    group.post(
        "/magiclink",
        send(
            public("send_magic_link", "Send a link to sign in with"),
            otp,
        )
        .answer(
            200,
            "Sent, if there is somebody to send it to",
            Some(message()),
        ),
    );
    let address = with_challenge(members([("email?", Schema::format("email"))]));
    let address = group.schema("AuthRecoverRequest", address);
    group.post(
        "/recover",
        send(
            public("recover", "Send a link to set a new password"),
            address,
        )
        .answer(
            200,
            "Sent, if there is somebody to send it to",
            Some(nothing()),
        ),
    );
    let resend = with_challenge(members([
        (
            "type",
            Schema::one_of(["signup", "email_change", "sms", "phone_change"]),
        ),
        ("email?", Schema::format("email")),
        ("phone?", text()),
    ]));
    let resend = group.schema("AuthResendRequest", resend);
    group.post(
        "/resend",
        send(public("resend", "Send once more what was sent"), resend).answer(
            200,
            "Sent, if there is somebody to send it to",
            Some(message()),
        ),
    );
    let proof = members([
        (
            "type",
            Schema::one_of([
                "signup",
                "invite",
                "magiclink",
                "recovery",
                "email_change",
                "email",
                "sms",
                "phone_change",
            ]),
        ),
        (
            "token?",
            text().describe("A code, which goes with an address or number."),
        ),
        ("token_hash?", text().describe("Of a link.")),
        ("email?", Schema::format("email")),
        ("phone?", text()),
    ]);
    let proof = group.schema("AuthVerification", proof);
    let first_of_two = members([("msg", text()), ("code", text())]);
    let first_of_two = Schema::any_of([session(), first_of_two]);
    let done =
        Answer::new("A session; of the first of two addresses, a message; for a form, a page")
            .body("application/json", first_of_two)
            .body("text/html", text());
    let verify = ["token", "token_hash", "type", "redirect_to"].iter().fold(
        public("verify", "Prove an address with what was sent to it"),
        |operation, name| operation.parameter(Parameter::query(name, text())),
    );
    let verify = verify
        .describe("The page of a link sends a form, and says in the query what it proves.")
        .body_as("application/json", proof, false)
        .answers(200, done)
        .answers(303, super::redirect());
    group.post("/verify", refused(verify, &[401]));
}
