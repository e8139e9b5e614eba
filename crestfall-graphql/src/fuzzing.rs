//! The door to the parsers for the fuzzer. It takes any input; a panic is a finding.

mod operation;

pub use operation::operation;

use crate::compile;
use crate::config::Limits;
use crate::document::{self, Selection};
use crate::extension::Extension;
use crate::http::fuzzing as http;
use crate::value::Variables;

/// A document: its parser, its limits, and the definitions of the schema language.
pub fn document(text: &str) {
    let limits = Limits::default();
    if let Ok((document, position)) = compile::read(text, None, &limits) {
        let operation = document.operations.get(position);
        let _ = compile::check_required(operation, &Variables::new());
    }
    if let Ok(document) = document::parse(text, limits.depth, limits.tokens) {
        let selections = document.operations.iter().flat_map(|one| &one.selections);
        let fields = selections.filter_map(|selection| match selection {
            Selection::Field(field) => Some(field),
            _ => None,
        });
        for field in fields {
            assert!(document::same_members(&field.arguments, &field.arguments));
        }
    }
    let _ = Extension::new(text);
}

/// A request's body, and the same as a message of a socket.
pub fn request(body: &[u8]) {
    let limits = Limits::default();
    if let Some(request) = http::read(body, &limits) {
        document(&request.query);
        let variables = compile::variables(request.variables);
        if let Ok(variables) = variables {
            let _ = crate::limit::check_variables(&variables, &limits);
        }
    }
}
