//! The query string.

use std::collections::{BTreeSet, HashMap};

use super::filter::{Filter, LogicTree, Operation};
use super::form::Pair;
use super::parser::{self, Parsed, Scanner, SyntaxError};
use super::range::Window;
use super::select::{Field, OrderTerm, SelectItem};
use super::{Text, form, grammar};

/// Names of embeds from the top down.
pub(crate) type EmbedPath = Vec<Text>;

/// The parsed query string.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryParams {
    /// The parameters sorted by name and encoded anew, for `Content-Location`.
    pub(crate) canonical: String,
    /// Arguments of a function called by GET, in order.
    pub(crate) arguments: Vec<(Text, Text)>,
    pub(crate) order: Vec<(EmbedPath, Vec<OrderTerm>)>,
    pub(crate) logic: Vec<(EmbedPath, LogicTree)>,
    pub(crate) columns: Option<BTreeSet<Text>>,
    pub(crate) select: Vec<SelectItem>,
    /// Every filter in order; an empty path is the top level.
    pub(crate) filters: Vec<(EmbedPath, Filter)>,
    /// Raw names of the parameters that are filters or arguments.
    pub(crate) filter_names: BTreeSet<Text>,
    pub(crate) on_conflict: Option<Vec<Text>>,
}

/// What a query string says, with its ranges still to be held against the `Range` header.
#[derive(Debug)]
pub(super) struct ParsedQuery {
    pub(super) params: QueryParams,
    pub(super) top_level: Window,
    pub(super) embedded: Vec<(EmbedPath, Window)>,
}

impl QueryParams {
    /// Parses a raw query string. Where arguments are expected (`is_call`), a value without an
    /// operator is one.
    ///
    /// # Errors
    /// The first parameter that does not parse, in the order: `order`, logical trees, `columns`,
    /// `select`, filters, `on_conflict`, ranges.
    pub(super) fn parse(
        raw: &str,
        is_call: bool,
        max_depth: usize,
    ) -> Result<ParsedQuery, SyntaxError> {
        let pairs = decode(raw)?;
        let reader = Reader {
            kinds: pairs.iter().map(|(name, _)| Kind::of(name)).collect(),
            pairs: &pairs,
            max_depth,
        };
        let mut params = Self {
            canonical: canonical(&pairs),
            order: reader.order()?,
            logic: reader.logic()?,
            columns: reader.columns()?,
            select: reader.select()?,
            ..Self::default()
        };
        reader.filters(is_call, &mut params)?;
        params.on_conflict = reader.names("on_conflict")?;
        let (top_level, embedded) = reader.windows()?;
        Ok(ParsedQuery {
            params,
            top_level,
            embedded,
        })
    }
}

/// What a parameter's name makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Order,
    Logic,
    Limit,
    Offset,
    /// Belongs to the whole request.
    Reserved,
    Filter,
}

impl Kind {
    fn of(name: &str) -> Self {
        let last = memchr::memrchr(b'.', name.as_bytes()).map_or(name, |dot| &name[dot + 1..]);
        match last {
            "order" => Self::Order,
            "and" | "or" => Self::Logic,
            "limit" => Self::Limit,
            "offset" => Self::Offset,
            _ => match name {
                "select" | "columns" | "on_conflict" => Self::Reserved,
                _ => Self::Filter,
            },
        }
    }
}

struct Reader<'q> {
    pairs: &'q [Pair<'q>],
    /// What each pair is.
    kinds: Vec<Kind>,
    max_depth: usize,
}

impl<'q> Reader<'q> {
    /// Parameters of a kind that have a value.
    fn of(&self, kind: Kind) -> impl Iterator<Item = (&'q str, &'q str)> {
        self.pairs
            .iter()
            .zip(&self.kinds)
            .filter(move |(_, other)| **other == kind)
            .filter_map(|((name, value), _)| Some((&**name, value.as_deref()?)))
    }

