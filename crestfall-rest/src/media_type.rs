//! Media types the API knows by name, with the parameters that matter.

use std::borrow::Cow;

/// A media type of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MediaType {
    Json,
    GeoJson,
    Csv,
    Text,
    Xml,
    OpenApi,
    UrlEncoded,
    OctetStream,
    Any,
    /// `application/vnd.pgrst.array+json;nulls=stripped`
    ArrayStripped,
    /// `application/vnd.pgrst.object+json`
    Singular {
        strip_nulls: bool,
    },
    /// `application/vnd.pgrst.plan`
    Plan(Box<PlanMediaType>),
    /// Any other, as it was sent.
    Other(Box<str>),
}

/// In which version of OpenAPI a schema is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenApiVersion {
    /// Swagger 2.0, as the original writes it.
    V2,
    V3_0,
    V3_1,
}

impl OpenApiVersion {
    /// The version that a media type stands for, if it stands for any: without a version, 3.1.
    pub(crate) fn of(accepted: &MediaType) -> Option<Self> {
        match accepted {
            MediaType::OpenApi | MediaType::Json | MediaType::Any => Some(Self::V2),
            MediaType::Other(text) => {
                let text = text.to_ascii_lowercase();
                let (name, version) = text.split_once(';').unwrap_or((&text, "version=3.1"));
                let version = version.strip_prefix("version=")?.trim_matches('"');
                match (name, version.get(..3)?) {
                    ("application/vnd.oai.openapi+json", "3.1") => Some(Self::V3_1),
                    ("application/vnd.oai.openapi+json", "3.0") => Some(Self::V3_0),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What the document is called.
    pub(crate) fn media_type(self) -> MediaType {
        match self {
            Self::V2 => MediaType::OpenApi,
            Self::V3_0 => MediaType::Other("application/vnd.oai.openapi+json;version=3.0".into()),
            Self::V3_1 => MediaType::Other(crate::offer::MEDIA_TYPE.into()),
        }
    }
}

/// Which execution plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlanMediaType {
    pub(crate) of: MediaType,
    pub(crate) json: bool,
    pub(crate) analyze: bool,
    pub(crate) verbose: bool,
    pub(crate) settings: bool,
    pub(crate) buffers: bool,
    pub(crate) wal: bool,
}

impl MediaType {
    /// Reads one media type with its parameters. What is none is [`MediaType::Other`] as sent.
    pub(crate) fn parse(text: &str) -> Self {
        let Some(tokens) = Tokens::read(text) else {
            return Self::Other(text.into());
        };
        match (&*tokens.main, &*tokens.sub) {
            ("application", "json") => Self::Json,
            ("application", "geo+json") => Self::GeoJson,
            ("text", "csv") => Self::Csv,
            ("text", "plain") => Self::Text,
            ("text", "xml") => Self::Xml,
            ("application", "openapi+json") => Self::OpenApi,
            ("application", "x-www-form-urlencoded") => Self::UrlEncoded,
            ("application", "octet-stream") => Self::OctetStream,
            ("application", "vnd.pgrst.plan" | "vnd.pgrst.plan+text") => tokens.plan(false),
            ("application", "vnd.pgrst.plan+json") => tokens.plan(true),
            ("application", "vnd.pgrst.object+json" | "vnd.pgrst.object") => Self::Singular {
                strip_nulls: tokens.strips_nulls(),
            },
            ("application", "vnd.pgrst.array+json" | "vnd.pgrst.array") => {
                if tokens.strips_nulls() {
                    Self::ArrayStripped
                } else {
                    Self::Json
                }
            }
            ("*", "*") => Self::Any,
            _ => Self::Other(text.into()),
        }
    }

    /// Reads an `Accept` header: best quality first, of equal quality the more specific first.
    pub(crate) fn parse_accept(header: &[u8]) -> Vec<Self> {
        let mut ranked: Vec<(f64, i64, String)> =
            header.split(|&byte| byte == b',').map(ranked).collect();
        ranked.sort_by(|(q1, s1, _), (q2, s2, _)| q2.total_cmp(q1).then(s2.cmp(s1)));
        let types = ranked.iter().map(|(_, _, text)| Self::parse(text));
        types.collect()
    }

    /// The media type as a header has it, without character set.
    pub(crate) fn mime(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::Csv => "text/csv",
            Self::Text => "text/plain",
            Self::Xml => "text/xml",
            Self::OpenApi => "application/openapi+json",
            Self::UrlEncoded => "application/x-www-form-urlencoded",
            Self::OctetStream => "application/octet-stream",
            Self::Any => "*/*",
            Self::ArrayStripped => "application/vnd.pgrst.array+json;nulls=stripped",
            Self::Singular { strip_nulls: true } => {
                "application/vnd.pgrst.object+json;nulls=stripped"
            }
            Self::Singular { strip_nulls: false } => "application/vnd.pgrst.object+json",
            Self::Other(text) => text,
            Self::Plan(plan) => return Cow::Owned(plan.mime()),
        })
    }

    /// The value of `Content-Type`: with `charset=utf-8` for all that is known to be text.
    pub(crate) fn content_type(&self) -> Cow<'_, str> {
        match self {
            Self::OctetStream | Self::Other(_) => self.mime(),
            Self::Json => Cow::Borrowed("application/json; charset=utf-8"),
            Self::GeoJson
            | Self::Csv
            | Self::Text
            | Self::Xml
            | Self::OpenApi
            | Self::UrlEncoded
            | Self::Any
            | Self::ArrayStripped
            | Self::Singular { .. }
            | Self::Plan(_) => Cow::Owned(format!("{}; charset=utf-8", self.mime())),
        }
    }
}

