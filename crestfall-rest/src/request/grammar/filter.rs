//! Filters (`eq.1`) and logical trees (`and(a.eq.1,b.gt.2)`).

use std::borrow::Cow;

use super::super::Text;
use super::super::filter::{
    Filter, FtsOperator, IsValue, LogicOperator, LogicTree, Operation, QuantOperator, Quantifier,
    SimpleOperator,
};
use super::super::parser::{Failed, Parsed, Scanner};
use super::{close, comma, dot, field, identifier, name, open, text};

const SIMPLE: [(&str, SimpleOperator); 9] = [
    ("neq", SimpleOperator::NotEqual),
    ("cs", SimpleOperator::Contains),
    ("cd", SimpleOperator::Contained),
    ("ov", SimpleOperator::Overlap),
    ("sl", SimpleOperator::StrictlyLeft),
    ("sr", SimpleOperator::StrictlyRight),
    ("nxr", SimpleOperator::NotExtendsRight),
    ("nxl", SimpleOperator::NotExtendsLeft),
    ("adj", SimpleOperator::Adjacent),
];

/// A word stands before the words that begin it.
const QUANTIFIED: [(&str, QuantOperator); 9] = [
    ("eq", QuantOperator::Equal),
    ("gte", QuantOperator::GreaterThanEqual),
    ("gt", QuantOperator::GreaterThan),
    ("lte", QuantOperator::LessThanEqual),
    ("lt", QuantOperator::LessThan),
    ("like", QuantOperator::Like),
    ("ilike", QuantOperator::ILike),
    ("match", QuantOperator::Match),
    ("imatch", QuantOperator::IMatch),
];

const FULL_TEXT: [(&str, FtsOperator); 4] = [
    ("fts", FtsOperator::Plain),
    ("plfts", FtsOperator::Words),
    ("phfts", FtsOperator::Phrase),
    ("wfts", FtsOperator::Websearch),
];

const IS_VALUES: [(&str, IsValue); 5] = [
    ("null", IsValue::Null),
    ("not_null", IsValue::NotNull),
    ("true", IsValue::True),
    ("false", IsValue::False),
    ("unknown", IsValue::Unknown),
];

/// What an operand may be: all that is left, or up to the next comma or parenthesis.
type Operand<'i, const E: bool> = fn(&mut Scanner<'i, E>) -> Parsed<Cow<'i, str>>;

/// `not.eq.1`: negation and operation.
pub(in crate::request) fn filter_operation<const E: bool>(
    s: &mut Scanner<'_, E>,
) -> Parsed<(bool, Operation)> {
    operation_expression(s, |s| Ok(Cow::Borrowed(s.take_rest())))
}

fn operation_expression<'i, const E: bool>(
    s: &mut Scanner<'i, E>,
    operand: Operand<'i, E>,
) -> Parsed<(bool, Operation)> {
    let negated = s.maybe(not)?.is_some();
    let operation = s.label("operator (eq, gt, ...)", |s| operation(s, operand))?;
    Ok((negated, operation))
}

fn not<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.attempt(|s| {
        s.word("not")?;
        dot(s)
    })
}

fn operation<'i, const E: bool>(
    s: &mut Scanner<'i, E>,
    operand: Operand<'i, E>,
) -> Parsed<Operation> {
    if s.maybe(|s| prefix(s, "in"))?.is_some() {
        return list(s).map(Operation::In);
    }
    if s.maybe(|s| prefix(s, "is"))?.is_some() {
        return is_value(s).map(Operation::Is);
    }
    if s.maybe(|s| prefix(s, "isdistinct"))?.is_some() {
        return operand(s).map(|value| Operation::IsDistinct(text(value)));
    }
    s.attempt(|s| full_text(s, operand))
        .or_else(|Failed| s.attempt(|s| simple(s, operand)))
        .or_else(|Failed| s.attempt(|s| quantified(s, operand)))
}

fn prefix<const E: bool>(s: &mut Scanner<'_, E>, word: &'static str) -> Parsed<()> {
    s.attempt(|s| {
        s.word(word)?;
        dot(s)
    })
}

/// The first of the words that matches.
fn one_of<T: Copy, const E: bool>(
    s: &mut Scanner<'_, E>,
    words: &[(&'static str, T)],
) -> Parsed<T> {
    for &(word, value) in words {
        if s.keyword(word, value).is_ok() {
            return Ok(value);
        }
    }
    Err(Failed)
}

fn full_text<'i, const E: bool>(
    s: &mut Scanner<'i, E>,
    operand: Operand<'i, E>,
) -> Parsed<Operation> {
    let operator = one_of(s, &FULL_TEXT)?;
    let language = s.maybe(|s| s.attempt(|s| in_parentheses(s, identifier)))?;
    dot(s)?;
    Ok(Operation::FullText {
        operator,
        language: language.map(Text::from),
        query: text(operand(s)?),
    })
}

fn simple<'i, const E: bool>(s: &mut Scanner<'i, E>, operand: Operand<'i, E>) -> Parsed<Operation> {
    let operator = s.label("unknown single value operator", |s| one_of(s, &SIMPLE))?;
    dot(s)?;
    Ok(Operation::Simple(operator, text(operand(s)?)))
}

