//! Tokens to a tree.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexer::{Lexer, Token};
use super::{
    Definitions, Directive, Document, Field, Fragment, Inline, Operation, OperationKind, Position,
    Selection, Spread, SyntaxError, Value,
};

use crate::limit::{CODE, Exceeded};

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a document. `max_depth` bounds the nesting of selections, of values and of types, each.
///
/// # Errors
/// When the text is no document, or is nested deeper.
pub(crate) fn parse(text: &str, max_depth: usize, max_tokens: usize) -> Parsed<Document> {
    let mut lexer = Lexer::new(text);
    let (token, at) = lexer.next()?;
    let mut parser = Parser {
        lexer,
        token,
        at,
        depth: 0,
        max_depth,
        tokens_left: max_tokens,
        max_tokens,
    };
    parser.document()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token, not taken yet.
    token: Token<'a>,
    at: Position,
    depth: usize,
    max_depth: usize,
    tokens_left: usize,
    max_tokens: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Document> {
        let mut document = Document::default();
        while self.token != Token::End {
            self.definition(&mut document)?;
        }
        if document.operations.is_empty() && document.fragments.is_empty() {
            return Err(self.unexpected("an operation"));
        }
        Ok(document)
    }

    fn definition(&mut self, document: &mut Document) -> Parsed<()> {
        let kind = match self.token {
            Token::Mark('{') => {
                let selections = self.selections()?;
                document.operations.push(Operation {
                    kind: OperationKind::Query,
                    name: None,
                    variables: Definitions::new(),
                    required: Vec::new(),
                    selections,
                });
                return Ok(());
            }
            Token::Name("fragment") => {
                let fragment = self.fragment()?;
                document.add_fragment(fragment);
                return Ok(());
            }
            Token::Name("query") => OperationKind::Query,
            Token::Name("mutation") => OperationKind::Mutation,
            Token::Name("subscription") => OperationKind::Subscription,
            _ => return Err(self.unexpected("an operation or a fragment")),
        };
        self.advance()?;
        let name = match self.token {
            Token::Name(_) => Some(self.name()?),
            _ => None,
        };
        let mut required = Vec::new();
        let variables = self.variables(&mut required)?;
        self.directives()?;
        let selections = self.selections()?;
        document.operations.push(Operation {
            kind,
            name,
            variables,
            required,
            selections,
        });
        Ok(())
    }

    fn fragment(&mut self) -> Parsed<Fragment> {
        self.advance()?;
        if self.token == Token::Name("on") {
            return Err(self.unexpected("a name other than `on`"));
        }
        let name = self.name()?;
        self.keyword("on")?;
        let on = self.name()?;
        self.directives()?;
        let selections = self.selections()?;
        Ok(Fragment {
            name,
            on,
            selections,
        })
    }

    fn variables(&mut self, required: &mut Vec<Arc<str>>) -> Parsed<Definitions> {
        let mut variables = Definitions::new();
        if !self.take('(')? {
            return Ok(variables);
        }
        loop {
            self.mark('$')?;
            let name = self.name()?;
            self.mark(':')?;
            let is_never_null = self.variable_type()?;
            let default = match self.take('=')? {
                true => Some(self.value(true)?),
                false => None,
            };
            if is_never_null && default.is_none() {
                required.push(name.clone());
            }
            self.directives()?;
            variables.entry(name).or_insert(default);
            if self.take(')')? {
                return Ok(variables);
            }
        }
    }

    /// A type, of which only that it ends with `!` decides anything: a variable's value is checked
    /// where it is used.
    fn variable_type(&mut self) -> Parsed<bool> {
        self.deeper()?;
        if self.take('[')? {
            self.variable_type()?;
            self.mark(']')?;
        } else {
            self.name()?;
        }
        let is_never_null = self.take('!')?;
        self.depth -= 1;
        Ok(is_never_null)
    }

    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.deeper()?;
        self.mark('{')?;
        let mut selections = Vec::new();
        loop {
            selections.push(self.selection()?);
            if self.take('}')? {
                break;
            }
        }
        self.depth -= 1;
        Ok(selections)
    }

    fn selection(&mut self) -> Parsed<Selection> {
        if !self.take('.')? {
            return Ok(Selection::Field(self.field()?));
        }
        let on = match self.token {
            Token::Name("on") => {
                self.advance()?;
                Some(self.name()?)
            }
            Token::Name(_) => {
                let name = self.name()?;
                let directives = self.directives()?;
                return Ok(Selection::Spread(Spread { name, directives }));
            }
            _ => None,
        };
        let directives = self.directives()?;
        let selections = self.selections()?;
        Ok(Selection::Inline(Inline {
            on,
            directives,
            selections,
        }))
    }

    fn field(&mut self) -> Parsed<Field> {
        let at = self.at;
        let first = self.name()?;
        let (alias, name) = match self.take(':')? {
            true => (Some(first), self.name()?),
            false => (None, first),
        };
        let arguments = self.arguments()?;
        let directives = self.directives()?;
        let selections = match self.token {
            Token::Mark('{') => self.selections()?,
            _ => Vec::new(),
        };
        Ok(Field {
            alias,
            name,
            arguments,
            directives,
            selections,
            at,
        })
    }

    fn arguments(&mut self) -> Parsed<Vec<(Arc<str>, Value)>> {
        let mut arguments = Vec::new();
        if !self.take('(')? {
            return Ok(arguments);
        }
        loop {
            let name = self.name()?;
            self.mark(':')?;
            arguments.push((name, self.value(false)?));
            if self.take(')')? {
                return Ok(arguments);
            }
        }
    }

    fn directives(&mut self) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.take('@')? {
            let name = self.name()?;
            let arguments = self.arguments()?;
            directives.push(Directive { name, arguments });
        }
        Ok(directives)
    }

    fn value(&mut self, constant: bool) -> Parsed<Value> {
        let value = match &self.token {
            Token::Mark('$') if !constant => {
                self.advance()?;
                return Ok(Value::Variable(self.name()?));
            }
            Token::Mark('[') => return self.list(constant),
            Token::Mark('{') => return self.object(constant),
            Token::Int(text) => match text.parse() {
                Ok(number) => Value::Int(number),
                Err(_) => return Err(self.wrong("Invalid Int input")),
            },
            Token::Float(text) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::Float(number),
                _ => return Err(self.wrong("Invalid Float input")),
            },
            Token::String(text) => Value::String(text.as_str().into()),
            Token::Name("true") => Value::Bool(true),
            Token::Name("false") => Value::Bool(false),
            Token::Name("null") => Value::Null,
            Token::Name(name) => Value::Enum((*name).into()),
            _ => return Err(self.unexpected("a value")),
        };
        self.advance()?;
        Ok(value)
    }

    fn list(&mut self, constant: bool) -> Parsed<Value> {
        self.deeper()?;
        self.advance()?;
        let mut items = Vec::new();
        while !self.take(']')? {
            items.push(self.value(constant)?);
        }
        self.depth -= 1;
        Ok(Value::List(items))
    }

    fn object(&mut self, constant: bool) -> Parsed<Value> {
        self.deeper()?;
        self.advance()?;
        let mut members = Vec::new();
        while !self.take('}')? {
            let name = self.name()?;
            self.mark(':')?;
            members.push((name, self.value(constant)?));
        }
        self.depth -= 1;
        Ok(Value::Object(last_of_each(members)))
    }

    fn name(&mut self) -> Parsed<Arc<str>> {
        let Token::Name(name) = self.token else {
            return Err(self.unexpected("a name"));
        };
        self.advance()?;
        Ok(name.into())
    }

    fn keyword(&mut self, word: &str) -> Parsed<()> {
        match self.token {
            Token::Name(name) if name == word => self.advance(),
            _ => Err(self.unexpected(&format!("`{word}`"))),
        }
    }

    fn mark(&mut self, mark: char) -> Parsed<()> {
        match self.take(mark)? {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{mark}`"))),
        }
    }

    fn take(&mut self, mark: char) -> Parsed<bool> {
        let is_next = self.token == Token::Mark(mark);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn advance(&mut self) -> Parsed<()> {
        let left = self.tokens_left.checked_sub(1);
        self.tokens_left = left.ok_or_else(|| {
            self.beyond(
                "the document has too many tokens",
                self.max_tokens,
                "max_tokens",
            )
        })?;
        (self.token, self.at) = self.lexer.next()?;
        Ok(())
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > self.max_depth {
            let what = "the document is nested too deep";
            return Err(self.beyond(what, self.max_depth, "max_depth"));
        }
        Ok(())
    }

    fn beyond(&self, what: &str, most: usize, setting: &str) -> SyntaxError {
        SyntaxError {
            code: Some(CODE),
            ..self.wrong(Exceeded::new(what, most, setting).message())
        }
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = match &self.token {
            Token::Mark('.') => "`...`".to_owned(),
            Token::Mark(mark) => format!("`{mark}`"),
            Token::Name(text) | Token::Int(text) | Token::Float(text) => format!("`{text}`"),
            Token::String(_) => "a string".to_owned(),
            Token::End => "the end".to_owned(),
        };
        self.wrong(&format!("expected {wanted}, found {found}"))
    }

    fn wrong(&self, message: &str) -> SyntaxError {
        SyntaxError {
            message: message.to_owned(),
            at: self.at,
            code: None,
        }
    }
}

/// Of members of one name, the last counts.
fn last_of_each(members: Vec<(Arc<str>, Value)>) -> Vec<(Arc<str>, Value)> {
    let last: HashMap<Arc<str>, usize> = members
        .iter()
        .map(|(name, _)| name.clone())
        .zip(0..)
        .collect();
    if last.len() == members.len() {
        return members;
    }
    let places = members.into_iter().zip(0..);
    places
        .filter(|((name, _), place)| last.get(name) == Some(place))
        .map(|(member, _)| member)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text, 20, 10_000).unwrap_err().message
    }

    #[test]
    fn a_document_keeps_its_order_and_places() {
        let text = "query A($id: [Int!]! = [1], $b: B) @x { a: b(c: {d: [$id, E, 1.5e2]}) @skip(if: true)\n\
                    ...f ... on T { x } ... { y } } # end\nfragment f on T { \u{feff}z, }";
        let document = parse(text, 20, 10_000).unwrap();
        assert_eq!(document.operations[0].name.as_deref(), Some("A"));
        assert_eq!(document.operations[0].variables.len(), 2);
        let Selection::Field(field) = &document.operations[0].selections[0] else {
            panic!("a field comes first");
        };
        assert_eq!((&**field.key(), &*field.name), ("a", "b"));
        let expected = Value::Object(vec![(
            "d".into(),
            Value::List(vec![
                Value::Variable("id".into()),
                Value::Enum("E".into()),
                Value::Float(150.0),
            ]),
        )]);
        assert_eq!(field.arguments[0].1, expected);
        let Selection::Field(z) = &document.fragment("f").unwrap().selections[0] else {
            panic!("a field");
        };
        assert_eq!((z.at.line, z.at.column), (3, 20));
    }

    #[test]
    fn strings_are_read_as_the_specification_says() {
        let value = |text: &str| {
            let document = parse(&format!("{{ f(a: {text}) }}"), 20, 10_000).unwrap();
            match &document.operations[0].selections[0] {
                Selection::Field(field) => field.arguments[0].1.clone(),
                _ => panic!("a field"),
            }
        };
        let string = |text: &str| Value::String(text.into());
        assert_eq!(
            value(r#""a\"\\\/\b\f\n\r\té\ud83d\ude00\u{1F600}""#),
            string("a\"\\/\u{8}\u{c}\n\r\té😀😀")
        );
        assert_eq!(
            value("\"\"\"\n    one\n      two \\\"\"\"\n\n  \"\"\""),
            string("one\n  two \"\"\"")
        );
        assert_eq!(value("\"\""), string(""));
    }

    #[test]
    fn what_is_no_document_is_told_with_its_place() {
        assert_eq!(refused("{ a { } }"), "expected a name, found `}`");
        assert_eq!(refused(""), "expected an operation, found the end");
        assert_eq!(refused("{ a(b: \"x) }"), "a string does not end");
        assert_eq!(refused("{ a(b: 01) }"), "this is no number");
        assert_eq!(refused("{ a(b: 1x) }"), "a number ends in a name");
        assert_eq!(
            refused("{ a(b: \"\\ud800\") }"),
            "a string holds an unknown escape"
        );
        assert_eq!(
            refused("{ a(b: 99999999999999999999) }"),
            "Invalid Int input"
        );
        let error = parse("{\n  a ^ }", 20, 10_000).unwrap_err();
        assert_eq!((error.at.line, error.at.column), (2, 5));
    }

    #[test]
    fn nesting_has_a_bound_whatever_is_nested() {
        for (open, close) in [("{a", "}"), ("{a(b:[", "])}"), ("{...", "}")] {
            let text = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
            assert!(parse(&text, 50, 10_000).is_err());
        }
        let lists = format!("{{a(b:{}", "[".repeat(1_000_000));
        assert_eq!(
            parse(&lists, 50, 10_000).unwrap_err().message,
            "the document is nested too deep: at most 50 (graphql.max_depth)"
        );
        let types = format!("query($a:{}", "[".repeat(1_000_000));
        assert!(parse(&types, 50, 10_000).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~\n\"\\\\u{}()\\[\\]:$@.!=é]{0,200}") {
            let _ = parse(&text, 20, 10_000);
        }
    }
}
