//! Which media type an answer has, by the `Accept` header.

use http::HeaderMap;
use http::header::ACCEPT;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/json`: what every client understood before there was a specification. The status
    /// is 200 whatever became of a request that could be read.
    Json,
    /// `application/graphql-response+json`: the status tells.
    GraphQlResponse,
    /// `text/event-stream`: an event for each result.
    Events,
}

impl Form {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Json, "application", "json"),
        (
            Self::GraphQlResponse,
            "application",
            "graphql-response+json",
        ),
        (Self::Events, "text", "event-stream"),
    ];

    /// The form that a client likes best; of two that it likes as much, the one it names first. None
    /// when it takes none of them.
    pub(crate) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter(|range| !range.trim().is_empty())
            .peekable();
        if ranges.peek().is_none() {
            return Some(Self::Json);
        }
        let mut best: Option<(u32, Self)> = None;
        for (form, weight) in ranges.filter_map(range) {
            if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, form));
            }
        }
        best.map(|(_, form)| form)
    }

    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }

    /// Whether the status tells that an operation was refused.
    pub(crate) fn tells_by_status(self) -> bool {
        self == Self::GraphQlResponse
    }
}

/// One media range: the form it means, and its weight in thousandths.
fn range(text: &str) -> Option<(Form, u32)> {
    let mut parts = text.split(';').map(str::trim);
    let (main, sub) = parts.next()?.split_once('/')?;
    let is = |name: &str, range: &str| range == "*" || range.eq_ignore_ascii_case(name);
    let (form, ..) = Form::ALL
        .into_iter()
        .find(|(_, own, name)| is(own, main) && is(name, sub))?;
    let mut weight = 1000;
    for part in parts {
        let (name, value) = part.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => weight = (value.trim().parse::<f32>().ok()?.clamp(0.0, 1.0) * 1000.0) as u32,
            "charset" if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {
                return None;
            }
            _ => {}
        }
    }
    Some((form, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Form::wanted(&headers)
    }

    #[test]
    fn the_form_is_the_one_that_a_client_likes_best() {
        use Form::{Events, GraphQlResponse, Json};
        for (accept, form) in [
            ("*/*", Some(Json)),
            ("", Some(Json)),
            ("application/*;q=0.1, text/html", Some(Json)),
            ("application/json", Some(Json)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphQlResponse),
            ),
            (
                "application/json;q=0.9, application/graphql-response+json",
                Some(GraphQlResponse),
            ),
            (
                "application/graphql-response+json; charset=UTF-8",
                Some(GraphQlResponse),
            ),
            (
                "application/graphql-response+json;q=0.2,application/json;q=0.8",
                Some(Json),
            ),
            ("text/event-stream", Some(Events)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=utf-16", None),
        ] {
            assert_eq!(wanted(accept), form, "{accept}");
        }
        assert_eq!(Form::wanted(&HeaderMap::new()), Some(Json));
    }
}