impl PlanMediaType {
    fn mime(&self) -> String {
        let format = if self.json { "json" } else { "text" };
        let of = self.of.mime();
        let options: Vec<&str> = [
            ("analyze", self.analyze),
            ("verbose", self.verbose),
            ("settings", self.settings),
            ("buffers", self.buffers),
            ("wal", self.wal),
        ]
        .into_iter()
        .filter_map(|(option, set)| set.then_some(option))
        .collect();
        let mut text = format!("application/vnd.pgrst.plan+{format}; for=\"{of}\"");
        if !options.is_empty() {
            text.push_str("; options=");
            text.push_str(&options.join("|"));
        }
        text
    }
}

/// One element of `Accept`: quality, specificity, and the text without blanks and quality.
fn ranked(element: &[u8]) -> (f64, i64, String) {
    // Headers are Latin-1.
    let text: String = element
        .iter()
        .filter(|&&byte| byte != b' ')
        .map(|&byte| char::from(byte))
        .collect();
    let (media_type, quality) = match text.split_once(";q=") {
        Some((media_type, rest)) => {
            let number = rest.split(';').next().unwrap_or_default();
            (media_type, quality(number))
        }
        None => (&*text, 1.0),
    };
    let count = |c: char| i64::try_from(media_type.matches(c).count()).unwrap_or(i64::MAX);
    let specificity = count(';') - count('*');
    (quality, specificity, media_type.to_owned())
}

/// The number that a text begins with; 1 where it begins with none.
fn quality(text: &str) -> f64 {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number = &text[..end];
    if number.starts_with('.') {
        return 1.0;
    }
    number.trim_end_matches('.').parse().unwrap_or(1.0)
}

/// A media type in pieces; names in lower case.
struct Tokens<'t> {
    main: Cow<'t, str>,
    sub: Cow<'t, str>,
    parameters: Vec<(Cow<'t, str>, &'t str)>,
}

impl<'t> Tokens<'t> {
    /// `main/sub;name=value;name="value"`. Whatever does not fit any more is left aside.
    fn read(text: &'t str) -> Option<Self> {
        let (main, rest) = take(text, |c| c.is_alphanumeric() || matches!(c, '.' | '*'))?;
        let rest = rest.strip_prefix('/')?;
        let (sub, mut rest) = take(rest, |c| {
            c.is_alphanumeric() || matches!(c, '.' | '*' | '+' | '-')
        })?;
        let mut parameters = Vec::new();
        while let Some((name, value, after)) = parameter(rest) {
            parameters.push((lower(name), value));
            rest = after;
        }
        Some(Self {
            main: lower(main),
            sub: lower(sub),
            parameters,
        })
    }

    /// The value of a parameter; the last of equal names counts.
    fn parameter(&self, name: &str) -> Option<&'t str> {
        let mut parameters = self.parameters.iter().rev();
        let (_, value) = parameters.find(|(other, _)| other == name)?;
        Some(value)
    }

    fn strips_nulls(&self) -> bool {
        self.parameter("nulls") == Some("stripped")
    }

    fn plan(&self, json: bool) -> MediaType {
        let options: Vec<&str> = self
            .parameter("options")
            .map(|options| options.split('|').collect())
            .unwrap_or_default();
        MediaType::Plan(Box::new(PlanMediaType {
            // No deeper than this: inside quotes stand no quotes.
            of: MediaType::parse(self.parameter("for").unwrap_or("application/json")),
            json,
            analyze: options.contains(&"analyze"),
            verbose: options.contains(&"verbose"),
            settings: options.contains(&"settings"),
            buffers: options.contains(&"buffers"),
            wal: options.contains(&"wal"),
        }))
    }
}

