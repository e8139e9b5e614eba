//! `select` and `order`.

use std::borrow::Cow;

use super::super::Text;
use super::super::parser::{Failed, Parsed, Scanner};
use super::super::select::{Aggregate, Direction, Field, JoinType, Nulls, OrderTerm, SelectItem};
use super::{close, comma, dot, field, identifier, name, open, text};

/// `a,b,relation(c)`, perhaps empty.
pub(in crate::request) fn field_forest<const E: bool>(
    s: &mut Scanner<'_, E>,
) -> Parsed<Vec<SelectItem>> {
    let items = s.maybe(|s| s.separated(|s| s.lexeme(comma), select_item))?;
    Ok(items.unwrap_or_default())
}

fn select_item<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<SelectItem> {
    let start = s.at();
    let head = s.attempt(spread_head).map(Head::Spread);
    let head = head.or_else(|Failed| s.attempt(relation_head).map(Head::Relation));
    let Ok(head) = head else {
        debug_assert_eq!(s.at(), start, "an attempt takes its move back");
        return s.lexeme(select_field);
    };
    open(s)?;
    let select = s.nested(field_forest)?;
    close(s)?;
    Ok(head.with(select))
}

/// What stands before the parenthesis of an embed.
enum Head {
    Spread(Embed),
    Relation((Option<Text>, Embed)),
}

struct Embed {
    relation: Text,
    hint: Option<Text>,
    join: Option<JoinType>,
}

impl Head {
    fn with(self, select: Vec<SelectItem>) -> SelectItem {
        match self {
            Self::Spread(Embed {
                relation,
                hint,
                join,
            }) => SelectItem::Spread {
                relation,
                hint,
                join,
                select,
            },
            Self::Relation((
                alias,
                Embed {
                    relation,
                    hint,
                    join,
                },
            )) => SelectItem::Relation {
                relation,
                alias,
                hint,
                join,
                select,
            },
        }
    }
}

fn spread_head<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Embed> {
    s.lexeme(|s| {
        s.word("...")?;
        embed(s)
    })
}

fn relation_head<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<(Option<Text>, Embed)> {
    s.lexeme(|s| {
        let alias = alias(s)?;
        // `count()` counts rows.
        let embed = embed_named(s, |name| name != "count")?;
        Ok((alias, embed))
    })
}

fn embed<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Embed> {
    embed_named(s, |_| true)
}

fn embed_named<const E: bool>(
    s: &mut Scanner<'_, E>,
    allowed: impl Fn(&str) -> bool,
) -> Parsed<Embed> {
    let relation = name(s)?;
    if !allowed(&relation) {
        return Err(Failed);
    }
    let (hint, join) = embed_parameters(s)?;
    s.ahead("(")?;
    Ok(Embed {
        relation: text(relation),
        hint,
        join,
    })
}

/// `!hint!inner`, in any order, either or neither.
fn embed_parameters<const E: bool>(
    s: &mut Scanner<'_, E>,
) -> Parsed<(Option<Text>, Option<JoinType>)> {
    let mut hint = None;
    let mut join = None;
    for _ in 0..2 {
        match s.maybe(embed_parameter)? {
            Some(EmbedParameter::Hint(name)) => hint = hint.or(Some(name)),
            Some(EmbedParameter::Join(kind)) => join = join.or(Some(kind)),
            None => {}
        }
    }
    Ok((hint, join))
}

enum EmbedParameter {
    Hint(Text),
    Join(JoinType),
}

fn embed_parameter<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<EmbedParameter> {
    s.symbol(b'!', "\"!\"")?;
    s.keyword("left", JoinType::Left)
        .or_else(|Failed| s.keyword("inner", JoinType::Inner))
        .map(EmbedParameter::Join)
        .or_else(|Failed| s.attempt(name).map(|hint| EmbedParameter::Hint(text(hint))))
}

fn alias<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Option<Text>> {
    let alias = s.maybe(|s| {
        s.attempt(|s| {
            let alias = name(s)?;
            s.symbol(b':', "\":\"")?;
            s.not_followed_by(&["\":\""], |c| c == ':')?;
            Ok(alias)
        })
    })?;
    Ok(alias.map(text))
}

pub(super) fn select_field<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<SelectItem> {
    s.attempt(star)
        .or_else(|Failed| s.attempt(count_rows))
        .or_else(|Failed| column(s))
}