    /// The value of the first parameter of that name.
    fn value(&self, name: &str) -> Option<&'q str> {
        let (_, value) = self.pairs.iter().find(|(other, _)| other == name)?;
        value.as_deref()
    }

    fn order(&self) -> Result<Vec<(EmbedPath, Vec<OrderTerm>)>, SyntaxError> {
        self.of(Kind::Order)
            .map(|(name, value)| {
                let (path, _) = self.tree_path(name)?;
                let terms = parser::parse(
                    value,
                    self.max_depth,
                    grammar::order_terms,
                    grammar::order_terms,
                    || format!("failed to parse order ({value})"),
                )?;
                Ok((path, terms))
            })
            .collect()
    }

    fn logic(&self) -> Result<Vec<(EmbedPath, LogicTree)>, SyntaxError> {
        self.of(Kind::Logic)
            .map(|(name, value)| {
                let (path, operator) = parser::parse(
                    name,
                    self.max_depth,
                    grammar::logic_path,
                    grammar::logic_path,
                    || format!("failed to parse logic path ({name})"),
                )?;
                let whole = operator + value;
                let tree = parser::parse(
                    &whole,
                    self.max_depth,
                    grammar::logic_tree,
                    grammar::logic_tree,
                    || format!("failed to parse logic tree ({value})"),
                )?;
                Ok((path, tree))
            })
            .collect()
    }

    fn columns(&self) -> Result<Option<BTreeSet<Text>>, SyntaxError> {
        let names = match self.value("columns") {
            Some(value) => self.parse_names("columns", value)?,
            None => return Ok(None),
        };
        Ok(Some(names.into_iter().collect()))
    }

    fn names(&self, parameter: &'static str) -> Result<Option<Vec<Text>>, SyntaxError> {
        self.value(parameter)
            .map(|value| self.parse_names(parameter, value))
            .transpose()
    }

    fn parse_names(&self, parameter: &str, value: &str) -> Result<Vec<Text>, SyntaxError> {
        parser::parse(
            value,
            self.max_depth,
            grammar::names,
            grammar::names,
            || format!("failed to parse {parameter} parameter ({value})"),
        )
    }

    fn select(&self) -> Result<Vec<SelectItem>, SyntaxError> {
        let value = self.value("select").unwrap_or("*");
        parser::parse(
            value,
            self.max_depth,
            grammar::field_forest,
            grammar::field_forest,
            || format!("failed to parse select parameter ({value})"),
        )
    }

    /// Fills in filters, arguments and the names of both.
    fn filters(&self, is_call: bool, params: &mut QueryParams) -> Result<(), SyntaxError> {
        for (name, value) in self.of(Kind::Filter) {
            let (path, field) = self.tree_path(name)?;
            let parsed = parser::parse(
                value,
                self.max_depth,
                |s| filter_or_argument(s, is_call),
                |s| filter_or_argument(s, is_call),
                || format!("failed to parse filter ({value})"),
            )?;
            params.filter_names.insert(name.into());
            match parsed {
                Some((negated, operation)) => params.filters.push((
                    path,
                    Filter {
                        field,
                        negated,
                        operation,
                    },
                )),
                None => params.arguments.push((field.name, value.into())),
            }
        }
        Ok(())
    }

    fn tree_path(&self, name: &str) -> Result<(EmbedPath, Field), SyntaxError> {
        parser::parse(
            name,
            self.max_depth,
            grammar::tree_path,
            grammar::tree_path,
            || format!("failed to parse tree path ({name})"),
        )
    }

    /// The windows of the top level and of embeds. The last of equal names counts.
    fn windows(&self) -> Result<(Window, Vec<(EmbedPath, Window)>), SyntaxError> {
        let mut asked: Vec<Asked<'q>> = Vec::new();
        let mut places: HashMap<&'q str, usize> = HashMap::new();
        for kind in [Kind::Limit, Kind::Offset] {
            for (name, value) in self.of(kind) {
                let prefix = name
                    .strip_suffix("limit")
                    .or_else(|| name.strip_suffix("offset"))
                    .unwrap_or_default();
                let index = *places.entry(prefix).or_insert_with(|| {
                    asked.push(Asked {
                        prefix,
                        limit: None,
                        offset: None,
                    });
                    asked.len() - 1
                });
                match kind {
                    Kind::Limit => asked[index].limit = Some(value),
                    _ => asked[index].offset = Some(value),
                }
            }
        }
        let mut top_level = Window::ALL;
        let mut embedded = Vec::new();
        for Asked {
            prefix,
            limit,
            offset,
        } in asked
        {
            let window = Window::asked(limit, offset);
            if prefix.is_empty() {
                top_level = window;
            } else {
                let (path, _) = self.tree_path(&format!("{prefix}limit"))?;
                embedded.push((path, window));
            }
        }
        Ok((top_level, embedded))
    }
}

/// `limit` and `offset` of one embed, as sent.
struct Asked<'q> {
    /// What stands before `limit`: nothing, or the embed's path with a dot.
    prefix: &'q str,
    limit: Option<&'q str>,
    offset: Option<&'q str>,
}

fn filter_or_argument<const E: bool>(
    s: &mut Scanner<'_, E>,
    is_call: bool,
) -> Parsed<Option<(bool, Operation)>> {
    if is_call {
        s.maybe(grammar::filter_operation)
    } else {
        grammar::filter_operation(s).map(Some)
    }
}

fn decode(raw: &str) -> Result<Vec<Pair<'_>>, SyntaxError> {
    form::pairs(raw.strip_prefix('?').unwrap_or(raw).as_bytes()).map_err(|form::NotUtf8| {
        SyntaxError {
            message: "\"failed to parse query string\" (line 1, column 1)".into(),
            details: "the query string is not UTF-8 once it is percent-decoded".into(),
        }
    })
}

/// Sorted by name; values of equal names are joined by commas.
pub(super) fn canonical(pairs: &[Pair<'_>]) -> String {
    let mut sorted: Vec<&Pair<'_>> = pairs.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    let length = pairs
        .iter()
        .map(|(name, value)| name.len() + value.as_deref().map_or(0, str::len) + 2);
    let mut text = String::with_capacity(length.sum());
    let mut previous = None;
    for (name, value) in sorted {
        if previous == Some(name) {
            text.push(',');
        } else {
            if previous.is_some() {
                text.push('&');
            }
            form::encode(name, &mut text);
            text.push('=');
            previous = Some(name);
        }
        form::encode(value.as_deref().unwrap_or_default(), &mut text);
    }
    text
}
