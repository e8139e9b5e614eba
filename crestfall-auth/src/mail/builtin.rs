//! The texts that come with Crestfall. Each is written in the syntax of users' own files, so that
//! it can be copied and changed.

mod english;
mod german;

use super::MailKind;

/// The languages there are texts in.
pub(super) const LANGUAGES: [&str; 2] = ["en", "de"];

/// The three parts of a mail as templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// One line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// The words of one mail. Safe in HTML and text alike: no `<`, no `&`.
struct Words {
    subject: &'static str,
    heading: &'static str,
    text: &'static str,
    /// On the link, where there is one.
    button: &'static str,
    note: &'static str,
}

/// What stands around the code.
struct CodeWords {
    /// Beside a link.
    or_code: &'static str,
    /// Alone.
    code: &'static str,
}

/// The built-in templates of a kind in a language, if it is one of ours.
pub(super) fn source(language: &str, kind: MailKind) -> Option<Source> {
    let (words, code) = match language {
        "en" => (english::words(kind), english::CODE),
        "de" => (german::words(kind), german::CODE),
        _ => return None,
    };
    let fill = |layout: &str| {
        layout
            .replace("%language%", language)
            .replace("%heading%", words.heading)
            .replace("%text%", words.text)
            .replace("%button%", words.button)
            .replace("%or_code%", code.or_code)
            .replace("%code%", code.code)
            .replace("%note%", words.note)
    };
    Some(Source {
        subject: words.subject.to_owned(),
        html: fill(include_str!("builtin/layout.html")),
        text: fill(include_str!("builtin/layout.txt")),
    })
}
