//! Second factors and passkeys.

use crestfall_core::openapi::Schema;

use super::{Group, members, public, text, user};

fn session() -> Schema {
    Schema::reference("AuthSession")
}

pub(super) fn write(group: &mut Group<'_>) {
    write_factors(group);
    write_recovery_codes(group);
    write_passkeys(group);
}

fn kind() -> Schema {
    Schema::one_of(["totp", "phone", "webauthn"])
}

fn write_factors(group: &mut Group<'_>) {
    let request = members([
        ("factor_type", kind()),
        ("friendly_name?", text()),
        (
            "issuer?",
            text().describe("What an authenticator shows beside the code."),
        ),
        ("phone?", text()),
    ]);
    let request = group.schema("AuthEnrolment", request);
    let totp = members([
        ("qr_code", text().describe("An SVG as a data address.")),
        ("secret", text()),
        ("uri", text()),
    ]);
    let totp = group.schema("AuthTotp", totp);
    let enrolled = members([
        ("id", Schema::uuid()),
        ("type", kind()),
        ("friendly_name", text()),
        ("totp?", totp),
        ("phone?", text()),
    ]);
    let enrolled = group.schema("AuthEnrolled", enrolled);
    group.post(
        "/factors",
        user("enroll_factor", "Begin to enrol a factor")
            .body(request)
            .answer(200, "The factor, to be verified once", Some(enrolled)),
    );
    let gone = members([("id", Schema::uuid())]);
    group.delete(
        "/factors/{factor_id}",
        user("unenroll_factor", "Remove a factor").answer(200, "Removed", Some(gone)),
    );
    let channel = members([("channel?", Schema::one_of(["sms", "whatsapp"]))]);
    let challenge = members([
        ("id", Schema::uuid()),
        ("type", kind()),
        (
            "expires_at",
            Schema::integer("int64").describe("Seconds of the epoch."),
        ),
        (
            "webauthn?",
            Schema::any().describe("What a browser's authenticator is asked."),
        ),
    ]);
    let challenge = group.schema("AuthFactorChallenge", challenge);
    group.post(
        "/factors/{factor_id}/challenge",
        user("challenge_factor", "Ask for a factor")
            .body_as("application/json", channel, false)
            .answer(200, "The challenge", Some(challenge)),
    );
    let webauthn = members([
        ("type", Schema::one_of(["create", "request"])),
        ("credential_response", Schema::any()),
    ]);
    let proof = members([
        ("challenge_id?", Schema::uuid()),
        ("code?", text()),
        ("webauthn?", webauthn),
    ]);
    let proof = group.schema("AuthFactorProof", proof);
    group.post(
        "/factors/{factor_id}/verify",
        user("verify_factor", "Prove a factor").body(proof).answer(
            200,
            "The session, at `aal2` from now on",
            Some(session()),
        ),
    );
}

fn write_recovery_codes(group: &mut Group<'_>) {
    let codes = members([("codes", Schema::array(text()))]);
    let remaining = members([("remaining", Schema::integer("int64"))]);
    let code = members([("code", text())]);
    group.get(
        "/factors/recovery-codes",
        user("count_recovery_codes", "How many recovery codes are left").answer(
            200,
            "The number",
            Some(remaining),
        ),
    );
    group.post(
        "/factors/recovery-codes",
        user(
            "generate_recovery_codes",
            "Make recovery codes in place of the old",
        )
        .answer(200, "The codes, shown this once", Some(codes)),
    );
    group.post(
        "/factors/recovery-codes/verify",
        user(
            "use_recovery_code",
            "Use a recovery code in place of a factor",
        )
        .body(code)
        .answer(200, "The session, at `aal2` from now on", Some(session())),
    );
}

fn write_passkeys(group: &mut Group<'_>) {
    let begun = members([
        ("challenge_id", Schema::uuid()),
        (
            "options",
            Schema::any().describe("For `navigator.credentials`."),
        ),
        (
            "expires_at",
            Schema::integer("int64").describe("Seconds of the epoch."),
        ),
    ]);
    let begun = group.schema("AuthPasskeyChallenge", begun);
    let answer = members([
        ("challenge_id", Schema::uuid()),
        (
            "credential",
            Schema::any().describe("What the authenticator answered."),
        ),
    ]);
    let answer = group.schema("AuthPasskeyProof", answer);
    let registered = members([
        ("id", Schema::uuid()),
        ("friendly_name?", text()),
        ("created_at", Schema::date_time()),
    ]);
    let registered = group.schema("AuthRegisteredPasskey", registered);
    let passkey = || Schema::reference("AuthPasskey");
    group.post(
        "/passkeys/authentication/options",
        public("begin_passkey_sign_in", "Begin to sign in by a passkey").answer(
            200,
            "What to ask the authenticator",
            Some(begun.clone()),
        ),
    );
    group.post(
        "/passkeys/authentication/verify",
        public("finish_passkey_sign_in", "Sign in by a passkey")
            .body(answer.clone())
            .answer(200, "The session", Some(session())),
    );
    group.post(
        "/passkeys/registration/options",
        user("begin_passkey", "Begin to register a passkey").answer(
            200,
            "What to ask the authenticator",
            Some(begun),
        ),
    );
    group.post(
        "/passkeys/registration/verify",
        user("finish_passkey", "Register a passkey")
            .body(answer)
            .answer(200, "The passkey", Some(registered)),
    );
    group.get(
        "/passkeys",
        user("list_passkeys", "One's passkeys").answer(
            200,
            "The passkeys",
            Some(Schema::array(passkey())),
        ),
    );
    group.patch(
        "/passkeys/{passkey_id}",
        user("rename_passkey", "Rename a passkey")
            .body(members([("friendly_name", text())]))
            .answer(200, "The passkey", Some(passkey())),
    );
    group.delete(
        "/passkeys/{passkey_id}",
        user("delete_passkey", "Remove a passkey").answer(204, "Removed", None),
    );
}
