//! Which language to write to somebody in.

use serde_json::{Map, Value};

/// Languages in the order to try: the user's own (`lang`, `language` or `locale` of their
/// metadata), then those of the request's `Accept-Language` (RFC 9110, 12.5.4). The default of the
/// settings comes last by itself.
pub fn languages(data: &Map<String, Value>, accept_language: Option<&str>) -> Vec<String> {
    let own = ["lang", "language", "locale"]
        .iter()
        .filter_map(|name| data.get(*name)?.as_str())
        .map(normal);
    own.chain(accepted(accept_language.unwrap_or_default()))
        .filter(|tag| is_tag(tag))
        .take(8)
        .collect()
}

/// The best first; equals in their order.
fn accepted(header: &str) -> Vec<String> {
    let mut weighted: Vec<(f32, String)> = header
        .split(',')
        .take(20)
        .filter_map(|item| {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = match parameters.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse().ok()?,
                None => 1.0,
            };
            (weight > 0.0).then(|| (weight, normal(tag)))
        })
        .collect();
    weighted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    weighted.into_iter().map(|(_, tag)| tag).collect()
}

/// `de_AT.UTF-8` as `de-at`.
pub(super) fn normal(tag: &str) -> String {
    let tag = tag.split('.').next().unwrap_or_default().trim();
    tag.replace('_', "-").to_ascii_lowercase()
}

pub(super) fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The tag, and then ever less of it: `de-at`, `de`.
pub(super) fn shortened(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| Some(tag.rsplit_once('-')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_own_language_comes_before_the_browsers() {
        let data = serde_json::json!({ "locale": "de_AT.UTF-8", "name": "x" });
        let header = "fr;q=0.5, en-GB, *;q=0.1, es;q=0, it;q=x, nl;q=0.9";
        assert_eq!(
            languages(data.as_object().unwrap(), Some(header)),
            ["de-at", "en-gb", "nl", "fr"]
        );
        assert_eq!(shortened("de-at").collect::<Vec<_>>(), ["de-at", "de"]);
        let hostile = serde_json::json!({ "lang": "../../etc", "locale": 3 });
        assert!(languages(hostile.as_object().unwrap(), None).is_empty());
    }
}
