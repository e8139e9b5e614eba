//! One transaction as messages: everything a request sends before its one Sync.

use bytes::{BufMut, BytesMut};
use hashbrown::DefaultHashBuilder;
use postgres_protocol::message::frontend;
use smallvec::SmallVec;
use std::sync::Arc;

use super::cache::{Key, Prepared, StatementCache};
use crate::db::{Access, ColumnInfo, DbError, End, Param, Scope, Statement};

/// What one request sends, borrowed from the request.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    items: SmallVec<[Item<'a>; 4]>,
    /// Whether it begins, goes on with or ends a transaction by name, so that one may be open behind it.
    explicit: bool,
}

#[derive(Debug)]
struct Item<'a> {
    key: Key<'a>,
    hash: u64,
    params: Params<'a>,
    /// Whether the caller gets the result.
    output: bool,
}

#[derive(Clone, Copy, Debug)]
enum Params<'a> {
    Values(&'a [Param]),
    Settings(&'a [(&'a str, &'a str)]),
}

/// A statement whose results are awaited.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) prepared: Arc<Prepared>,
    /// Whether the batch prepares it, and PostgreSQL has not confirmed that yet.
    pub(crate) parsing: bool,
    pub(crate) output: bool,
    /// The columns, when this batch asked for them.
    pub(crate) columns: Option<Arc<[ColumnInfo]>>,
}

/// The statements of a batch, in order.
pub(crate) type Steps = SmallVec<[Step; 4]>;

impl<'a> Batch<'a> {
    /// A whole transaction, or with `keep_open` its beginning.
    pub(crate) fn transaction(
        scope: &Scope<'a>,
        statements: &'a [Statement],
        keep_open: bool,
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let begin = scope.begin(keep_open);
        let mut batch = Self::empty(begin.is_some());
        if let Some(begin) = begin {
            batch.control(begin, hasher);
        }
        let read_only = begin.is_none() && scope.access == Access::ReadOnly;
        if read_only || !scope.settings.is_empty() {
            let key = Key::Settings {
                settings: scope.settings,
                read_only,
            };
            batch.push(key, Params::Settings(scope.settings), false, hasher);
        }
        let place = Place::of(scope);
        if let Some(prelude) = scope.prelude {
            batch.statement(place, prelude, false, hasher);
        }
        for statement in statements {
            batch.statement(place, statement, true, hasher);
        }
        if scope.resets_inside() && !keep_open && scope.end == End::Commit {
            batch.control("reset role", hasher);
            batch.control("reset all", hasher);
        }
        if begin.is_some() && !keep_open {
            batch.end(scope.end, hasher);
        }
        batch
    }

    /// Statements of a transaction that is open already.
    pub(crate) fn more(
        place: Place<'a>,
        statements: &'a [Statement],
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let mut batch = Self::empty(true);
        for statement in statements {
            batch.statement(place, statement, true, hasher);
        }
        batch
    }

