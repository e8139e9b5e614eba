//! The `Prefer` header (RFC 7240).

use std::borrow::Cow;

use http::HeaderMap;

/// Asks why rows are missing.
pub(crate) const EXPLAIN: &str = "explain=policies";

/// What a client prefers. Absent means it said nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Preferences {
    pub(crate) resolution: Option<Resolution>,
    pub(crate) representation: Option<Representation>,
    pub(crate) count: Option<Count>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) missing: Option<Missing>,
    pub(crate) handling: Option<Handling>,
    pub(crate) timezone: Option<String>,
    pub(crate) max_affected: Option<i64>,
    /// `explain=policies`, where the settings know it.
    pub(crate) explains: bool,
    /// Preferences nobody knows, as sent.
    pub(crate) invalid: Vec<String>,
}

/// `resolution=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    MergeDuplicates,
    IgnoreDuplicates,
}

/// `return=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    Full,
    HeadersOnly,
    Minimal,
}

/// `count=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Exact,
    Planned,
    Estimated,
}

/// `tx=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transaction {
    Commit,
    Rollback,
}

/// `missing=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Default,
    Null,
}

/// `handling=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handling {
    Strict,
    Lenient,
}

impl Preferences {
    /// Reads every `Prefer` header. Of several values of one preference the first counts;
    /// `tx=` counts only where the settings allow it.
    pub(crate) fn parse(headers: &HeaderMap, allow_transaction: bool) -> Self {
        let mut preferences = Self::default();
        let mut max_affected_seen = false;
        for value in headers.get_all("prefer") {
            if value.is_empty() {
                continue;
            }
            for token in value.as_bytes().split(|&byte| byte == b',') {
                let token = String::from_utf8_lossy(token.trim_ascii());
                preferences.add(&token, allow_transaction, &mut max_affected_seen);
            }
        }
        preferences
    }

    /// Takes `explain=policies` for a preference that is known.
    pub(crate) fn allow_explain(&mut self) {
        let sent = self.invalid.len();
        self.invalid.retain(|token| token != EXPLAIN);
        self.explains = self.invalid.len() < sent;
    }

    fn add(&mut self, token: &str, allow_transaction: bool, max_affected_seen: &mut bool) {
        match token {
            "resolution=merge-duplicates" => {
                first(&mut self.resolution, Resolution::MergeDuplicates)
            }
            "resolution=ignore-duplicates" => {
                first(&mut self.resolution, Resolution::IgnoreDuplicates);
            }
            "return=representation" => first(&mut self.representation, Representation::Full),
            "return=headers-only" => first(&mut self.representation, Representation::HeadersOnly),
            "return=minimal" => first(&mut self.representation, Representation::Minimal),
            "count=exact" => first(&mut self.count, Count::Exact),
            "count=planned" => first(&mut self.count, Count::Planned),
            "count=estimated" => first(&mut self.count, Count::Estimated),
            "tx=commit" if allow_transaction => first(&mut self.transaction, Transaction::Commit),
            "tx=rollback" if allow_transaction => {
                first(&mut self.transaction, Transaction::Rollback);
            }
            "tx=commit" | "tx=rollback" => {}
            "missing=default" => first(&mut self.missing, Missing::Default),
            "missing=null" => first(&mut self.missing, Missing::Null),
            "handling=strict" => first(&mut self.handling, Handling::Strict),
            "handling=lenient" => first(&mut self.handling, Handling::Lenient),
            _ => self.add_open(token, max_affected_seen),
        }
    }

    /// Preferences whose value is free, and those nobody knows.
    fn add_open(&mut self, token: &str, max_affected_seen: &mut bool) {
        if let Some(zone) = token.strip_prefix("timezone=") {
            first(&mut self.timezone, zone.to_owned());
        } else if let Some(count) = token.strip_prefix("max-affected=") {
            // The first counts even where it is no number.
            if !std::mem::replace(max_affected_seen, true) {
                self.max_affected = count.parse().ok();
            }
        } else {
            self.invalid.push(token.to_owned());
        }
    }

    /// The value of `Preference-Applied` for what is left in here, if anything is.
    pub(crate) fn applied(&self) -> Option<String> {
        let strict = self.handling == Some(Handling::Strict);
        let max_affected = self.max_affected.filter(|_| strict);
        let parts: Vec<Cow<'_, str>> = [
            self.resolution.map(|it| it.token().into()),
            self.missing.map(|it| it.token().into()),
            self.representation.map(|it| it.token().into()),
            self.count.map(|it| it.token().into()),
            self.transaction.map(|it| it.token().into()),
            self.handling.map(|it| it.token().into()),
            self.timezone
                .as_ref()
                .map(|it| format!("timezone={it}").into()),
            max_affected.map(|it| format!("max-affected={it}").into()),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn first<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}

impl Resolution {
    fn token(self) -> &'static str {
        match self {
            Self::MergeDuplicates => "resolution=merge-duplicates",
            Self::IgnoreDuplicates => "resolution=ignore-duplicates",
        }
    }
}

impl Representation {
    fn token(self) -> &'static str {
        match self {
            Self::Full => "return=representation",
            Self::HeadersOnly => "return=headers-only",
            Self::Minimal => "return=minimal",
        }
    }
}

impl Count {
    fn token(self) -> &'static str {
        match self {
            Self::Exact => "count=exact",
            Self::Planned => "count=planned",
            Self::Estimated => "count=estimated",
        }
    }
}

impl Transaction {
    fn token(self) -> &'static str {
        match self {
            Self::Commit => "tx=commit",
            Self::Rollback => "tx=rollback",
        }
    }
}

impl Missing {
    fn token(self) -> &'static str {
        match self {
            Self::Default => "missing=default",
            Self::Null => "missing=null",
        }
    }
}

impl Handling {
    fn token(self) -> &'static str {
        match self {
            Self::Strict => "handling=strict",
            Self::Lenient => "handling=lenient",
        }
    }
}
