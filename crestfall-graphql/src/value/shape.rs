//! What of the variables decides how a statement looks.
//!
//! Planning notes every variable it reads, and for what. Two sets of variables that agree on what was
//! noted lead to the same statement, so it can be kept and given other values.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Data, Variables, cursor, node_id};
use crate::model::{Kind, Scalar, Schema, TypeRef};

/// How a variable is used.
#[derive(Debug, Clone)]
pub(crate) enum Use {
    /// Its value decides: whether a field is left out, how many rows there are.
    Literal,
    /// It is given to an input of this type, with this longest text.
    Typed(TypeRef, Option<i32>),
    /// It is a parameter, whatever it is.
    Any,
}

/// The variables that were read while planning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    uses: Vec<(Arc<str>, Use)>,
    /// Positions in `uses` by variable.
    index: HashMap<Arc<str>, Vec<usize>>,
}

impl Reads {
    pub(crate) fn note(&mut self, variable: Arc<str>, used: Use) {
        let places = self.index.entry(variable.clone()).or_default();
        let is_known = places
            .iter()
            .any(|&place| match (&self.uses[place].1, &used) {
                (Use::Literal, Use::Literal) | (Use::Any, Use::Any) => true,
                (Use::Typed(one, length), Use::Typed(other, most)) => {
                    length == most && same_type(one, other)
                }
                _ => false,
            });
        if !is_known {
            places.push(self.uses.len());
            self.uses.push((variable, used));
        }
    }

    /// Takes in what another planning read.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (variable, used) in &other.uses {
            self.note(variable.clone(), used.clone());
        }
    }

    /// What these variables are, as far as it was read.
    pub(crate) fn shape(&self, schema: &Schema, variables: &Variables) -> Vec<u8> {
        let mut shape = Shape {
            schema,
            bytes: Vec::with_capacity(16 * self.uses.len()),
        };
        for (variable, used) in &self.uses {
            match (variables.get(&**variable), used) {
                (None, _) => shape.bytes.push(b'-'),
                (Some(value), Use::Literal) => shape.literal(value),
                (Some(value), Use::Any) => shape.kind(value),
                (Some(value), Use::Typed(of, most)) => shape.typed(of, *most, value),
            }
        }
        shape.bytes
    }
}

fn same_type(one: &TypeRef, other: &TypeRef) -> bool {
    match (one, other) {
        (TypeRef::Named(one), TypeRef::Named(other)) => one == other,
        (TypeRef::List(one), TypeRef::List(other))
        | (TypeRef::NonNull(one), TypeRef::NonNull(other)) => same_type(one, other),
        _ => false,
    }
}

struct Shape<'a> {
    schema: &'a Schema,
    bytes: Vec<u8>,
}

impl Shape<'_> {
    fn literal(&mut self, value: &Json) {
        self.text(&value.to_string());
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend((text.len() as u64).to_be_bytes());
        self.bytes.extend(text.as_bytes());
    }

    fn kind(&mut self, value: &Json) {
        self.bytes.push(match value {
            Json::Null => b'n',
            Json::Bool(_) => b'b',
            Json::Number(number) if number.is_i64() => b'i',
            Json::Number(_) => b'f',
            Json::String(_) => b's',
            Json::Array(_) => b'[',
            Json::Object(_) => b'{',
        });
        if let Json::Array(items) = value {
            // How many there are makes no difference, of which kinds they are does.
            let start = self.bytes.len();
            for item in items {
                self.kind(item);
            }
            let mut kinds = self.bytes.split_off(start);
            kinds.sort_unstable();
            kinds.dedup();
            self.bytes.extend(kinds);
            self.bytes.push(b']');
        }
    }

    fn typed(&mut self, of: &TypeRef, most: Option<i32>, value: &Json) {
        match (of, value) {
            (TypeRef::NonNull(inner), _) => self.typed(inner, most, value),
            (TypeRef::List(inner), Json::Array(items)) => match self.is_plain(inner, most) {
                true => self.kind(value),
                false => {
                    self.bytes.push(b'(');
                    for item in items {
                        self.typed(inner, most, item);
                    }
                    self.bytes.push(b')');
                }
            },
            (TypeRef::List(inner), _) => {
                self.bytes.push(b'1');
                self.typed(inner, most, value);
            }
            (TypeRef::Named(id), _) => match &self.schema.type_of(*id).kind {
                Kind::Scalar(scalar) => self.scalar(*scalar, most, value),
                Kind::Input(object) => self.object(object, most, value),
                Kind::Enum(_) | Kind::Object(_) | Kind::Interface(_) => self.literal(value),
            },
        }
    }

    /// Only the kind of a value matters.
    fn is_plain(&self, of: &TypeRef, most: Option<i32>) -> bool {
        match of {
            TypeRef::NonNull(inner) => self.is_plain(inner, most),
            TypeRef::List(_) => false,
            TypeRef::Named(id) => match &self.schema.type_of(*id).kind {
                Kind::Scalar(Scalar::Cursor | Scalar::Id) => false,
                Kind::Scalar(_) => most.is_none(),
                _ => false,
            },
        }
    }

    fn scalar(&mut self, scalar: Scalar, most: Option<i32>, value: &Json) {
        self.kind(value);
        let Json::String(text) = value else { return };
        match scalar {
            Scalar::Cursor => match cursor(text) {
                Ok(values) => self.values(&values),
                Err(error) => self.text(&error),
            },
            Scalar::Id => match node_id(text) {
                Ok(id) => {
                    self.text(&id.schema);
                    self.text(&id.table);
                    self.values(&id.key);
                }
                Err(error) => self.text(&error),
            },
            _ => {
                let most = most.and_then(|most| usize::try_from(most).ok());
                let is_long = most.is_some_and(|most| text.chars().count() > most);
                self.bytes.push(u8::from(is_long));
            }
        }
    }

    fn values(&mut self, values: &[super::Given]) {
        self.bytes.push(b'<');
        for value in values {
            self.bytes.push(match value.data {
                Data::Absent | Data::Null => b'n',
                Data::List(_) => b'[',
                Data::Object(_) => b'{',
                _ => b'v',
            });
        }
    }

    fn object(&mut self, object: &crate::model::InputObject, most: Option<i32>, value: &Json) {
        let Json::Object(members) = value else {
            return self.kind(value);
        };
        self.bytes.push(b'{');
        for (name, value) in members {
            self.text(name);
            if let Some(input) = object.member(name) {
                self.typed(&input.of, input.max_length.or(most), value);
            }
        }
        self.bytes.push(b'}');
    }
}
