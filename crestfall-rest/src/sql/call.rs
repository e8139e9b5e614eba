//! Function calls.

use bytes::Bytes;
use crestfall_core::QualifiedName;
use crestfall_core::catalog::Parameter;

use super::Sql;
use super::body::JsonRows;
use super::condition::array_literal;
use crate::plan::call::{Argument, Arguments, Call};
use crate::plan::column::ColumnRef;

impl Sql {
    /// Calls a function that returns one scalar, as JSON.
    pub(super) fn scalar_call(&mut self, call: &Call) {
        self.push("coalesce(to_json(")
            .invoke(call)
            .push("), 'null')");
    }

    pub(super) fn call(&mut self, call: &Call) {
        let is_scalar = !call.routine.returns.composite;
        self.push("SELECT ");
        if is_scalar {
            self.push("crestfall_call.pgrst_scalar");
        } else {
            self.returned_columns(call);
        }
        self.push(" ");
        match &call.arguments {
            Arguments::Json { parameters, body } => {
                let columns: Vec<_> = parameters.iter().map(parameter_column).collect();
                self.from_json(&JsonRows {
                    json: body,
                    columns: &columns,
                    apply_defaults: false,
                    first_only: true,
                });
                self.push(", LATERAL ");
            }
            Arguments::None | Arguments::Body { .. } | Arguments::Direct(_) => {
                self.push("FROM ");
            }
        }
        if is_scalar {
            self.push("(SELECT ")
                .invoke(call)
                .push(" pgrst_scalar) crestfall_call");
        } else {
            self.invoke(call).push(" crestfall_call");
        }
    }

    fn returned_columns(&mut self, call: &Call) {
        if call.returning.is_empty() {
            self.push("*");
            return;
        }
        let row = QualifiedName::new("", "crestfall_call");
        self.join(", ", &call.returning, |sql, column| {
            sql.column(&row, column);
        });
    }

    fn invoke(&mut self, call: &Call) -> &mut Self {
        self.name(&call.routine.name).push("(");
        match &call.arguments {
            Arguments::None => {}
            Arguments::Body { value, data_type } => {
                self.param(value.as_ref().map(|value| body_text(value, data_type)))
                    .push("::")
                    .push(data_type);
            }
            Arguments::Direct(arguments) => {
                self.join(", ", arguments, |sql, (parameter, argument)| {
                    sql.named(parameter);
                    match argument {
                        Argument::Null => sql.push("NULL"),
                        Argument::One(value) => sql.text_param(value),
                        Argument::Many(values) => sql.text_param(&array_literal(values)),
                    };
                    sql.push("::").push(&parameter.unbounded_type);
                });
            }
            Arguments::Json { parameters, .. } => {
                self.join(", ", parameters, |sql, parameter| {
                    sql.named(parameter)
                        .push("crestfall_body.")
                        .ident(&parameter.name);
                });
            }
        }
        self.push(")")
    }

    fn named(&mut self, parameter: &Parameter) -> &mut Self {
        self.push(if parameter.variadic { "VARIADIC " } else { "" })
            .ident(&parameter.name)
            .push(" := ")
    }
}

fn parameter_column(parameter: &Parameter) -> ColumnRef {
    ColumnRef {
        data_type: parameter.unbounded_type.clone(),
        ..ColumnRef::unknown(parameter.name.clone(), Vec::new())
    }
}

/// A body as the text form of its type: bytes as hex, anything else as it is.
fn body_text(value: &Bytes, data_type: &str) -> Bytes {
    if data_type != "bytea" {
        return value.clone();
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = value.iter().flat_map(|byte| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    });
    b"\\x".iter().copied().chain(digits).collect()
}
