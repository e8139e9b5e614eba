//! From text to [`Filter`], by recursive descent with a bound on all that can grow.

use serde_json::Value;

use super::{Field, Filter, Literal, Operator};
use crate::scim::error::{ScimError, ScimResult};
use crate::scim::schema::{self, Attribute, ID, Kind, META, Place};

/// Bytes of a filter.
const MAX_LENGTH: usize = 8192;
/// Parentheses, brackets and negations within each other.
const MAX_DEPTH: usize = 16;
/// Comparisons in all.
const MAX_COMPARISONS: usize = 64;

/// What names are names of.
#[derive(Clone, Copy)]
enum Scope {
    User,
    /// Parts of an element of this list.
    Element(Place, &'static Attribute),
}

/// Reads a text from left to right.
pub(crate) struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    comparisons: usize,
}

impl<'a> Parser<'a> {
    /// # Errors
    /// The text is too long to be read.
    pub(crate) fn new(text: &'a str) -> ScimResult<Self> {
        if text.len() > MAX_LENGTH {
            let message = format!("a filter or path is longer than {MAX_LENGTH} bytes");
            return Err(ScimError::invalid_filter(message));
        }
        Ok(Self {
            rest: text,
            depth: 0,
            comparisons: 0,
        })
    }

    /// A whole filter of users.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub(crate) fn filter(text: &'a str) -> ScimResult<Filter> {
        let mut parser = Self::new(text)?;
        let filter = parser.any(Scope::User)?;
        match parser.rest.trim_start() {
            "" => Ok(filter),
            rest => Err(unexpected(rest)),
        }
    }

    /// A condition in brackets about an element of a list, if there is one.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub(crate) fn in_brackets(
        &mut self,
        place: Place,
        attribute: &'static Attribute,
    ) -> ScimResult<Option<Filter>> {
        if !self.eat("[") {
            return Ok(None);
        }
        let filter = self.nested(|parser| parser.any(Scope::Element(place, attribute)))?;
        self.expect("]")?;
        Ok(Some(filter))
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    fn any(&mut self, scope: Scope) -> ScimResult<Filter> {
        let mut any = vec![self.all(scope)?];
        while self.eat_word("or") {
            any.push(self.all(scope)?);
        }
        Ok(one_or(any, Filter::Any))
    }

    fn all(&mut self, scope: Scope) -> ScimResult<Filter> {
        let mut all = vec![self.single(scope)?];
        while self.eat_word("and") {
            all.push(self.single(scope)?);
        }
        Ok(one_or(all, Filter::All))
    }

    fn single(&mut self, scope: Scope) -> ScimResult<Filter> {
        self.skip_space();
        if self.eat("(") {
            let filter = self.nested(|parser| parser.any(scope))?;
            self.expect(")")?;
            return Ok(filter);
        }
        let before = self.rest;
        if self.eat_word("not") {
            self.skip_space();
            if self.eat("(") {
                let filter = self.nested(|parser| parser.any(scope))?;
                self.expect(")")?;
                return Ok(Filter::Not(Box::new(filter)));
            }
            self.rest = before;
        }
        self.about(scope)
    }

    /// An attribute and what is said of it.
    fn about(&mut self, scope: Scope) -> ScimResult<Filter> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            let message = format!("a filter has more than {MAX_COMPARISONS} comparisons");
            return Err(ScimError::invalid_filter(message));
        }
        let name = self.name();
        let (place, attribute, part) = match scope {
            Scope::User => attribute(name)?,
            Scope::Element(place, attribute) => {
                let part = schema::find(attribute.parts(), name).ok_or_else(|| unknown(name))?;
                (place, attribute, Some(part))
            }
        };
        if let Scope::User = scope
            && part.is_none()
            && attribute.is_many
            && let Some(filter) = self.in_brackets(place, attribute)?
        {
            return Ok(Filter::Element(place, attribute, Box::new(filter)));
        }
        let mut field = Field {
            place,
            attribute,
            part,
            is_of_element: matches!(scope, Scope::Element(..)),
        };
        self.skip_space();
        let word = self.name();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(field));
        }
        let operator = Operator::named(word).ok_or_else(|| {
            ScimError::invalid_filter(format!("\"{}\" is no operator", word.escape_debug()))
        })?;
        // `emails co "x"` is about their values.
        if field.part.is_none() {
            field.part = attribute.value_part();
        }
        self.skip_space();
        let value = self.value()?;
        compare(field, operator, &value)
    }

    /// What may be an attribute, with its schema and its part, or a word.
    fn name(&mut self) -> &'a str {
        let is_part =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | ':');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// A value of JSON that is neither a list nor an object.
    fn value(&mut self) -> ScimResult<Value> {
        let (value, length) = match self.rest.starts_with('"') {
            true => {
                let mut values = serde_json::Deserializer::from_str(self.rest).into_iter();
                (values.next().and_then(Result::ok), values.byte_offset())
            }
            false => {
                let end = self.rest.find([' ', ')', ']']).unwrap_or(self.rest.len());
                let value: Option<Value> = serde_json::from_str(&self.rest[..end]).ok();
                (
                    value.filter(|value| !value.is_array() && !value.is_object()),
                    end,
                )
            }
        };
        let value = value.ok_or_else(|| unexpected(self.rest))?;
        self.rest = &self.rest[length..];
        Ok(value)
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> ScimResult<T>) -> ScimResult<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("a filter is more than {MAX_DEPTH} levels deep");
            return Err(ScimError::invalid_filter(message));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A word that ends where it ends.
    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.rest;
        self.skip_space();
        if self.name().eq_ignore_ascii_case(word) {
            return true;
        }
        self.rest = before;
        false
    }

    fn expect(&mut self, token: &str) -> ScimResult<()> {
        self.skip_space();
        match self.eat(token) {
            true => Ok(()),
            false => Err(unexpected(self.rest)),
        }
    }
}