    /// The end of an open transaction; its result says which end it was.
    pub(crate) fn finish(end: End, hasher: &DefaultHashBuilder) -> Batch<'static> {
        let mut batch = Batch::empty(true);
        let text = match end {
            End::Commit => "commit",
            End::Rollback => "rollback",
        };
        batch.push(Key::Control(text), Params::Values(&[]), true, hasher);
        batch
    }

    fn empty(explicit: bool) -> Self {
        Self {
            items: SmallVec::new(),
            explicit,
        }
    }

    /// Whether a transaction may be open behind it.
    pub(crate) fn is_explicit(&self) -> bool {
        self.explicit
    }

    fn end(&mut self, end: End, hasher: &DefaultHashBuilder) {
        match end {
            End::Commit => self.control("commit", hasher),
            End::Rollback => {
                self.control("set constraints all immediate", hasher);
                self.control("rollback", hasher);
            }
        }
    }

    fn control(&mut self, text: &'static str, hasher: &DefaultHashBuilder) {
        self.push(Key::Control(text), Params::Values(&[]), false, hasher);
    }

    fn statement(
        &mut self,
        place: Place<'a>,
        statement: &'a Statement,
        output: bool,
        hasher: &DefaultHashBuilder,
    ) {
        let key = Key::Statement {
            role: place.role,
            search_path: place.search_path,
            text: &statement.sql,
        };
        self.push(key, Params::Values(&statement.params), output, hasher);
    }

    fn push(
        &mut self,
        key: Key<'a>,
        params: Params<'a>,
        output: bool,
        hasher: &DefaultHashBuilder,
    ) {
        self.items.push(Item {
            hash: key.hash(hasher),
            key,
            params,
            output,
        });
    }

    /// A number for what the caller asked for, by which its recent latency is remembered.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.items
            .iter()
            .filter(|item| item.output)
            .fold(0, |sum, item| sum.rotate_left(5) ^ item.hash)
    }

    /// Writes the batch up to and including its Sync; with `fresh`, preparing all statements again.
    ///
    /// # Errors
    /// When a statement cannot be expressed in the protocol. Nothing is written then.
    pub(crate) fn encode(
        &self,
        cache: &mut StatementCache,
        fresh: bool,
        out: &mut BytesMut,
    ) -> Result<Steps, DbError> {
        self.check()?;
        if fresh {
            for item in &self.items {
                cache.forget(item.hash, &item.key);
            }
        }
        for gone in cache.take_evicted().unwrap_or_default() {
            frontend::close(b'S', &gone.name, out).map_err(unsendable)?;
        }
        let mut steps = Steps::new();
        for item in &self.items {
            let (prepared, parsing) = cache.get(item.hash, &item.key);
            if parsing {
                frontend::parse(&prepared.name, &prepared.text, [], out).map_err(unsendable)?;
                frontend::describe(b'S', &prepared.name, out).map_err(unsendable)?;
            }
            bind(&prepared.name, item.params, out);
            // An Execute of the unnamed portal, all rows.
            out.put_slice(b"E\0\0\0\x09\0\0\0\0\0");
            steps.push(Step {
                prepared,
                parsing,
                output: item.output,
                columns: None,
            });
        }
        frontend::sync(out);
        Ok(steps)
    }

    /// Everything that could make encoding fail, looked at before anything is written.
    fn check(&self) -> Result<(), DbError> {
        for item in &self.items {
            if let Key::Statement { text, .. } = item.key
                && text.contains('\0')
            {
                return Err(DbError::Encode("a NUL in its text".into()));
            }
            let (count, bytes) = item.params.size();
            if count > usize::from(u16::MAX) {
                return Err(DbError::Encode(format!("{count} parameters")));
            }
            if bytes > 0x3fff_0000 {
                return Err(DbError::Encode(format!("{bytes} bytes of parameters")));
            }
        }
        Ok(())
    }
}

fn unsendable(error: std::io::Error) -> DbError {
    DbError::Encode(error.to_string())
}

/// The role and search path a transaction works under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) role: &'a str,
    pub(crate) search_path: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn of(scope: &Scope<'a>) -> Self {
        Self {
            role: scope.setting("role"),
            search_path: scope.setting("search_path"),
        }
    }
}

impl Params<'_> {
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Values(values) => (values.len(), values.iter().map(|v| v.len() + 4).sum()),
            Self::Settings(settings) => (
                settings.len(),
                settings.iter().map(|(_, v)| v.len() + 4).sum(),
            ),
        }
    }
}

impl Param {
    fn len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Text(value) | Self::Binary(value) => value.len(),
        }
    }
}

