//! Calling a function: which overload is meant and what it is given.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use crestfall_core::catalog::{Parameter, Routine, Volatility};
use crestfall_core::{Catalog, QualifiedName};

use super::read::ReadNode;
use super::scalars;
use crate::error::{ApiError, CatalogError, Error};
use crate::media_type::MediaType;
use crate::request::prefer::Handling;
use crate::request::{ApiRequest, Invocation, Payload, Text};

/// A function call.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) routine: Arc<Routine>,
    pub(crate) arguments: Arguments,
    /// Columns of the result that the read needs.
    pub(crate) returning: BTreeSet<Text>,
}

/// What a function is given.
#[derive(Debug, PartialEq)]
pub(crate) enum Arguments {
    None,
    /// The whole body as its one unnamed parameter.
    Body {
        value: Option<Bytes>,
        data_type: Text,
    },
    /// Texts by parameter.
    Direct(Vec<(Parameter, Argument)>),
    /// Parameters taken from a JSON object.
    Json {
        parameters: Vec<Parameter>,
        body: Bytes,
    },
}

/// The text of an argument, or of each element of a variadic one.
#[derive(Debug, PartialEq)]
pub(crate) enum Argument {
    Null,
    One(Text),
    Many(Vec<Text>),
}

impl Call {
    /// Plans a call of the chosen overload.
    pub(crate) fn plan(
        request: &ApiRequest,
        routine: &Arc<Routine>,
        invocation: Invocation,
        read: &ReadNode,
    ) -> Self {
        let mut returning = read.needed_columns(&[]);
        if !returning.is_empty() && !returning.contains("*") {
            returning.extend(read.filtered_columns());
        }
        Self {
            routine: Arc::clone(routine),
            arguments: arguments(request, routine, invocation),
            returning,
        }
    }

    /// The call may write.
    pub(crate) fn is_read_only(&self, invocation: Invocation) -> bool {
        matches!(invocation, Invocation::Read { .. })
            || self.routine.volatility != Volatility::Volatile
    }
}

/// The relation whose relationships the result can embed: the table it returns rows of, else the
/// function's own name.
pub(crate) fn result_relation(routine: &Routine) -> QualifiedName {
    let name = routine.table_name().unwrap_or(&routine.name.name);
    QualifiedName::new(routine.name.schema.clone(), name.clone())
}

/// A call that must not affect more than so many rows has to return rows.
///
/// # Errors
/// It returns a single value.
pub(crate) fn check_max_affected(request: &ApiRequest, routine: &Routine) -> Result<(), Error> {
    let preferences = &request.preferences;
    let strict =
        preferences.handling == Some(Handling::Strict) && preferences.max_affected.is_some();
    if strict && !routine.returns.set_of {
        Err(ApiError::MaxAffectedRpc.into())
    } else {
        Ok(())
    }
}

/// Chooses the overload whose parameters the given names fit.
///
/// # Errors
/// None fits, or more than one.
pub(crate) fn find_routine<'a>(
    request: &ApiRequest,
    name: &QualifiedName,
    invocation: Invocation,
    catalog: &'a Catalog,
) -> Result<&'a Arc<Routine>, Error> {
    let overloads = catalog
        .routines
        .get(name)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let given = argument_names(request, invocation);
    let posted = (invocation == Invocation::Post).then_some(&request.content_type);
    let named: Vec<_> = overloads
        .iter()
        .filter(|routine| fits(routine, &given, posted))
        .collect();
    let takes_body =
        |routine: &&Arc<Routine>| posted.is_some_and(|media_type| takes_body(routine, media_type));
    // A function with one unnamed parameter is meant only when no named parameters fit.
    let candidates = if named.is_empty() {
        overloads.iter().filter(takes_body).collect()
    } else {
        named
    };
    match candidates.as_slice() {
        &[one] => Ok(one),
        [] => {
            let given: Vec<&str> = given.iter().map(|name| &**name).collect();
            let by_post = invocation == Invocation::Post;
            Err(
                CatalogError::no_routine(name, &given, &request.content_type, by_post, catalog)
                    .into(),
            )
        }
        several => {
            let several: Vec<Arc<Routine>> = several.iter().map(|one| Arc::clone(one)).collect();
            Err(CatalogError::ambiguous_routine(&several).into())
        }
    }
}