fn quantified<'i, const E: bool>(
    s: &mut Scanner<'i, E>,
    operand: Operand<'i, E>,
) -> Parsed<Operation> {
    let operator = s.label("unknown single value operator", |s| one_of(s, &QUANTIFIED))?;
    let quantifier = s.maybe(|s| s.attempt(|s| in_parentheses(s, quantifier)))?;
    dot(s)?;
    Ok(Operation::Quantified(
        operator,
        quantifier,
        text(operand(s)?),
    ))
}

fn quantifier<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Quantifier> {
    s.either(
        |s| s.keyword("any", Quantifier::Any),
        |s| s.word("all").map(|()| Quantifier::All),
    )
}

fn in_parentheses<'i, T, const E: bool>(
    s: &mut Scanner<'i, E>,
    parser: impl FnOnce(&mut Scanner<'i, E>) -> Parsed<T>,
) -> Parsed<T> {
    open(s)?;
    let value = parser(s)?;
    close(s)?;
    Ok(value)
}

fn is_value<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<IsValue> {
    s.label("isVal: (null, not_null, true, false, unknown)", |s| {
        for (word, value) in IS_VALUES {
            if s.attempt(|s| any_case(s, word)).is_ok() {
                return Ok(value);
            }
        }
        Err(Failed)
    })
}

fn any_case<const E: bool>(s: &mut Scanner<'_, E>, word: &'static str) -> Parsed<()> {
    for lower in word.bytes() {
        // What is expected is said by the label around.
        s.symbol(lower, "")
            .or_else(|Failed| s.symbol(lower.to_ascii_uppercase(), ""))?;
    }
    Ok(())
}

/// `(a,"b c",d)`
fn list<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Vec<Text>> {
    s.lexeme(open)?;
    let values = s.separated(comma, |s| {
        s.attempt(quoted_element)
            .or_else(|Failed| Ok(bare_element(s)))
            .map(text)
    })?;
    s.lexeme(close)?;
    Ok(values)
}

fn ends_element(character: char) -> bool {
    matches!(character, ',' | ')')
}

/// `"a"`, where a comma or a parenthesis follows.
fn quoted_element<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<Cow<'i, str>> {
    let value = s.quoted()?;
    s.not_followed_by(&[], |c| !ends_element(c))?;
    Ok(value)
}

fn bare_element<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Cow<'i, str> {
    Cow::Borrowed(s.take_while(&[], |c| !ends_element(c)))
}

/// `and(a.eq.1,not.or(...))`, or one filter.
pub(in crate::request) fn logic_tree<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<LogicTree> {
    let filter = s.attempt(|s| {
        let field = field(s)?;
        dot(s)?;
        let (negated, operation) = operation_expression(s, logic_operand)?;
        Ok(Filter {
            field,
            negated,
            operation,
        })
    });
    match filter {
        Ok(filter) => Ok(LogicTree::Filter(filter)),
        Err(Failed) => logic_group(s),
    }
}

fn logic_group<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<LogicTree> {
    let negated = s.label("negation operator (not)", |s| s.maybe(not))?;
    let operator = s.label("logic operator (and, or)", |s| {
        s.either(
            |s| s.keyword("and", LogicOperator::And),
            |s| s.word("or").map(|()| LogicOperator::Or),
        )
    })?;
    s.lexeme(open)?;
    let members = s.nested(|s| s.separated(|s| s.lexeme(comma), logic_tree))?;
    s.lexeme(close)?;
    Ok(LogicTree::Group {
        negated: negated.is_some(),
        operator,
        members,
    })
}

/// A quoted value, an array in braces, or all up to the next comma or parenthesis.
fn logic_operand<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<Cow<'i, str>> {
    s.attempt(quoted_element)
        .or_else(|Failed| s.attempt(braced))
        .or_else(|Failed| Ok(bare_element(s)))
}

fn braced<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<Cow<'i, str>> {
    s.word("{")?;
    let inner = s.take_while(&[], |c| !matches!(c, '{' | '}'));
    s.word("}")?;
    Ok(Cow::Owned(format!("{{{inner}}}")))
}

/// The parameter name of a logical tree, `embed.not.and`: embeds, and the operator with its `not.`.
pub(in crate::request) fn logic_path<const E: bool>(
    s: &mut Scanner<'_, E>,
) -> Parsed<(Vec<Text>, String)> {
    let names = s.separated(dot, name)?;
    let negated = names.iter().any(|name| name == "not");
    let (last, embeds) = names.split_last().ok_or(Failed)?;
    let embeds = embeds.iter().filter(|name| *name != "not");
    Ok((
        embeds.map(|name| Text::from(&**name)).collect(),
        format!("{}{last}", if negated { "not." } else { "" }),
    ))
}
