//! Prepared statements of one connection, by role, search path and text.
//!
//! The role is part of the key because a prepared statement over a table with row-level security is
//! planned again each time the role changes; the search path, because it is analysed again.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::db::ColumnInfo;
use crate::name;

/// A prepared statement, or what would be one.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Its name on the server; empty when it is parsed anew each time.
    pub(crate) name: Box<str>,
    pub(crate) text: Arc<str>,
    /// The columns of its result, once PostgreSQL described them.
    pub(crate) columns: OnceLock<Arc<[ColumnInfo]>>,
}

/// What is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// A statement as one role with one search path sees it.
    Statement {
        role: &'a str,
        search_path: &'a str,
        text: &'a Arc<str>,
    },
    /// Text that depends on neither: `begin`, `commit`, ...
    Control(&'static str),
    /// The statement that sets these settings, whatever their values.
    Settings {
        settings: &'a [(&'a str, &'a str)],
        read_only: bool,
    },
}

impl Key<'_> {
    /// The hash all look-ups of this key use.
    pub(crate) fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        let mut state = hasher.build_hasher();
        match self {
            Self::Statement {
                role,
                search_path,
                text,
            } => (role, search_path, text).hash(&mut state),
            Self::Control(text) => text.hash(&mut state),
            Self::Settings {
                settings,
                read_only,
            } => {
                for (name, _) in *settings {
                    name.hash(&mut state);
                }
                read_only.hash(&mut state);
            }
        }
        state.finish()
    }

    fn text(&self) -> Arc<str> {
        match self {
            Self::Statement { text, .. } => Arc::clone(text),
            Self::Control(text) => Arc::from(*text),
            Self::Settings {
                settings,
                read_only,
            } => settings_text(settings, *read_only).into(),
        }
    }

    fn to_owned_key(self) -> OwnedKey {
        match self {
            Self::Statement {
                role,
                search_path,
                text,
            } => OwnedKey::Statement {
                role: role.into(),
                search_path: search_path.into(),
                text: Arc::clone(text),
            },
            Self::Control(text) => OwnedKey::Control(text),
            Self::Settings {
                settings,
                read_only,
            } => OwnedKey::Settings {
                names: settings.iter().map(|(name, _)| Box::from(*name)).collect(),
                read_only,
            },
        }
    }
}

/// `num_nulls` evaluates its arguments from left to right and answers with one small number, where a
/// plain `select` would send every value back.
fn settings_text(settings: &[(&str, &str)], read_only: bool) -> String {
    let mut text = String::from("select pg_catalog.num_nulls(");
    for (index, (name, _)) in settings.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let name = name::literal(name);
        let _ = write!(
            text,
            "{comma}pg_catalog.set_config({name}, ${}, true)",
            index + 1
        );
    }
    if read_only {
        let comma = if settings.is_empty() { "" } else { ", " };
        text.push_str(comma);
        text.push_str("pg_catalog.set_config('transaction_read_only', 'on', true)");
    }
    text.push(')');
    text
}

#[derive(Debug)]
enum OwnedKey {
    Statement {
        role: Box<str>,
        search_path: Box<str>,
        text: Arc<str>,
    },
    Control(&'static str),
    Settings {
        names: Box<[Box<str>]>,
        read_only: bool,
    },
}

impl OwnedKey {
    fn is(&self, key: &Key<'_>) -> bool {
        match (self, key) {
            (
                Self::Statement {
                    role,
                    search_path,
                    text,
                },
                Key::Statement {
                    role: wanted_role,
                    search_path: wanted_path,
                    text: wanted_text,
                },
            ) => {
                (Arc::ptr_eq(text, wanted_text) || **text == ***wanted_text)
                    && **role == **wanted_role
                    && **search_path == **wanted_path
            }
            (Self::Control(text), Key::Control(wanted)) => text == wanted,
            (
                Self::Settings { names, read_only },
                Key::Settings {
                    settings,
                    read_only: wanted,
                },
            ) => {
                read_only == wanted
                    && names.len() == settings.len()
                    && names.iter().zip(*settings).all(|(a, (b, _))| **a == **b)
            }
            _ => false,
        }
    }
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    key: OwnedKey,
    prepared: Arc<Prepared>,
    used: u64,
}

/// The statements prepared on one connection, the least recently used ones leaving first.
#[derive(Debug)]
pub(crate) struct StatementCache {
    entries: HashTable<Entry>,
    capacity: usize,
    named: bool,
    next_name: u64,
    clock: u64,
    evicted: Vec<Arc<Prepared>>,
}

impl StatementCache {
    /// A cache of so many statements; without `named`, it only remembers texts.
    pub(crate) fn new(capacity: usize, named: bool) -> Self {
        Self {
            entries: HashTable::new(),
            capacity: capacity.max(8),
            named,
            next_name: 0,
            clock: 0,
            evicted: Vec::new(),
        }
    }