fn argument_names(request: &ApiRequest, invocation: Invocation) -> BTreeSet<Text> {
    match invocation {
        Invocation::Read { .. } => request
            .query
            .arguments
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        Invocation::Post => request.columns.clone(),
    }
}

fn fits(routine: &Routine, given: &BTreeSet<Text>, posted: Option<&MediaType>) -> bool {
    if routine.parameters.is_empty() {
        let has_raw_body = matches!(
            posted,
            Some(MediaType::OctetStream | MediaType::Text | MediaType::Xml)
        );
        return given.is_empty() && !has_raw_body;
    }
    let mut required = routine
        .parameters
        .iter()
        .filter(|parameter| parameter.required);
    required.all(|parameter| given.contains(&parameter.name))
        && given.iter().all(|name| {
            routine
                .parameters
                .iter()
                .any(|parameter| &parameter.name == name)
        })
}

fn takes_body(routine: &Routine, media_type: &MediaType) -> bool {
    let [only] = routine.parameters.as_slice() else {
        return false;
    };
    only.name.is_empty()
        && match media_type {
            MediaType::Json => matches!(&*only.data_type, "json" | "jsonb"),
            MediaType::Text => &*only.data_type == "text",
            MediaType::Xml => &*only.data_type == "xml",
            MediaType::OctetStream => &*only.data_type == "bytea",
            _ => false,
        }
}

fn arguments(request: &ApiRequest, routine: &Routine, invocation: Invocation) -> Arguments {
    let body = match &request.payload {
        Some(Payload::Json(body) | Payload::RawJson(body) | Payload::Raw(body)) => {
            Some(body.clone())
        }
        Some(Payload::Form(_)) | None => None,
    };
    if let [only] = routine.parameters.as_slice()
        && only.name.is_empty()
    {
        let value = body.or_else(|| pairs(request, invocation).map(as_json_object));
        return Arguments::Body {
            value,
            data_type: only.data_type.clone(),
        };
    }
    let given = argument_names(request, invocation);
    let parameters: Vec<_> = routine
        .parameters
        .iter()
        .filter(|parameter| given.contains(&parameter.name))
        .cloned()
        .collect();
    if parameters.is_empty() {
        return Arguments::None;
    }
    match pairs(request, invocation) {
        Some(pairs) => direct(parameters, pairs),
        None => json(parameters, body.unwrap_or_default()),
    }
}

fn json(parameters: Vec<Parameter>, body: Bytes) -> Arguments {
    let names = parameters
        .iter()
        .map(|parameter| (&*parameter.name, &*parameter.data_type));
    match scalars::members(&body, names) {
        Some(values) => {
            let argument = |value: Option<Text>| value.map_or(Argument::Null, Argument::One);
            Arguments::Direct(
                parameters
                    .into_iter()
                    .zip(values.into_iter().map(argument))
                    .collect(),
            )
        }
        None => Arguments::Json { parameters, body },
    }
}

/// Arguments that came as text: in the query string or a form.
fn pairs(request: &ApiRequest, invocation: Invocation) -> Option<&[(Text, Text)]> {
    match (&request.payload, invocation) {
        (_, Invocation::Read { .. }) => Some(&request.query.arguments),
        (Some(Payload::Form(pairs)), Invocation::Post) => Some(pairs),
        (_, Invocation::Post) => None,
    }
}

fn as_json_object(pairs: &[(Text, Text)]) -> Bytes {
    let value = |text: &Text| serde_json::Value::from(&**text);
    let object: serde_json::Map<_, _> = pairs
        .iter()
        .map(|(name, text)| (name.to_string(), value(text)))
        .collect();
    serde_json::Value::Object(object).to_string().into()
}

fn direct(parameters: Vec<Parameter>, pairs: &[(Text, Text)]) -> Arguments {
    let argument = |parameter: &Parameter| {
        let mut values = pairs
            .iter()
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.clone());
        match parameter.variadic {
            true => Argument::Many(values.collect()),
            // Of a parameter given twice, the last counts.
            false => Argument::One(values.next_back().unwrap_or_default()),
        }
    };
    let with_argument = |parameter: Parameter| {
        let argument = argument(&parameter);
        (parameter, argument)
    };
    Arguments::Direct(parameters.into_iter().map(with_argument).collect())
}
