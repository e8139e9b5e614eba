//! PostgREST's path notation before version 16: `.name`, `."any name"`, `[0]`, and at the end a
//! filter over strings, `[?(@ == "text")]`.

use std::fmt;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LegacyPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    /// Only ever the last step.
    Filter(Match, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    EndsWith,
    Equals,
    Differs,
    StartsWith,
    Contains,
}

/// In the order in which they must be tried: one begins like another.
const OPERATORS: [(&str, Match); 5] = [
    ("==^", Match::EndsWith),
    ("==", Match::Equals),
    ("!=", Match::Differs),
    ("^==", Match::StartsWith),
    ("*==", Match::Contains),
];

impl LegacyPath {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest)?;
            if matches!(step, Step::Filter(..)) && !after.is_empty() {
                return None;
            }
            steps.push(step);
            rest = after;
        }
        (!steps.is_empty()).then_some(Self(steps))
    }

    pub(super) fn find<'a>(&self, claims: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(claims, |value, step| match step {
            Step::Name(name) => value.as_object()?.get(name),
            Step::Index(index) => value.as_array()?.get(*index),
            Step::Filter(how, text) => value
                .as_array()?
                .iter()
                .find(|item| how.accepts(item, text)),
        })
    }
}

impl Match {
    fn accepts(self, item: &Value, text: &str) -> bool {
        item.as_str().is_some_and(|item| match self {
            Self::EndsWith => item.ends_with(text),
            Self::Equals => item == text,
            Self::Differs => item != text,
            Self::StartsWith => item.starts_with(text),
            Self::Contains => item.contains(text),
        })
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let (name, rest) = quoted(rest).or_else(|| plain(rest))?;
        return Some((Step::Name(name.to_owned()), rest));
    }
    if let Some(rest) = text.strip_prefix("[?(") {
        return filter(rest);
    }
    let (digits, rest) = text.strip_prefix('[')?.split_once(']')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((Step::Index(plain.then(|| digits.parse().ok())??), rest))
}

fn plain(text: &str) -> Option<(&str, &str)> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

fn filter(text: &str) -> Option<(Step, &str)> {
    let text = text.strip_prefix('@')?.trim_start();
    let (how, text) = OPERATORS
        .iter()
        .find_map(|(operator, how)| Some((*how, text.strip_prefix(operator)?)))?;
    let (value, rest) = quoted(text.trim_start())?;
    Some((
        Step::Filter(how, value.to_owned()),
        rest.strip_prefix(")]")?,
    ))
}

impl fmt::Display for LegacyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Name(name) => write!(f, ".\"{name}\""),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Filter(how, text) => write!(f, "[?(@ {} \"{text}\")]", how.operator()),
        })
    }
}

impl Match {
    fn operator(self) -> &'static str {
        match self {
            Self::EndsWith => "==^",
            Self::Equals => "==",
            Self::Differs => "!=",
            Self::StartsWith => "^==",
            Self::Contains => "*==",
        }
    }
}
