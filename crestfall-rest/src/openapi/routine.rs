//! A function in the document: its path, with the arguments in the query string and in a body.

use std::borrow::Cow;

use super::comment::Comment;
use super::data_type;
use super::parameter::{Location, Parameter, ParameterName};
use super::swagger::{Operation, OperationParameter, PathItem, Responses, Schema, Type};
use super::visible::{Argument, Function};

/// How a function is called: with POST, and with GET too unless it is volatile.
pub(super) fn path<'a>(function: &'a Function, produces: &'static [&'static str]) -> PathItem<'a> {
    let operation = |parameters| operation(function, produces, parameters);
    let in_query = || {
        let arguments = function.arguments.iter().map(query_parameter);
        arguments.map(|argument| OperationParameter::Inline(Box::new(argument)))
    };
    PathItem {
        get: (!function.volatile).then(|| operation(in_query().collect())),
        post: Some(operation(vec![
            OperationParameter::Inline(Box::new(Parameter {
                required: true,
                ..Parameter::body("args", arguments(function))
            })),
            ParameterName::Common("preferParams").into(),
        ])),
        ..PathItem::default()
    }
}

fn operation<'a>(
    function: &'a Function,
    produces: &'static [&'static str],
    parameters: Vec<OperationParameter<'a>>,
) -> Operation<'a> {
    let comment = function.description.as_deref().map(Comment::parse);
    Operation {
        tags: [format!("(rpc) {}", function.name)],
        summary: comment.map(|comment| comment.summary),
        description: comment.and_then(Comment::nonempty_details),
        produces,
        parameters,
        responses: Responses::ok(),
    }
}

/// All arguments as one JSON object.
fn arguments(function: &Function) -> Schema<'_> {
    let required = function
        .arguments
        .iter()
        .filter(|argument| argument.required);
    Schema {
        description: function.description.as_deref().map(Cow::Borrowed),
        r#type: Some(Type::Object),
        properties: function.arguments.iter().map(property).collect(),
        required: required.map(|argument| argument.name.as_ref()).collect(),
        ..Schema::default()
    }
}

fn property(argument: &Argument) -> (&str, Schema<'_>) {
    let schema = Schema {
        r#type: data_type::swagger_type(&argument.data_type),
        format: Some(data_type::format(&argument.data_type)),
        items: data_type::items(&argument.data_type),
        ..Schema::default()
    };
    (&argument.name, schema)
}

/// An argument in the query string. Arrays and JSON are written there as text; a variadic
/// argument is given once for each of its elements.
fn query_parameter(argument: &Argument) -> Parameter<'_> {
    let data_type = argument.data_type.as_ref();
    let swagger_type = data_type::swagger_type(data_type);
    let parameter = Parameter {
        required: argument.required,
        ..Parameter::text(&argument.name, Location::Query, None)
    };
    if !argument.variadic {
        return Parameter {
            r#type: swagger_type
                .filter(|&swagger_type| swagger_type != Type::Array)
                .or(Some(Type::String)),
            format: Some(data_type::format(data_type)),
            ..parameter
        };
    }
    let element = data_type::element(data_type);
    Parameter {
        r#type: swagger_type.or(Some(Type::String)),
        collection_format: Some("multi"),
        items: Some(Box::new(Schema {
            r#type: data_type::swagger_type(element),
            format: Some(data_type::format(element)),
            ..Schema::default()
        })),
        ..parameter
    }
}