fn one_or(mut filters: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.len() {
        1 => filters.swap_remove(0),
        _ => many(filters),
    }
}

/// The attribute of a user that a filter names, and its part.
fn attribute(name: &str) -> ScimResult<(Place, &'static Attribute, Option<&'static Attribute>)> {
    let (place, plain) = schema::resolve(name).ok_or_else(|| unknown(name))?;
    let (first, part) = match plain.split_once('.') {
        Some((first, part)) => (first, Some(part)),
        None => (plain, None),
    };
    let common = [&ID, &META];
    let common = common
        .into_iter()
        .find(|common| place == Place::User && common.name.eq_ignore_ascii_case(first));
    let found = common
        .or_else(|| place.writable(first))
        .filter(|found| !matches!(found.kind, Kind::Hidden))
        .ok_or_else(|| unknown(name))?;
    let part = match part {
        Some(part) => Some(schema::find(found.parts(), part).ok_or_else(|| unknown(name))?),
        None => None,
    };
    Ok((place, found, part))
}

fn compare(field: Field, operator: Operator, value: &Value) -> ScimResult<Filter> {
    // Nothing is equal to nothing.
    if value.is_null() {
        return match operator {
            Operator::Equal => Ok(Filter::Not(Box::new(Filter::Present(field)))),
            Operator::NotEqual => Ok(Filter::Present(field)),
            _ => Err(ScimError::invalid_filter(
                "null can be compared by eq and ne alone",
            )),
        };
    }
    let cannot = || {
        let message = format!(
            "`{field}` cannot be compared with {value} by {}",
            operator.name()
        );
        ScimError::invalid_filter(message)
    };
    let literal = Literal::of(value, field.kind()).ok_or_else(cannot)?;
    let is_order = matches!(
        operator,
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual
    );
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let makes_sense = match literal {
        Literal::Text(_) => true,
        Literal::Boolean(_) => is_equality,
        Literal::Time(_) => is_equality || is_order,
    };
    match makes_sense {
        true => Ok(Filter::Compare(field, operator, literal)),
        false => Err(cannot()),
    }
}

fn unknown(name: &str) -> ScimError {
    ScimError::invalid_filter(format!(
        "\"{}\" is no attribute to filter by",
        name.escape_debug()
    ))
}

fn unexpected(rest: &str) -> ScimError {
    let start: String = rest.chars().take(20).collect();
    match start.is_empty() {
        true => ScimError::invalid_filter("the filter ends too early"),
        false => {
            ScimError::invalid_filter(format!("\"{}\" is not expected here", start.escape_debug()))
        }
    }
}
