//! The page that a link shows: what it would do, and a button that does it. It works without
//! scripts and calls nothing.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use url::Url;

use crate::one_time::TokenType;
use crate::store::one_time_tokens::OneTimeToken;
use crate::verification::Verification;

const CSS: &str = include_str!("page.css");

/// Without `form-action`: browsers hold it against the redirect that follows the form as well, and
/// against those that the application makes then.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, CSS.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// What a page says in one language.
struct Words {
    heading: &'static str,
    text: &'static str,
    button: &'static str,
}

/// What is said beside it.
struct Notes {
    language: &'static str,
    onward: &'static str,
    elsewhere: &'static str,
    not_you: &'static str,
}

const ENGLISH: Notes = Notes {
    language: "en",
    onward: "Then you go on to",
    elsewhere: "Go on here only if you began in this browser or app. If you began elsewhere, \
                enter the code of the mail there instead.",
    not_you: "If you did not ask for this, close this page: nothing happens.",
};

const GERMAN: Notes = Notes {
    language: "de",
    onward: "Danach geht es weiter zu",
    elsewhere: "Machen Sie hier nur weiter, wenn Sie in diesem Browser oder dieser App begonnen \
                haben. Haben Sie anderswo begonnen, geben Sie stattdessen dort den Code aus der \
                Mail ein.",
    not_you: "Wenn Sie das nicht angefordert haben, schließen Sie diese Seite: Es geschieht nichts.",
};

/// The page, in the first of these languages that there is, else in English.
pub(super) fn show(
    token: &OneTimeToken,
    target: &Url,
    is_pkce: bool,
    languages: &[String],
) -> Response {
    let notes = languages
        .iter()
        .find_map(|tag| match tag.split('-').next() {
            Some("de") => Some(&GERMAN),
            Some("en") => Some(&ENGLISH),
            _ => None,
        })
        .unwrap_or(&ENGLISH);
    let html = Html(write(notes, &words(notes, token), target, is_pkce));
    let policy = HeaderValue::from_str(&POLICY).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    let fixed = HeaderValue::from_static;
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, fixed("no-store")),
        // The address of this page is the secret.
        (REFERRER_POLICY, fixed("no-referrer")),
        (X_FRAME_OPTIONS, fixed("DENY")),
        (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (HeaderName::from_static("x-robots-tag"), fixed("noindex")),
        (CONTENT_LANGUAGE, fixed(notes.language)),
        (VARY, fixed("accept-language")),
    ];
    (headers, html).into_response()
}

fn write(notes: &Notes, words: &Words, target: &Url, is_pkce: bool) -> String {
    let press = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let elsewhere = match is_pkce {
        true => format!("<p>{}</p>\n", notes.elsewhere),
        false => String::new(),
    };
    let place = match target.host_str() {
        Some(host) => escape(host),
        None => format!("{}:", escape(target.scheme())),
    };
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{heading}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n\
         <h1>{heading}</h1>\n<p>{text}</p>\n{elsewhere}\
         <form method=\"post\">\n<input type=\"hidden\" name=\"press\" value=\"{press}\">\n\
         <button type=\"submit\">{button}</button>\n</form>\n\
         <p class=\"note\">{onward} <strong>{place}</strong>.</p>\n\
         <p class=\"note\">{not_you}</p>\n</main>\n</body>\n</html>\n",
        language = notes.language,
        heading = words.heading,
        text = words.text,
        button = words.button,
        onward = notes.onward,
        not_you = notes.not_you,
    )
}

fn words(notes: &Notes, token: &OneTimeToken) -> Words {
    let purpose = Verification::parse(&token.purpose);
    let is_old_address = token.kind == TokenType::EmailChangeTokenCurrent;
    match notes.language {
        "de" => german(purpose, is_old_address),
        _ => english(purpose, is_old_address),
    }
}

fn english(purpose: Option<Verification>, is_old_address: bool) -> Words {
    let (heading, text, button) = match purpose {
        Some(Verification::Signup) => (
            "Confirm your e-mail address",
            "One more step: confirm that the address is yours.",
            "Confirm address",
        ),
        Some(Verification::Invite) => (
            "You are invited",
            "Accept the invitation to use your account.",
            "Accept invitation",
        ),
        Some(Verification::Recovery) => (
            "Choose a new password",
            "Go on to choose a new password for your account.",
            "Go on",
        ),
        Some(Verification::EmailChange) if is_old_address => (
            "Change your e-mail address?",
            "Confirm that the address of your account is to change.",
            "Confirm change",
        ),
        Some(Verification::EmailChange) => (
            "Confirm your new e-mail address",
            "Confirm that the new address is yours.",
            "Confirm address",
        ),
        Some(
            Verification::MagicLink
            | Verification::Email
            | Verification::Sms
            | Verification::PhoneChange,
        )
        | None => (
            "Sign in",
            "The link of the mail works once. Press the button to sign in.",
            "Sign in",
        ),
    };
    Words {
        heading,
        text,
        button,
    }
}

fn german(purpose: Option<Verification>, is_old_address: bool) -> Words {
    let (heading, text, button) = match purpose {
        Some(Verification::Signup) => (
            "E-Mail-Adresse bestätigen",
            "Noch ein Schritt: Bestätigen Sie, dass die Adresse Ihnen gehört.",
            "Adresse bestätigen",
        ),
        Some(Verification::Invite) => (
            "Sie sind eingeladen",
            "Nehmen Sie die Einladung an, um Ihr Konto zu benutzen.",
            "Einladung annehmen",
        ),
        Some(Verification::Recovery) => (
            "Neues Passwort wählen",
            "Weiter, um ein neues Passwort für Ihr Konto zu wählen.",
            "Weiter",
        ),
        Some(Verification::EmailChange) if is_old_address => (
            "E-Mail-Adresse ändern?",
            "Bestätigen Sie, dass sich die Adresse Ihres Kontos ändern soll.",
            "Änderung bestätigen",
        ),
        Some(Verification::EmailChange) => (
            "Neue E-Mail-Adresse bestätigen",
            "Bestätigen Sie, dass die neue Adresse Ihnen gehört.",
            "Adresse bestätigen",
        ),
        Some(
            Verification::MagicLink
            | Verification::Email
            | Verification::Sms
            | Verification::PhoneChange,
        )
        | None => (
            "Anmelden",
            "Der Link aus der Mail gilt einmal. Drücken Sie den Knopf, um sich anzumelden.",
            "Anmelden",
        ),
    };
    Words {
        heading,
        text,
        button,
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