    /// The statement, and whether it has to be parsed first.
    pub(crate) fn get(&mut self, hash: u64, key: &Key<'_>) -> (Arc<Prepared>, bool) {
        self.clock += 1;
        if let Some(entry) = self.entries.find_mut(hash, |entry| entry.key.is(key)) {
            entry.used = self.clock;
            return (Arc::clone(&entry.prepared), !self.named);
        }
        (self.insert(hash, key), true)
    }

    fn insert(&mut self, hash: u64, key: &Key<'_>) -> Arc<Prepared> {
        if self.entries.len() >= self.capacity {
            self.evict();
        }
        self.next_name += 1;
        let name = match self.named {
            true => format!("c{}", self.next_name).into(),
            false => Box::default(),
        };
        let prepared = Arc::new(Prepared {
            name,
            text: key.text(),
            columns: OnceLock::new(),
        });
        let entry = Entry {
            hash,
            key: key.to_owned_key(),
            prepared: Arc::clone(&prepared),
            used: self.clock,
        };
        self.entries.insert_unique(hash, entry, |entry| entry.hash);
        prepared
    }

    /// Forgets one statement, so that its next use prepares it again.
    pub(crate) fn forget(&mut self, hash: u64, key: &Key<'_>) {
        if let Ok(found) = self.entries.find_entry(hash, |entry| entry.key.is(key)) {
            let (entry, _) = found.remove();
            self.evicted.push(entry.prepared);
        }
    }

    /// The same by the statement. Closing one that PostgreSQL does not hold is no error.
    pub(crate) fn forget_prepared(&mut self, prepared: &Arc<Prepared>) {
        let gone = self
            .entries
            .extract_if(|entry| Arc::ptr_eq(&entry.prepared, prepared));
        self.evicted.extend(gone.map(|entry| entry.prepared));
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.evicted
            .extend(self.entries.drain().map(|entry| entry.prepared));
    }

    /// What PostgreSQL still holds and should be told to close.
    pub(crate) fn take_evicted(&mut self) -> Option<Vec<Arc<Prepared>>> {
        if self.evicted.is_empty() {
            return None;
        }
        let evicted = std::mem::take(&mut self.evicted);
        self.named.then_some(evicted)
    }

    /// Removes the least recently used eighth at once, so that its search is rare.
    fn evict(&mut self) {
        let mut used: Vec<u64> = self.entries.iter().map(|entry| entry.used).collect();
        let last = (used.len() / 8).saturating_sub(1);
        let (_, limit, _) = used.select_nth_unstable(last);
        let limit = *limit;
        let gone = self.entries.extract_if(|entry| entry.used <= limit);
        self.evicted.extend(gone.map(|entry| entry.prepared));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement<'a>(role: &'a str, text: &'a Arc<str>) -> Key<'a> {
        Key::Statement {
            role,
            search_path: "public",
            text,
        }
    }

    #[test]
    fn a_statement_is_prepared_once_for_each_role() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(8, true);
        let text: Arc<str> = "select 1".into();
        let same: Arc<str> = "select 1".into();
        let mut get = |key: Key<'_>| {
            let (prepared, parse) = cache.get(key.hash(&hasher), &key);
            (prepared.name.to_string(), parse)
        };
        assert_eq!(get(statement("a", &text)), ("c1".into(), true));
        assert_eq!(get(statement("a", &same)), ("c1".into(), false));
        assert_eq!(get(statement("b", &text)), ("c2".into(), true));
    }

    #[test]
    fn the_least_recently_used_is_closed() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(8, true);
        let texts: Vec<Arc<str>> = (0..9).map(|n| format!("select {n}").into()).collect();
        for text in &texts {
            let first = statement("a", &texts[0]);
            cache.get(first.hash(&hasher), &first);
            let key = statement("a", text);
            cache.get(key.hash(&hasher), &key);
        }
        let gone = cache.take_evicted().unwrap();
        assert_eq!(&*gone[0].text, "select 1");
        assert!(cache.take_evicted().is_none());
        let first = statement("a", &texts[0]);
        assert!(!cache.get(first.hash(&hasher), &first).1);
    }

    #[test]
    fn without_names_every_use_parses_and_nothing_is_closed() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(8, false);
        let key = Key::Control("begin");
        for _ in 0..2 {
            let (prepared, parse) = cache.get(key.hash(&hasher), &key);
            assert_eq!((&*prepared.name, parse), ("", true));
        }
        cache.clear();
        assert!(cache.take_evicted().is_none());
    }

    #[test]
    fn settings_are_known_by_their_names() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(8, true);
        let mut parse = |settings: &[(&str, &str)], read_only| {
            let key = Key::Settings {
                settings,
                read_only,
            };
            cache.get(key.hash(&hasher), &key).1
        };
        assert!(parse(&[("role", "a")], true));
        assert!(!parse(&[("role", "b")], true));
        assert!(parse(&[("role", "a")], false));
        assert!(parse(&[("role", "a"), ("x", "")], true));
    }

    #[test]
    fn a_setting_s_name_is_a_literal() {
        assert_eq!(
            settings_text(&[("it's", "x")], true),
            "select pg_catalog.num_nulls(pg_catalog.set_config('it''s', $1, true), \
             pg_catalog.set_config('transaction_read_only', 'on', true))"
        );
    }
}