/// `;name=value`: name, value, and what follows.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start().strip_prefix(';')?.trim_start();
    let (name, text) = take(text, |c| c.is_alphanumeric() || c == '-')?;
    let text = text.trim_start().strip_prefix('=')?.trim_start();
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"')?;
        return Some((name, value, rest));
    }
    let (value, rest) = take(text, |c| c.is_alphanumeric() || matches!(c, '|' | '-'))?;
    Some((name, value, rest))
}

/// The longest beginning made of such characters, if there is one, and the rest.
fn take(text: &str, accepted: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !accepted(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn lower(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase())
    {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(of: MediaType, json: bool) -> PlanMediaType {
        PlanMediaType {
            of,
            json,
            analyze: false,
            verbose: false,
            settings: false,
            buffers: false,
            wal: false,
        }
    }

    /// PR-121 to PR-125
    #[test]
    fn known_media_types_are_told_apart() {
        let stripped = MediaType::Singular { strip_nulls: true };
        let singular = MediaType::Singular { strip_nulls: false };
        for (text, expected) in [
            ("application/json", MediaType::Json),
            ("Application/JSON; charset=utf-8", MediaType::Json),
            ("application/geo+json", MediaType::GeoJson),
            ("text/csv", MediaType::Csv),
            ("*/*", MediaType::Any),
            ("text/*", MediaType::Other("text/*".into())),
            ("application/vnd.pgrst.array+json", MediaType::Json),
            (
                "application/vnd.pgrst.array;nulls=stripped",
                MediaType::ArrayStripped,
            ),
            ("ApplicatIon/vnd.PgRsT.object+json", singular.clone()),
            ("application/vnd.pgrst.object; Nulls=stripped", stripped),
            ("application/vnd.pgrst.object;nulls=Stripped", singular),
            (
                "application/vnd.twkb",
                MediaType::Other("application/vnd.twkb".into()),
            ),
            ("nonsense", MediaType::Other("nonsense".into())),
            ("", MediaType::Other("".into())),
        ] {
            assert_eq!(MediaType::parse(text), expected, "{text}");
        }
    }

    /// PR-124
    #[test]
    fn plans_say_of_what_and_how() {
        let json = || plan(MediaType::Json, false);
        for (text, expected) in [
            ("application/vnd.pgrst.plan;", json()),
            ("application/vnd.pgrst.plan+text", json()),
            (
                "application/vnd.pgrst.plan;for=\"application/json\"",
                json(),
            ),
            (
                "application/vnd.pgrst.plan+json;for=\"text/csv\"",
                plan(MediaType::Csv, true),
            ),
            (
                "application/vnd.pgrst.plan ; for=\"text/xml\" ; options=analyze|wal",
                PlanMediaType {
                    analyze: true,
                    wal: true,
                    ..plan(MediaType::Xml, false)
                },
            ),
            (
                "application/vnd.pgrst.plan; for=\"open; options=analyze",
                json(),
            ),
        ] {
            let expected = MediaType::Plan(Box::new(expected));
            assert_eq!(MediaType::parse(text), expected, "{text}");
            assert_eq!(MediaType::parse(&expected.mime()), expected, "{text}");
        }
    }

    /// PR-121
    #[test]
    fn accepted_types_come_best_first() {
        for (header, expected) in [
            (
                "text/csv, application/json",
                vec![MediaType::Csv, MediaType::Json],
            ),
            (
                "text/csv;q=0.5, */*, application/json",
                vec![MediaType::Json, MediaType::Any, MediaType::Csv],
            ),
            (
                "text/xml; q=0.1, text/plain; q=0.9, text/csv;q=x",
                vec![MediaType::Csv, MediaType::Text, MediaType::Xml],
            ),
            (
                "application/json, application/vnd.pgrst.array+json; nulls=stripped",
                vec![MediaType::ArrayStripped, MediaType::Json],
            ),
        ] {
            assert_eq!(
                MediaType::parse_accept(header.as_bytes()),
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn only_known_texts_get_a_character_set() {
        for (media_type, expected) in [
            (MediaType::Json, "application/json; charset=utf-8"),
            (MediaType::Csv, "text/csv; charset=utf-8"),
            (MediaType::OctetStream, "application/octet-stream"),
            (MediaType::Other("image/png".into()), "image/png"),
        ] {
            assert_eq!(media_type.content_type(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header in prop::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,40}") {
            prop_assert!(!MediaType::parse_accept(&header).is_empty());
            let _ = MediaType::parse(&text).content_type();
        }
    }
}
