//! The page that asks whether an account at a provider is to be linked, where the browser cannot show
//! that it is the one that asked for it: the address may have come from somebody else, whose account
//! would get it.

use axum::response::Response;

use super::callback::Returned;
use crate::routes::verify::page::{escape, frame, in_language, respond};

struct Words {
    tag: &'static str,
    heading: &'static str,
    asked: &'static str,
    button: &'static str,
    not_you: &'static str,
}

const ENGLISH: Words = Words {
    tag: "en",
    heading: "Link your {provider} account?",
    asked: "From then on, signing in with {provider} opens this account:",
    button: "Link accounts",
    not_you: "If this is not your account, or you did not ask for this, close this page: nothing \
              happens.",
};

const GERMAN: Words = Words {
    tag: "de",
    heading: "Ihr Konto bei {provider} verbinden?",
    asked: "Danach öffnet die Anmeldung mit {provider} dieses Konto:",
    button: "Konten verbinden",
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
    let words = in_language(languages, &ENGLISH, &GERMAN);
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
    let provider = escape(&for_people(shown.provider));
    let heading = words.heading.replace("{provider}", &provider);
    let asked = words.asked.replace("{provider}", &provider);
    let body = format!(
        "<h1>{heading}</h1>\n<p>{asked}</p>\n<p><strong>{account}</strong></p>\n\
         <form method=\"post\" action=\"callback\">\n{fields}\
         <button type=\"submit\">{button}</button>\n</form>\n<p class=\"note\">{not_you}</p>\n",
        account = escape(shown.account),
        button = words.button,
        not_you = words.not_you,
    );
    respond(words.tag, frame(words.tag, &heading, &body))
}

/// The name of a provider with its capital, and without what tells ours from others: `Github` of
/// `github`, `Linkedin` of `linkedin_oidc`, `Acme` of `custom:acme`.
fn for_people(provider: &str) -> String {
    let plain = provider.rsplit(':').next().unwrap_or(provider);
    let plain = plain.strip_suffix("_oidc").unwrap_or(plain);
    let mut letters = plain.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_have_names_for_people() {
        for (provider, shown) in [
            ("github", "Github"),
            ("linkedin_oidc", "Linkedin"),
            ("custom:acme", "Acme"),
            ("", ""),
        ] {
            assert_eq!(for_people(provider), shown);
        }
    }
}
