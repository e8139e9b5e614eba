//! Whether a value fits the type of the input it is given to.

use std::sync::Arc;

use super::{Data, Given, Reads, Use};
use crate::model::{EnumType, Input, InputMeaning, InputObject, Kind, Scalar, Schema, TypeRef};
use crate::refusal::Refusal;

/// The value as the input takes it: enum values as the database knows them, single values in lists
/// where a list is asked for. What was read of variables is noted.
///
/// # Errors
/// In pg_graphql's words.
pub(crate) fn check(
    schema: &Schema,
    input: &Input,
    given: Given,
    reads: &mut Reads,
) -> Result<Given, Refusal> {
    let mut checker = Checker { schema, reads };
    checker.check(&input.of, input.max_length, given)
}

struct Checker<'a> {
    schema: &'a Schema,
    reads: &'a mut Reads,
}

impl Checker<'_> {
    fn check(
        &mut self,
        of: &TypeRef,
        max_length: Option<i32>,
        given: Given,
    ) -> Result<Given, Refusal> {
        if let Some(source) = given.from.as_ref().filter(|source| source.path.is_empty()) {
            let used = Use::Typed(of.clone(), max_length);
            self.reads.note(source.variable.clone(), used);
        }
        match of {
            TypeRef::NonNull(inner) => {
                let checked = self.check(inner, max_length, given)?;
                match checked.is_nothing() {
                    true => Err("Invalid input for NonNull type".into()),
                    false => Ok(checked),
                }
            }
            TypeRef::List(inner) => self.list(inner, max_length, given),
            TypeRef::Named(id) => match &self.schema.type_of(*id).kind {
                Kind::Scalar(scalar) => check_scalar(*scalar, max_length, given),
                Kind::Enum(values) => check_enum(&self.schema.type_of(*id).name, values, given),
                Kind::Input(object) => {
                    let name = &self.schema.type_of(*id).name;
                    self.object(name, object, max_length, given)
                }
                Kind::Object(_) | Kind::Interface(_) => Err(Refusal::new(format!(
                    "Invalid Type used as input argument {}",
                    self.schema.type_of(*id).name
                ))),
            },
        }
    }

    fn list(
        &mut self,
        inner: &TypeRef,
        max_length: Option<i32>,
        given: Given,
    ) -> Result<Given, Refusal> {
        match given.data {
            Data::Absent | Data::Null => Ok(given),
            Data::List(items) => {
                let before: Vec<Data> = items.iter().map(|item| item.data.clone()).collect();
                let items = items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let checked = self.check(inner, max_length, item);
                        checked.map_err(|refusal| refusal.below(format!("[{index}]")))
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                // A list whose items were changed is no longer the one of the variable.
                let is_same = items
                    .iter()
                    .zip(&before)
                    .all(|(item, was)| item.data == *was);
                Ok(Given {
                    data: Data::List(items),
                    from: given.from.filter(|_| is_same),
                })
            }
            // One value is a list of one.
            _ => {
                let item = self.check(inner, max_length, given)?;
                Ok(Given::constant(Data::List(vec![item])))
            }
        }
    }

    fn object(
        &mut self,
        name: &str,
        object: &InputObject,
        max_length: Option<i32>,
        given: Given,
    ) -> Result<Given, Refusal> {
        let members = match given.data {
            Data::Absent | Data::Null => return Ok(given),
            Data::Object(members) => members,
            _ => return Err(Refusal::new(format!("Invalid input for {name} type"))),
        };
        let unknown: Vec<&str> = members
            .iter()
            .filter(|(name, _)| object.member(name).is_none())
            .map(|(name, _)| &**name)
            .collect();
        if !unknown.is_empty() {
            return Err(Refusal::new(format!(
                "Input for type {name} contains extra keys {unknown:?}"
            )));
        }
        let is_given = |input: &Input| members.iter().any(|(name, _)| *name == input.name);
        let missing = object.members.iter().any(|input| {
            let is_demanded = matches!(input.of, TypeRef::NonNull(_)) && input.default.is_none();
            is_demanded && !is_given(input)
        });
        if missing {
            return Err("Invalid input for NonNull type".into());
        }
        let checked = members.into_iter().map(|(name, value)| {
            let Some(input) = object.member(&name) else {
                return Ok((name, value));
            };
            let max_length = input.max_length.or(max_length);
            match self.check(&input.of, max_length, value) {
                Ok(value) => Ok((name, value)),
                Err(refusal) => Err(match input.meaning {
                    InputMeaning::Link(_) => self.of_link(refusal, input),
                    _ => refusal.below(&*name),
                }),
            }
        });
        let checked: Result<Vec<(Arc<str>, Given)>, Refusal> = checked.collect();
        Ok(Given::constant(Data::Object(checked?)))
    }
}

impl Checker<'_> {
    /// What is wrong in an input for related rows: with its place, and with what it takes when it is the
    /// input itself, in which those who are new to it look for the columns.
    fn of_link(&self, mut refusal: Refusal, input: &Input) -> Refusal {
        if let (true, Kind::Input(object)) =
            (refusal.has_no_path(), &self.schema.named(&input.of).kind)
        {
            let members = object.members.iter().map(|member| &*member.name);
            let members: Vec<&str> = members.collect();
            refusal.message = format!("{} (it takes {})", refusal.message, members.join(", "));
        }
        refusal.below(&*input.name).with_path()
    }
}

fn check_scalar(scalar: Scalar, max_length: Option<i32>, given: Given) -> Result<Given, Refusal> {
    let fits = match (&given.data, scalar) {
        (Data::Absent | Data::Null, _) | (_, Scalar::Opaque) => true,
        (Data::Int(_), Scalar::Int) | (Data::Bool(_), Scalar::Boolean) => true,
        (Data::Int(_) | Data::Float(_), Scalar::Float | Scalar::BigInt) => true,
        (Data::Text(text), Scalar::String) => {
            return match max_length.and_then(|most| usize::try_from(most).ok()) {
                Some(most) if text.len() > most && text.chars().count() > most => {
                    Err(Refusal::new(format!(
                        "Invalid input for String type. Maximum character length {most}"
                    )))
                }
                _ => Ok(given),
            };
        }
        (Data::Text(_), Scalar::Int | Scalar::Float | Scalar::Boolean) => false,
        (Data::Text(_), _) => true,
        _ => false,
    };
    if fits {
        return Ok(given);
    }
    let name = match (scalar, max_length) {
        (Scalar::String, Some(most)) => format!("String(Some({most}))"),
        _ => scalar.input_name().to_owned(),
    };
    let more = match scalar {
        Scalar::BigFloat => ". String required",
        _ => "",
    };
    Err(Refusal::new(format!("Invalid input for {name} type{more}")))
}

fn check_enum(name: &str, values: &EnumType, given: Given) -> Result<Given, Refusal> {
    let wrong = || Refusal::new(format!("Invalid input for {name} type"));
    match &given.data {
        Data::Absent | Data::Null => Ok(given),
        Data::Text(text) => {
            let value = values.values.iter().find(|value| value.name == *text);
            let label = value.ok_or_else(wrong)?.label.clone();
            Ok(Given::constant(Data::Text(label)))
        }
        _ => Err(wrong()),
    }
}
