//! The grammars of `select`, `order`, `columns`, filters and logical trees.

mod filter;
mod select;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::Text;
use super::parser::{Parsed, Scanner};
#[cfg(test)]
use super::select::SelectItem;
use super::select::{Field, JsonOperand, JsonStep};

pub(super) use filter::{filter_operation, logic_path, logic_tree};
pub(super) use select::{field_forest, order_terms};

/// `letter`, `digit` and the other characters of a name.
const IDENTIFIER: &[&str] = &["letter", "digit"];

fn in_identifier(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ' ' | '$')
        || (!character.is_ascii() && character.is_alphabetic())
}

fn text(value: Cow<'_, str>) -> Text {
    match value {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text.into(),
    }
}

fn identifier<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<&'i str> {
    Ok(s.take_some(IDENTIFIER, in_identifier)?.trim())
}

fn dot<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.symbol(b'.', "delimiter (.)")
}

fn comma<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.symbol(b',', "\",\"")
}

fn open<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.symbol(b'(', "\"(\"")
}

fn close<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<()> {
    s.symbol(b')', "\")\"")
}

/// Names joined by dashes, where `->` is no dash.
fn dashed<'i, const E: bool>(
    s: &mut Scanner<'i, E>,
    part: impl Fn(&mut Scanner<'i, E>) -> Parsed<&'i str>,
) -> Parsed<Cow<'i, str>> {
    let mut name = Cow::Borrowed(part(s)?);
    let rest = s.many(|s| {
        s.attempt(|s| {
            s.symbol(b'-', "\"-\"")?;
            s.not_followed_by(&["\">\""], |c| c == '>')
        })?;
        part(s)
    })?;
    for part in rest {
        let name = name.to_mut();
        name.push('-');
        name.push_str(part);
    }
    Ok(name)
}

/// A column, relation or embed name, perhaps quoted.
pub(super) fn name<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<Cow<'i, str>> {
    s.remembered(|s| {
        s.label("field name (* or [a..z0..9_$])", |s| {
            s.identifier(|s| s.either(Scanner::quoted, |s| dashed(s, identifier)))
        })
    })
}

/// `a,b,c`
pub(super) fn names<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Vec<Text>> {
    s.separated(|s| s.lexeme(comma), |s| name(s).map(text))
}

/// The parameter name of a filter: `embed.embed.column->path`.
pub(super) fn tree_path<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<(Vec<Text>, Field)> {
    let mut embeds = Vec::new();
    let mut last = text(name(s)?);
    s.many(|s| {
        dot(s)?;
        let next = text(name(s)?);
        embeds.push(std::mem::replace(&mut last, next));
        Ok(())
    })?;
    let path = json_path(s)?;
    Ok((embeds, Field { name: last, path }))
}

fn field<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Field> {
    s.lexeme(|s| {
        let name = text(name(s)?);
        let path = json_path(s)?;
        Ok(Field { name, path })
    })
}

/// `->key->>0`, perhaps empty.
fn json_path<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<Vec<JsonStep>> {
    s.many(|s| {
        let as_text = s.either(|s| s.keyword("->>", true), |s| s.keyword("->", false))?;
        let operand = s.either(
            |s| s.attempt(json_index),
            |s| s.attempt(|s| json_key(s).map(|key| JsonOperand::Key(text(key)))),
        )?;
        Ok(JsonStep { as_text, operand })
    })
}

fn json_index<const E: bool>(s: &mut Scanner<'_, E>) -> Parsed<JsonOperand> {
    let negative = s.maybe(|s| s.symbol(b'-', "\"-\""))?.is_some();
    let digits = s.take_some(&["digit"], |c| c.is_ascii_digit())?;
    ["->", "::", ".", ","]
        .into_iter()
        .find(|&follower| s.ahead(follower).is_ok())
        .map_or_else(|| s.end(), |_| Ok(()))?;
    let sign = if negative { '-' } else { '+' };
    Ok(JsonOperand::Index(format!("{sign}{digits}").into()))
}

fn json_key<'i, const E: bool>(s: &mut Scanner<'i, E>) -> Parsed<Cow<'i, str>> {
    s.label("any non reserved character different from: .,>()", |s| {
        s.either(Scanner::quoted, |s| {
            dashed(s, |s| {
                let reserved = |c| matches!(c, '(' | '-' | ':' | '.' | ',' | '>' | ')');
                Ok(s.take_some(&[], |c| !reserved(c))?.trim())
            })
        })
    })
}
