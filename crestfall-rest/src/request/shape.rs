//! What of a request decides its statement, apart from the values in it: two requests of one shape
//! are answered by the same statement with other parameters.

use std::borrow::Cow;

use http::header::{ACCEPT, HeaderName, RANGE};
use http::{HeaderMap, Method};
use smallvec::SmallVec;

use super::form::{self, Pair};
use super::query::canonical;

/// Longer queries are rare, and not worth remembering.
const LONGEST_QUERY: usize = 4096;

static ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// Operators whose operand is one parameter of the statement, whatever it says.
const LIFTED: [&str; 18] = [
    "eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "cs", "cd", "ov",
    "sl", "sr", "nxr", "nxl", "adj",
];

/// The shape of a read, and the values that are not part of it.
pub(crate) struct Shape<'r> {
    /// Equal for requests of one shape, different for all others.
    pub(crate) key: Vec<u8>,
    pairs: Vec<Pair<'r>>,
    /// For each value: its pair, where in the pair's value it begins, and whether `*` means `%`.
    lifted: SmallVec<[Lifted; 4]>,
}

#[derive(Clone, Copy)]
struct Lifted {
    pair: usize,
    start: usize,
    is_pattern: bool,
}

impl<'r> Shape<'r> {
    /// The shape of a `GET` of a relation; none for any other request, and for what is too long or
    /// does not decode.
    pub(crate) fn of(
        method: &Method,
        path: &str,
        query: &'r str,
        headers: &HeaderMap,
    ) -> Option<Self> {
        if method != Method::GET
            || path.len() < 2
            || path[1..].contains('/')
            || query.len() > LONGEST_QUERY
        {
            return None;
        }
        let pairs = form::pairs(query.as_bytes()).ok()?;
        let mut key = Vec::with_capacity(96 + query.len());
        put(&mut key, path.as_bytes());
        for name in [&ACCEPT, &ACCEPT_PROFILE, &PREFER, &RANGE] {
            for value in headers.get_all(name) {
                put(&mut key, value.as_bytes());
            }
            key.push(b'\n');
        }
        let mut lifted = SmallVec::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            put(&mut key, name.as_bytes());
            let operator = value
                .as_deref()
                .filter(|_| is_filter(name))
                .and_then(operator);
            match (operator, value) {
                (Some(operator), Some(value)) => {
                    key.push(b'.');
                    put(&mut key, value[..operator.length].as_bytes());
                    lifted.push(Lifted {
                        pair: index,
                        start: operator.length,
                        is_pattern: operator.is_pattern,
                    });
                }
                (_, Some(value)) => {
                    key.push(b'=');
                    put(&mut key, value.as_bytes());
                }
                (_, None) => key.push(b'-'),
            }
        }
        Some(Self { key, pairs, lifted })
    }

    /// The values, as the statement's parameters take them.
    pub(crate) fn values(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.lifted.iter().map(|lifted| {
            let value = self.pairs[lifted.pair].1.as_deref().unwrap_or_default();
            let value = &value[lifted.start..];
            // No text of PostgreSQL can hold a NUL: what follows one is dropped.
            let value = value.split('\0').next().unwrap_or_default();
            if lifted.is_pattern && value.contains('*') {
                value.replace('*', "%").into()
            } else {
                value.into()
            }
        })
    }

    /// A query string of the same shape with other values.
    pub(crate) fn with_values(&self, values: impl Fn(usize) -> String) -> String {
        let mut query = String::new();
        let mut lifted = self.lifted.iter().enumerate().peekable();
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            if index > 0 {
                query.push('&');
            }
            form::encode(name, &mut query);
            let Some(value) = value else { continue };
            query.push('=');
            match lifted.next_if(|(_, lifted)| lifted.pair == index) {
                Some((number, lifted)) => {
                    form::encode(&value[..lifted.start], &mut query);
                    form::encode(&values(number), &mut query);
                }
                None => form::encode(value, &mut query),
            }
        }
        query
    }

    /// The query in its canonical form, for `Content-Location`.
    pub(crate) fn canonical(&self) -> String {
        canonical(&self.pairs)
    }
}

/// Puts a piece with its length before it, so that no two lists of pieces look alike.
fn put(key: &mut Vec<u8>, piece: &[u8]) {
    // Pieces are shorter than a request's head may be, which is far below 4 GiB.
    key.extend_from_slice(&(piece.len() as u32).to_le_bytes());
    key.extend_from_slice(piece);
}

fn is_filter(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    !matches!(last, "order" | "limit" | "offset" | "and" | "or")
        && !matches!(name, "select" | "columns" | "on_conflict")
}

struct Operator {
    /// Of the operator with its dot, and of `not.` before it.
    length: usize,
    is_pattern: bool,
}

fn operator(value: &str) -> Option<Operator> {
    let rest = value.strip_prefix("not.").unwrap_or(value);
    let (name, operand) = rest.split_once('.')?;
    let length = value.len() - operand.len();
    LIFTED.contains(&name).then_some(Operator {
        length,
        is_pattern: matches!(name, "like" | "ilike"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape<'q>(path: &str, query: &'q str) -> Shape<'q> {
        Shape::of(&Method::GET, path, query, &HeaderMap::new()).unwrap()
    }

    #[test]
    fn values_are_no_part_of_a_shape() {
        let a = shape("/films", "select=id&id=eq.1&title=not.like.A*b");
        let b = shape("/films", "select=id&id=eq.23&title=not.like.");
        assert_eq!(a.key, b.key);
        assert_eq!(a.values().collect::<Vec<_>>(), ["1", "A%b"]);
        assert_eq!(b.values().collect::<Vec<_>>(), ["23", ""]);
    }

    #[test]
    fn everything_else_is() {
        let base = shape("/films", "select=id&id=eq.1").key;
        for (path, query) in [
            ("/film", "select=id&id=eq.1"),
            ("/films", "select=id&id=gt.1"),
            ("/films", "select=id&id=not.eq.1"),
            ("/films", "select=id&id=eq(any).1"),
            ("/films", "select=id&idd=eq.1"),
            ("/films", "select=id,id&id=eq.1"),
            ("/films", "id=eq.1&select=id"),
            ("/films", "select=id&id=eq.1&limit=1"),
            ("/films", "select=id&id=is.null"),
            ("/films", "select=id&id"),
        ] {
            assert_ne!(base, shape(path, query).key, "{path}?{query}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, "text/csv".parse().unwrap());
        let csv = Shape::of(&Method::GET, "/films", "select=id&id=eq.1", &headers).unwrap();
        assert_ne!(base, csv.key);
    }

    #[test]
    fn parameters_that_are_no_filters_keep_their_values() {
        for query in [
            "select=eq.1",
            "order=eq.desc",
            "a.order=eq.1",
            "or=eq.1",
            "limit=eq.1",
            "on_conflict=eq.1",
        ] {
            assert_eq!(shape("/films", query).values().count(), 0, "{query}");
        }
    }

    #[test]
    fn other_values_can_be_put_in() {
        let shape = shape("/films", "select=id&id=eq.1&x&title=like.a%20b");
        assert_eq!(
            shape.with_values(|number| format!("v{number}")),
            "select=id&id=eq.v0&x&title=like.v1"
        );
    }

    #[test]
    fn calls_and_writes_have_none() {
        let headers = HeaderMap::new();
        assert!(Shape::of(&Method::POST, "/films", "", &headers).is_none());
        assert!(Shape::of(&Method::GET, "/rpc/f", "", &headers).is_none());
        assert!(Shape::of(&Method::GET, "/", "", &headers).is_none());
    }
}
