//! The page that asks whether an account at a provider is to be linked, where the browser cannot show
//! that it is the one that asked for it: the address may have come from somebody else, whose account
//! would get it.

use axum::response::Response;

use super::callback::Returned;
use crate::routes::verify::page::{escape, frame, respond};

struct Words {
    tag: &'static str,
    heading: &'static str,
    asked: &'static str,
    button: &'static str,
    not_you: &'static str,
}

const ENGLISH: Words = Words {
    tag: "en",
    heading: "Link this account?",
    asked: "Whoever has this account can then be signed in with yours at {provider}:",
    button: "Link",
    not_you: "If this is not your account, or you did not ask for this, close this page: nothing \
              happens.",
};

const GERMAN: Words = Words {
    tag: "de",
    heading: "Dieses Konto verbinden?",
    asked: "Mit Ihrem Konto bei {provider} meldet man sich dann in diesem Konto an:",
    button: "Verbinden",
    not_you: "Wenn das nicht Ihr Konto ist oder Sie das nicht verlangt haben, schließen Sie diese \
              Seite: Es geschieht nichts.",
};

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) provider: &'a str,
    /// Address, number or id of the account that gets it.
    pub(super) account: &'a str,
    pub(super) confirmation: &'a str,
    pub(super) returned: &'a Returned,
}

/// The page in the first of these languages that there is, else in English.
pub(super) fn show(shown: &Shown<'_>, languages: &[String]) -> Response {
    let words = languages
        .iter()
        .find_map(|tag| match tag.split('-').next() {
            Some("de") => Some(&GERMAN),
            Some("en") => Some(&ENGLISH),
            _ => None,
        })
        .unwrap_or(&ENGLISH);
    let fields: String = shown
        .returned
        .fields()
        .into_iter()
        .chain([("confirmation", shown.confirmation)])
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let value = escape(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
        })
        .collect();
    let asked = words.asked.replace("{provider}", &escape(shown.provider));
    let body = format!(
        "<h1>{heading}</h1>\n<p>{asked}</p>\n<p><strong>{account}</strong></p>\n\
         <form method=\"post\" action=\"callback\">\n{fields}\
         <button type=\"submit\">{button}</button>\n</form>\n<p class=\"note\">{not_you}</p>\n",
        heading = words.heading,
        account = escape(shown.account),
        button = words.button,
        not_you = words.not_you,
    );
    respond(words.tag, frame(words.tag, words.heading, &body))
}
