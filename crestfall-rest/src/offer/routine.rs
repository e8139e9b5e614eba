//! A function: what it takes and gives, and how it is called.

use crestfall_core::openapi::{Answer, Document, Operation, Parameter, Schema};
use http::Method;

use super::Writer;
use super::names::{pascal, segment, snake};
use super::rows::OfferedRoutine;
use super::shared;

/// Writes the functions of one name, which share a path.
pub(super) fn write(
    overloads: &[OfferedRoutine],
    document: &mut Document,
    writer: &mut Writer<'_>,
) {
    let Some(first) = overloads.first() else {
        return;
    };
    let path = format!("/rpc/{}", segment(&first.name));
    document.tag("rpc", "Functions of the database");
    let answers: Vec<(u16, Answer)> = overloads
        .iter()
        .map(|routine| returned(routine, document, writer))
        .collect();
    let answer = match answers.iter().all(|answer| *answer == answers[0]) {
        true => answers[0].clone(),
        false => (
            200,
            Answer::new("The result").body("application/json", Schema::any()),
        ),
    };
    if let [routine] = overloads
        && !routine.volatile
        && routine
            .arguments
            .iter()
            .all(|argument| !argument.name.is_empty())
    {
        let operation = operation("read", routine, writer);
        let operation = routine
            .arguments
            .iter()
            .fold(operation, |operation, argument| {
                operation.parameter(in_query(argument, writer))
            });
        let operation = writer.profile(operation, "Accept-Profile");
        let operation = finished(operation, answer.clone());
        document.operation(Method::GET, &path, operation);
    }
    let bodies: Vec<Body> = overloads
        .iter()
        .map(|routine| body(routine, document, writer))
        .collect();
    let operation = operation("call", first, writer);
    let operation = with_body(writer.profile(operation, "Content-Profile"), bodies);
    document.operation(Method::POST, &path, finished(operation, answer));
}

fn operation(verb: &str, routine: &OfferedRoutine, writer: &mut Writer<'_>) -> Operation {
    let id = writer
        .operations
        .unique(format!("{verb}_{}", snake(&routine.name)));
    let text = routine.description.as_deref().unwrap_or_default();
    let (summary, details) = text.split_once('\n').unwrap_or((text, ""));
    let usual = format!("Call `{}`", routine.name);
    let summary = if summary.is_empty() { &usual } else { summary };
    let operation = writer.operation(&id, summary).tag("rpc");
    match details.trim() {
        "" => operation,
        details => operation.describe(details),
    }
}

/// The answer, and what else a function may answer by itself.
fn finished(operation: Operation, (status, answer): (u16, Answer)) -> Operation {
    let operation = operation.answers(status, answer);
    shared::any_refusal(operation)
}

/// What a call sends.
enum Body {
    /// Nothing.
    None,
    /// Arguments by name.
    Arguments(Schema),
    /// The only argument, as it is.
    Whole(&'static str, Schema),
}

fn body(routine: &OfferedRoutine, document: &mut Document, writer: &mut Writer<'_>) -> Body {
    match routine.arguments.as_slice() {
        [] => return Body::None,
        [only] if only.name.is_empty() => {
            let row = writer.types.below_domains(only.r#type);
            return match row.map(|row| row.name.as_str()) {
                Some("bytea") => Body::Whole("application/octet-stream", Schema::format("binary")),
                Some("text") => Body::Whole("text/plain", Schema::string()),
                Some("xml") => Body::Whole("text/xml", Schema::string()),
                _ => Body::Whole("application/json", Schema::any()),
            };
        }
        _ => {}
    }
    let arguments = routine.arguments.iter();
    let arguments = arguments.fold(Schema::object(), |object, argument| {
        let schema = writer
            .types
            .schema(argument.r#type, &mut writer.names)
            .nullable();
        match argument.required {
            true => object.required(&argument.name, schema),
            false => object.optional(&argument.name, schema),
        }
    });
    let name = format!("{}Arguments", pascal(&routine.name));
    let name = writer.names.unique(name);
    Body::Arguments(document.schema(&name, arguments))
}

/// One body, or any of those of the overloads.
fn with_body(operation: Operation, mut bodies: Vec<Body>) -> Operation {
    if bodies.len() == 1 {
        return match bodies.remove(0) {
            Body::None => operation,
            Body::Arguments(schema) => operation.body(schema),
            Body::Whole(media_type, schema) => operation.body_as(media_type, schema, true),
        };
    }
    let mut required = true;
    let forms: Vec<Schema> = bodies
        .into_iter()
        .map(|body| match body {
            Body::None => {
                required = false;
                Schema::object()
            }
            Body::Arguments(schema) | Body::Whole(_, schema) => schema,
        })
        .collect();
    operation.body_as("application/json", Schema::any_of(forms), required)
}

/// What a call answers with.
fn returned(
    routine: &OfferedRoutine,
    document: &mut Document,
    writer: &mut Writer<'_>,
) -> (u16, Answer) {
    let row = writer.types.below_domains(routine.returns);
    if !routine.set_of && row.is_some_and(|row| row.name == "void" && row.schema == "pg_catalog") {
        return (204, Answer::new("Done"));
    }
    if let Some(media_type) = writer.types.media_type(routine.returns) {
        let media_type = match media_type {
            "*/*" => "application/octet-stream",
            other => other,
        };
        let answer = Answer::new("The result").body(media_type, Schema::format("binary"));
        return (200, answer);
    }
    let one = match routine.columns.as_slice() {
        [] => writer.types.schema(routine.returns, &mut writer.names),
        columns => {
            let row = columns.iter().fold(Schema::object(), |row, column| {
                let schema = writer.types.schema(column.r#type, &mut writer.names);
                row.required(&column.name, schema.nullable())
            });
            let name = format!("{}Result", pascal(&routine.name));
            let name = writer.names.unique(name);
            document.schema(&name, row)
        }
    };
    let body = match routine.set_of {
        true => Schema::array(one),
        false => one.nullable(),
    };
    (200, shared::rows("The result", body))
}

/// An argument in the query string, where arrays and JSON are written as text. A variadic one is
/// given once for each of its elements.
fn in_query(argument: &super::rows::OfferedArgument, writer: &mut Writer<'_>) -> Parameter {
    let schema = writer.types.schema(argument.r#type, &mut writer.names);
    let words = schema.keywords();
    let kind = words
        .and_then(|words| words.get("type"))
        .and_then(|kind| kind.as_str());
    let is_enum =
        words.is_some_and(|words| words.contains_key("$ref")) && writer.is_enum(argument.r#type);
    let schema = match kind {
        Some("boolean" | "integer" | "number" | "string") => schema,
        Some("array") if argument.variadic => schema,
        _ if is_enum => schema,
        _ => Schema::string(),
    };
    let parameter = Parameter::query(&argument.name, schema);
    match argument.required {
        true => parameter.required(),
        false => parameter,
    }
}