fn star<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<SelectItem> {
    s.word("*")?;
    item_end(s)?;
    Ok(SelectItem::Field {
        field: whole_row(),
        aggregate: None,
        aggregate_cast: None,
        cast: None,
        alias: None,
    })
}

fn count_rows<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<SelectItem> {
    let alias = alias(s)?;
    s.word("count()")?;
    let aggregate_cast = cast(s)?;
    item_end(s)?;
    Ok(SelectItem::Field {
        field: whole_row(),
        aggregate: Some(Aggregate::Count),
        aggregate_cast,
        cast: None,
        alias,
    })
}

fn whole_row() -> Field {
    Field {
        name: "*".into(),
        path: Vec::new(),
    }
}

fn column<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<SelectItem> {
    let alias = alias(s)?;
    let field = field(s)?;
    let cast_before = cast(s)?;
    let aggregate = s.maybe(|s| s.attempt(aggregate))?;
    let aggregate_cast = cast(s)?;
    item_end(s)?;
    Ok(SelectItem::Field {
        field,
        aggregate,
        aggregate_cast,
        cast: cast_before,
        alias,
    })
}

fn cast<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Option<Text>> {
    let cast = s.maybe(|s| {
        s.word("::")?;
        s.identifier(|s| identifier(s).map(Cow::Borrowed))
    })?;
    Ok(cast.map(text))
}

fn aggregate<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Aggregate> {
    s.symbol(b'.', "\".\"")?;
    let start = s.at();
    let mut result = Err(Failed);
    for (word, value) in [
        ("sum", Aggregate::Sum),
        ("avg", Aggregate::Avg),
        ("count", Aggregate::Count),
        ("max", Aggregate::Max),
        ("min", Aggregate::Min),
    ] {
        if result.is_ok() || s.at() != start {
            break;
        }
        // `max` and `min` begin alike, so those two must be able to go back.
        result = match value {
            Aggregate::Max | Aggregate::Min => s.keyword(word, value),
            Aggregate::Sum | Aggregate::Avg | Aggregate::Count => s.word(word).map(|()| value),
        };
    }
    let value = result?;
    s.word("()")?;
    Ok(value)
}

fn item_end<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.ahead(")")
        .or_else(|Failed| s.ahead(","))
        .or_else(|Failed| s.end())
}

/// `a.desc.nullslast,relation(b).asc`
pub(in crate::request) fn order_terms<const E: bool>(
    s: &mut Scanner<'_, E>,
) -> Parsed<Vec<OrderTerm>> {
    s.separated(comma, |s| {
        s.lexeme(|s| {
            s.attempt(related_order_term)
                .or_else(|Failed| order_term(s))
        })
    })
}

fn order_term<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<OrderTerm> {
    let field = field(s)?;
    order_modifiers(s, None, field)
}

fn related_order_term<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<OrderTerm> {
    let relation = name(s)?;
    open(s)?;
    let field = field(s)?;
    close(s)?;
    order_modifiers(s, Some(text(relation)), field)
}

fn order_modifiers<const E: bool>(
    s: &mut Scanner<'_, E>,
    relation: Option<Text>,
    field: Field,
) -> Parsed<OrderTerm> {
    let direction = s.maybe(|s| {
        modifier(s, "asc", Direction::Asc).or_else(|Failed| modifier(s, "desc", Direction::Desc))
    })?;
    let nulls = s.either(
        |s| {
            let nulls = s.maybe(|s| {
                modifier(s, "nullsfirst", Nulls::First)
                    .or_else(|Failed| modifier(s, "nullslast", Nulls::Last))
            })?;
            order_end(s)?;
            Ok(nulls)
        },
        |s| order_end(s).map(|()| None),
    )?;
    Ok(OrderTerm {
        relation,
        field,
        direction,
        nulls,
    })
}

fn modifier<T, const E: bool>(s: &mut Scanner<'_, E>, word: &'static str, value: T) -> Parsed<T> {
    s.attempt(|s| {
        dot(s)?;
        s.word(word)?;
        Ok(value)
    })
}

fn order_end<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    // The original looks ahead for a character here, which reports the same as a word.
    s.ahead(",").or_else(|Failed| s.end())
}