/// A Bind to the unnamed portal, all results as text. Sizes were checked, so the casts cut nothing.
fn bind(name: &str, params: Params<'_>, out: &mut BytesMut) {
    let (count, bytes) = params.size();
    out.reserve(bytes + name.len() + 32 + 2 * count);
    out.put_u8(b'B');
    let start = out.len();
    out.put_u32(0);
    out.put_u8(0);
    out.put_slice(name.as_bytes());
    out.put_u8(0);
    match params {
        Params::Values(values) => put_values(values, out),
        Params::Settings(settings) => {
            out.put_u16(0);
            out.put_u16(count as u16);
            for (_, value) in settings {
                put_value(value.as_bytes(), out);
            }
        }
    }
    out.put_u16(0);
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn put_values(values: &[Param], out: &mut BytesMut) {
    if values.iter().any(|value| matches!(value, Param::Binary(_))) {
        out.put_u16(values.len() as u16);
        for value in values {
            out.put_u16(u16::from(matches!(value, Param::Binary(_))));
        }
    } else {
        out.put_u16(0);
    }
    out.put_u16(values.len() as u16);
    for value in values {
        match value {
            Param::Null => out.put_i32(-1),
            Param::Text(value) | Param::Binary(value) => put_value(value, out),
        }
    }
}

#[inline]
fn put_value(value: &[u8], out: &mut BytesMut) {
    out.put_u32(value.len() as u32);
    out.put_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(batch: &Batch<'_>, cache: &mut StatementCache) -> (Vec<u8>, Steps) {
        let mut out = BytesMut::new();
        let steps = batch.encode(cache, false, &mut out).unwrap();
        (tags(&out), steps)
    }

    fn tags(mut bytes: &[u8]) -> Vec<u8> {
        let mut tags = Vec::new();
        while let Some((tag, rest)) = bytes.split_first() {
            tags.push(*tag);
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            bytes = &rest[length..];
        }
        tags
    }

    #[test]
    fn one_batch_has_one_sync_and_parses_once() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(64, true);
        let statements = [Statement::new("select $1").bind("x")];
        let scope = Scope {
            settings: &[("role", "anon")],
            access: Access::ReadOnly,
            leaves_nothing: true,
            ..Scope::default()
        };
        let batch = Batch::transaction(&scope, &statements, false, &hasher);
        let (messages, steps) = encode(&batch, &mut cache);
        assert_eq!(messages, b"PDBEPDBES");
        assert_eq!((steps[0].output, steps[1].output), (false, true));
        assert_eq!(encode(&batch, &mut cache).0, b"BEBES");
    }

    #[test]
    fn what_only_reads_puts_its_session_in_order_before_its_end() {
        let hasher = DefaultHashBuilder::default();
        let texts = |scope: &Scope<'_>| -> Vec<String> {
            let mut cache = StatementCache::new(64, true);
            let statements = [Statement::new("select 1")];
            let batch = Batch::transaction(scope, &statements, false, &hasher);
            let steps = encode(&batch, &mut cache).1;
            let texts = steps.iter().map(|step| step.prepared.text.to_string());
            texts.skip(1).collect()
        };
        let mut scope = Scope {
            access: Access::ReadOnly,
            ..Scope::default()
        };
        assert_eq!(texts(&scope), ["select 1", "reset role", "reset all"]);
        scope.isolation = Some(crate::db::Isolation::Serializable);
        let ended = ["select 1", "reset role", "reset all", "commit"];
        assert_eq!(texts(&scope), ended);
        // A rollback takes back what was set anyway.
        scope.end = End::Rollback;
        let ended = ["select 1", "set constraints all immediate", "rollback"];
        assert_eq!(texts(&scope), ended);
    }

    #[test]
    fn a_rollback_checks_deferred_constraints_first() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(64, true);
        let scope = Scope {
            end: End::Rollback,
            ..Scope::default()
        };
        let batch = Batch::transaction(&scope, &[], false, &hasher);
        let texts: Vec<_> = encode(&batch, &mut cache)
            .1
            .iter()
            .map(|step| step.prepared.text.to_string())
            .collect();
        assert_eq!(
            texts,
            [
                "begin read write",
                "set constraints all immediate",
                "rollback"
            ]
        );
    }

    #[test]
    fn binary_and_null_parameters_are_marked() {
        let mut out = BytesMut::new();
        let values = [
            Param::Text("ab".into()),
            Param::Null,
            Param::Binary(vec![7].into()),
        ];
        bind("c1", Params::Values(&values), &mut out);
        assert_eq!(
            &out[..],
            b"B\0\0\0\x23\0c1\0\0\x03\0\0\0\0\0\x01\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\x01\x07\0\0"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before_writing() {
        let hasher = DefaultHashBuilder::default();
        let mut cache = StatementCache::new(64, true);
        let statements = [Statement {
            sql: "select 1".into(),
            params: vec![Param::Null; 70_000],
        }];
        let batch = Batch::transaction(&Scope::default(), &statements, false, &hasher);
        let mut out = BytesMut::new();
        assert!(batch.encode(&mut cache, false, &mut out).is_err());
        assert!(out.is_empty());
    }
}
