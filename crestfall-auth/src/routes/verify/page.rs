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

/// All that pages say in one language.
struct Language {
    tag: &'static str,
    onward: &'static str,
    elsewhere: &'static str,
    /// The account's password goes with this.
    no_password: &'static str,
    not_you: &'static str,
    sign_up: Words,
    invite: Words,
    recovery: Words,
    /// A change of address, at the one that is given up and at the one that is taken.
    old_address: Words,
    new_address: Words,
    sign_in: Words,
}

const ENGLISH: Language = Language {
    tag: "en",
    onward: "Then you go on to",
    elsewhere: "Go on here only if you began in this browser or app. If you began elsewhere, \
                enter the code of the mail there instead.",
    no_password: "A password was chosen before this address was confirmed, perhaps by somebody else: \
                  it will not count. Choose a new one once you are signed in.",
    not_you: "If you did not ask for this, close this page: nothing happens.",
    sign_up: Words {
        heading: "Confirm your e-mail address",
        text: "One more step: confirm that the address is yours.",
        button: "Confirm address",
    },
    invite: Words {
        heading: "You are invited",
        text: "Accept the invitation to use your account.",
        button: "Accept invitation",
    },
    recovery: Words {
        heading: "Choose a new password",
        text: "Go on to choose a new password for your account.",
        button: "Go on",
    },
    old_address: Words {
        heading: "Change your e-mail address?",
        text: "Confirm that the address of your account is to change.",
        button: "Confirm change",
    },
    new_address: Words {
        heading: "Confirm your new e-mail address",
        text: "Confirm that the new address is yours.",
        button: "Confirm address",
    },
    sign_in: Words {
        heading: "Sign in",
        text: "The link of the mail works once. Press the button to sign in.",
        button: "Sign in",
    },
};

const GERMAN: Language = Language {
    tag: "de",
    onward: "Danach geht es weiter zu",
    elsewhere: "Machen Sie hier nur weiter, wenn Sie in diesem Browser oder dieser App begonnen \
                haben. Haben Sie anderswo begonnen, geben Sie stattdessen dort den Code aus der \
                Mail ein.",
    no_password: "Bevor diese Adresse bestätigt war, wurde ein Passwort gewählt, vielleicht von \
                  jemand anderem: Es gilt nicht. Wählen Sie ein neues, sobald Sie angemeldet sind.",
    not_you: "Wenn Sie das nicht angefordert haben, schließen Sie diese Seite: Es geschieht nichts.",
    sign_up: Words {
        heading: "E-Mail-Adresse bestätigen",
        text: "Noch ein Schritt: Bestätigen Sie, dass die Adresse Ihnen gehört.",
        button: "Adresse bestätigen",
    },
    invite: Words {
        heading: "Sie sind eingeladen",
        text: "Nehmen Sie die Einladung an, um Ihr Konto zu benutzen.",
        button: "Einladung annehmen",
    },
    recovery: Words {
        heading: "Neues Passwort wählen",
        text: "Weiter, um ein neues Passwort für Ihr Konto zu wählen.",
        button: "Weiter",
    },
    old_address: Words {
        heading: "E-Mail-Adresse ändern?",
        text: "Bestätigen Sie, dass sich die Adresse Ihres Kontos ändern soll.",
        button: "Änderung bestätigen",
    },
    new_address: Words {
        heading: "Neue E-Mail-Adresse bestätigen",
        text: "Bestätigen Sie, dass die neue Adresse Ihnen gehört.",
        button: "Adresse bestätigen",
    },
    sign_in: Words {
        heading: "Anmelden",
        text: "Der Link aus der Mail gilt einmal. Drücken Sie den Knopf, um sich anzumelden.",
        button: "Anmelden",
    },
};

impl Language {
    fn words(&self, token: &OneTimeToken) -> &Words {
        let is_old_address = token.kind == TokenType::EmailChangeTokenCurrent;
        match Verification::parse(&token.purpose) {
            Some(Verification::Signup) => &self.sign_up,
            Some(Verification::Invite) => &self.invite,
            Some(Verification::Recovery) => &self.recovery,
            Some(Verification::EmailChange) if is_old_address => &self.old_address,
            Some(Verification::EmailChange) => &self.new_address,
            Some(
                Verification::MagicLink
                | Verification::Email
                | Verification::Sms
                | Verification::PhoneChange,
            )
            | None => &self.sign_in,
        }
    }
}

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) token: &'a OneTimeToken,
    pub(super) target: &'a Url,
    pub(super) is_pkce: bool,
    /// Whether the password of the account goes on to count.
    pub(super) keeps_password: bool,
}

/// The page, in the first of these languages that there is, else in English.
pub(super) fn show(shown: &Shown<'_>, languages: &[String]) -> Response {
    let language = in_language(languages, &ENGLISH, &GERMAN);
    respond(language.tag, write(language, shown))
}

/// The words of a page in the first of these languages that there is, else in English.
pub(in crate::routes) fn in_language<T>(
    languages: &[String],
    english: &'static T,
    german: &'static T,
) -> &'static T {
    let mut known = languages
        .iter()
        .filter_map(|tag| match tag.split('-').next() {
            Some("de") => Some(german),
            Some("en") => Some(english),
            _ => None,
        });
    known.next().unwrap_or(english)
}

/// A page of ours: no scripts, no frames, kept nowhere.
pub(in crate::routes) fn respond(language: &'static str, html: String) -> Response {
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
        (CONTENT_LANGUAGE, fixed(language)),
        (VARY, fixed("accept-language")),
    ];
    (headers, Html(html)).into_response()
}

/// The HTML around what a page says.
pub(in crate::routes) fn frame(language: &str, heading: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{heading}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n\
         {body}</main>\n</body>\n</html>\n"
    )
}

fn write(say: &Language, shown: &Shown<'_>) -> String {
    let words = say.words(shown.token);
    let press = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let more: String = [
        (shown.is_pkce, say.elsewhere),
        (!shown.keeps_password, say.no_password),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, text)| format!("<p>{text}</p>\n"))
    .collect();
    let place = match shown.target.host_str() {
        Some(host) => escape(host),
        None => format!("{}:", escape(shown.target.scheme())),
    };
    let body = format!(
        "<h1>{heading}</h1>\n<p>{text}</p>\n{more}\
         <form method=\"post\">\n<input type=\"hidden\" name=\"press\" value=\"{press}\">\n\
         <button type=\"submit\">{button}</button>\n</form>\n\
         <p class=\"note\">{onward} <strong>{place}</strong>.</p>\n\
         <p class=\"note\">{not_you}</p>\n",
        heading = words.heading,
        text = words.text,
        button = words.button,
        onward = say.onward,
        not_you = say.not_you,
    );
    frame(say.tag, words.heading, &body)
}

pub(in crate::routes) fn escape(text: &str) -> String {
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
