//! As much of the schema language as fields of one's own need.

use std::sync::Arc;

use super::ExtensionError;
use crate::document::{Lexer, Position, SyntaxError, Token};

/// A type, or fields of a root.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) form: Form,
}

#[derive(Debug, Clone)]
pub(crate) enum Form {
    Scalar,
    /// `type`, or `extend type` of a root.
    Object(Vec<FieldDefinition>),
    Input(Vec<InputDefinition>),
}

#[derive(Debug, Clone)]
pub(crate) struct FieldDefinition {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) arguments: Vec<InputDefinition>,
    pub(crate) of: Reference,
}

#[derive(Debug, Clone)]
pub(crate) struct InputDefinition {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) of: Reference,
}

/// A type by its name.
#[derive(Debug, Clone)]
pub(crate) enum Reference {
    Named(Arc<str>),
    List(Box<Reference>),
    NonNull(Box<Reference>),
}

type Parsed<T> = Result<T, ExtensionError>;

/// Every definition of a text.
pub(super) fn definitions(text: &str) -> Parsed<Vec<Definition>> {
    let mut lexer = Lexer::new(text);
    let (token, at) = lexer.next()?;
    let mut parser = Parser { lexer, token, at };
    let mut found = Vec::new();
    while parser.token != Token::End {
        found.push(parser.definition()?);
    }
    Ok(found)
}

impl From<SyntaxError> for ExtensionError {
    fn from(error: SyntaxError) -> Self {
        Self {
            message: error.message,
            line: error.at.line,
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    at: Position,
}

impl Parser<'_> {
    fn definition(&mut self) -> Parsed<Definition> {
        let description = self.description()?;
        let is_extension = self.keyword("extend")?;
        let kind = self.name()?;
        let name = self.name()?;
        let is_root = matches!(&*name, "Query" | "Mutation");
        if is_extension != is_root {
            return Err(self.wrong("`Query` and `Mutation` are extended, other types are new"));
        }
        let form = match &*kind {
            "scalar" => Form::Scalar,
            "type" => Form::Object(self.block(Self::field)?),
            "input" => Form::Input(self.block(Self::input)?),
            _ => return Err(self.wrong("expected `type`, `input` or `scalar`")),
        };
        Ok(Definition {
            name,
            description,
            form,
        })
    }

    fn block<T>(&mut self, one: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.mark('{')?;
        let mut found = vec![one(self)?];
        while !self.take('}')? {
            found.push(one(self)?);
        }
        Ok(found)
    }

    fn field(&mut self) -> Parsed<FieldDefinition> {
        let description = self.description()?;
        let name = self.name()?;
        let mut arguments = Vec::new();
        if self.take('(')? {
            arguments.push(self.input()?);
            while !self.take(')')? {
                arguments.push(self.input()?);
            }
        }
        self.mark(':')?;
        Ok(FieldDefinition {
            name,
            description,
            arguments,
            of: self.reference(0)?,
        })
    }

    fn input(&mut self) -> Parsed<InputDefinition> {
        let description = self.description()?;
        let name = self.name()?;
        self.mark(':')?;
        Ok(InputDefinition {
            name,
            description,
            of: self.reference(0)?,
        })
    }

    fn reference(&mut self, depth: usize) -> Parsed<Reference> {
        if depth > 10 {
            return Err(self.wrong("lists of lists are nested too deep"));
        }
        let of = match self.take('[')? {
            true => {
                let inner = self.reference(depth + 1)?;
                self.mark(']')?;
                Reference::List(Box::new(inner))
            }
            false => Reference::Named(self.name()?),
        };
        Ok(match self.take('!')? {
            true => Reference::NonNull(Box::new(of)),
            false => of,
        })
    }

    fn description(&mut self) -> Parsed<Option<Arc<str>>> {
        let Token::String(text) = &self.token else {
            return Ok(None);
        };
        let text = text.as_str().into();
        self.advance()?;
        Ok(Some(text))
    }

    fn keyword(&mut self, word: &str) -> Parsed<bool> {
        let is_next = self.token == Token::Name(word);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn name(&mut self) -> Parsed<Arc<str>> {
        let Token::Name(name) = self.token else {
            return Err(self.wrong("expected a name"));
        };
        self.advance()?;
        Ok(name.into())
    }

    fn mark(&mut self, mark: char) -> Parsed<()> {
        match self.take(mark)? {
            true => Ok(()),
            false => Err(self.wrong(&format!("expected `{mark}`"))),
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
        (self.token, self.at) = self.lexer.next()?;
        Ok(())
    }

    fn wrong(&self, message: &str) -> ExtensionError {
        ExtensionError {
            message: message.to_owned(),
            line: self.at.line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_with_their_descriptions() {
        let text = "\"How it is\" extend type Query { \"now\" weather(city: String!, days: [Int!]): [Weather!]! }
                    type Weather { celsius: Float! } input Place { name: String } scalar Wind";
        let found = definitions(text).unwrap();
        assert_eq!(found.len(), 4);
        let Form::Object(fields) = &found[0].form else {
            panic!("fields");
        };
        assert_eq!(fields[0].description.as_deref(), Some("now"));
        assert_eq!(fields[0].arguments.len(), 2);
    }

    #[test]
    fn what_is_no_definition_is_told_with_its_line() {
        for text in [
            "type Query { a: Int }",
            "\nextend type Other { a: Int }",
            "union A = B",
            "type A {}",
            "type A { b Int }",
        ] {
            assert!(definitions(text).is_err(), "{text}");
        }
        let error = definitions("scalar A\ntype B {").unwrap_err();
        assert_eq!(error.to_string(), "line 2: expected a name");
    }
}
