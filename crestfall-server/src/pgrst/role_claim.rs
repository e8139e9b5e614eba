//! `jwt-role-claim-key`: RFC 9535 JSONPath, or the older path syntax that PostgREST still takes.

use serde_json_path::JsonPath;

/// Where in the claims the role stands, checked, with the text it is dumped as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleClaimKey {
    /// RFC 9535, begins with `$`.
    JsonPath(String),
    /// The deprecated syntax: `.key`, `."key"`, `[0]` and one closing filter.
    Legacy(Vec<Step>),
}

/// A step of a legacy path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of an object.
    Key(String),
    /// An index of an array.
    Index(usize),
    /// `[?(@ == "text")]`: the first string that compares so.
    Filter(&'static str, String),
}

/// The comparisons of a legacy filter; the longer of two with a common start stands first.
const COMPARISONS: [&str; 5] = ["==^", "==", "!=", "^==", "*=="];

impl Default for RoleClaimKey {
    fn default() -> Self {
        Self::JsonPath("$.role".into())
    }
}

impl RoleClaimKey {
    /// Reads a path in either syntax.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') && JsonPath::parse(text).is_ok() {
            return Ok(Self::JsonPath(text.into()));
        }
        parse_legacy(text)
            .map(Self::Legacy)
            .ok_or_else(|| format!("failed to parse role-claim-key value ({text})"))
    }

    /// The path as configuration files hold it, without the quotes around it.
    pub(crate) fn dumped(&self) -> String {
        match self {
            Self::JsonPath(text) => text.replace('$', "$$"),
            Self::Legacy(_) => self.source(),
        }
    }

    /// The path as text that [`Self::parse`] reads.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::JsonPath(text) => text.clone(),
            Self::Legacy(steps) => steps.iter().map(Step::source).collect(),
        }
    }

    /// Whether the path is in the deprecated syntax.
    pub(crate) fn is_legacy(&self) -> bool {
        matches!(self, Self::Legacy(_))
    }
}

impl Step {
    fn source(&self) -> String {
        match self {
            Self::Key(key) => format!(".\"{key}\""),
            Self::Index(index) => format!("[{index}]"),
            Self::Filter(comparison, text) => format!("[?(@ {comparison} \"{text}\")]"),
        }
    }
}

fn parse_legacy(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        if matches!(step, Step::Filter(..)) && !after.is_empty() {
            return None;
        }
        steps.push(step);
        rest = after;
    }
    (!steps.is_empty()).then_some(steps)
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix(".\"") {
        let (key, rest) = rest.split_once('"')?;
        return Some((Step::Key(key.into()), rest));
    }
    if let Some(rest) = text.strip_prefix('.') {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
        let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
        let (key, rest) = rest.split_at(end);
        return (!key.is_empty()).then(|| (Step::Key(key.into()), rest));
    }
    if let Some(rest) = text.strip_prefix("[?(@") {
        let rest = rest.trim_start();
        let comparison = COMPARISONS.into_iter().find(|c| rest.starts_with(c))?;
        let rest = rest[comparison.len()..].trim_start().strip_prefix('"')?;
        let (value, rest) = rest.split_once('"')?;
        let rest = rest.strip_prefix(")]")?;
        return Some((Step::Filter(comparison, value.into()), rest));
    }
    let (index, rest) = text.strip_prefix('[')?.split_once(']')?;
    let digits = index.bytes().all(|b| b.is_ascii_digit());
    Some((
        Step::Index(digits.then(|| index.parse().ok()).flatten()?),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_syntaxes_are_dumped_so_that_they_read_the_same() {
        for (text, dumped) in [
            ("$.role", "$$.role"),
            ("$.user[0].real_role", "$$.user[0].real_role"),
            (".role", ".\"role\""),
            (".a.\"b c\"[2]", ".\"a\".\"b c\"[2]"),
            (".r[?(@ ==^ \"x\")]", ".\"r\"[?(@ ==^ \"x\")]"),
            (".r[?(@   !=\"x\")]", ".\"r\"[?(@ != \"x\")]"),
        ] {
            let key = RoleClaimKey::parse(text).unwrap();
            assert_eq!(key.dumped(), dumped);
            assert_eq!(RoleClaimKey::parse(&key.source()).unwrap(), key);
        }
    }

    #[test]
    fn a_malformed_path_is_named_in_the_error() {
        for text in [
            "role.other",
            ".role##",
            ".my_role;;domain",
            "$.my_role;;domain",
            "1234",
            ".role[?(@ =)]",
            "",
            ".r[?(@ == \"x\")].more",
            "[99999999999999999999999]",
        ] {
            let error = RoleClaimKey::parse(text).unwrap_err();
            assert!(error.contains(&format!("value ({text})")), "{error}");
        }
    }
}
