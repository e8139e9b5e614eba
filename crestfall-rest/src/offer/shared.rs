//! What operations share: parameters, refusals, the form of errors.

use crestfall_core::openapi::{Answer, Document, Operation, Parameter, Schema};
use serde_json::json;

/// Names in the query string that are no column's.
pub(super) const RESERVED: &[&str] = &[
    "select",
    "order",
    "limit",
    "offset",
    "and",
    "or",
    "not.and",
    "not.or",
    "on_conflict",
    "columns",
];

/// How a read is refused.
pub(super) const READ: &[u16] = &[400, 401, 403, 404, 406, 416, 500, 503, 504];
/// How a write is refused.
pub(super) const WRITE: &[u16] = &[400, 401, 403, 404, 405, 406, 409, 413, 415, 500, 503, 504];
/// Name of the form of errors.
const ERROR: &str = "RestError";

/// The parameters and schemas that operations name.
pub(super) fn write(document: &mut Document) {
    let error = Schema::object()
        .describe("Why a request was refused.")
        .required(
            "code",
            Schema::string().describe(
                "A code that never changes its meaning: `PGRST…`, or PostgreSQL's SQLSTATE.",
            ),
        )
        .required("message", Schema::string().describe("What is wrong."))
        .optional(
            "details",
            Schema::any().describe("More about it: text, a list, or null."),
        )
        .optional(
            "hint",
            Schema::string().nullable().describe("What to do about it."),
        )
        .example(json!({
            "code": "PGRST205",
            "details": null,
            "hint": "Perhaps you meant the table 'public.films'",
            "message": "Could not find the table 'public.filmz' in the schema cache",
        }));
    document.schema(ERROR, error);
    for (name, parameter) in parameters() {
        document.parameter(name, parameter);
    }
}

fn parameters() -> Vec<(&'static str, Parameter)> {
    let text =
        |name, description: &str| Parameter::query(name, Schema::string()).describe(description);
    let number = |name, description: &str| {
        let schema = Schema::integer("int64").with("minimum", 0);
        Parameter::query(name, schema).describe(description)
    };
    let prefer = |values: &[&str]| Parameter::header("Prefer", Schema::one_of(values));
    vec![
        (
            "select",
            Parameter::query("select", Schema::string().with("pattern", r"^\*(,.*)?$"))
                .describe(
                    "What to answer with: `*` for every column, and related rows beside: \
                 `*,directors(name)`. Fewer columns may be named too; the answer then has those \
                 alone, which its schema does not tell.",
                )
                .example("*"),
        ),
        (
            "order",
            text(
                "order",
                "`column.asc`, `column.desc.nullslast`, several with commas between.",
            ),
        ),
        ("limit", number("limit", "At most this many rows.")),
        (
            "offset",
            number("offset", "Leaves out as many rows before the first."),
        ),
        (
            "and",
            text(
                "and",
                "All of these conditions hold: `(year.gte.2000,title.like.*a*)`.",
            ),
        ),
        (
            "or",
            text(
                "or",
                "One of these conditions holds: `(year.gte.2000,title.like.*a*)`.",
            ),
        ),
        (
            "onConflict",
            text(
                "on_conflict",
                "The unique columns by which `resolution` finds rows.",
            ),
        ),
        (
            "columns",
            text(
                "columns",
                "The columns to write; others in the body are left out.",
            ),
        ),
        (
            "preferCount",
            prefer(&["count=exact", "count=planned", "count=estimated"])
                .describe("Counts all rows, for `Content-Range`."),
        ),
        (
            "preferInsert",
            prefer(&[
                "return=representation",
                "return=representation,missing=default",
                "return=representation,resolution=merge-duplicates",
                "return=representation,resolution=ignore-duplicates",
            ])
            .required()
            .describe("Answers with the rows; without it, there is no body."),
        ),
        (
            "preferWrite",
            prefer(&["return=representation"])
                .required()
                .describe("Answers with the rows; without it, the answer is 204 without a body."),
        ),
    ]
}

/// Rows, and where they stand among all.
pub(super) fn rows(description: &str, schema: Schema) -> Answer {
    Answer::new(description)
        .header(
            "Content-Range",
            "First and last row, and how many there are when they were counted: `0-9/100`",
        )
        .body("application/json", schema)
}

/// The operation with these refusals.
pub(super) fn refusals(operation: Operation, statuses: &[u16]) -> Operation {
    statuses.iter().fold(operation, |operation, &status| {
        operation.answers(status, refusal(meaning(status)))
    })
}

/// The operation with any refusal: a function raises what it likes. Not by `default`, which would be
/// for what goes well too.
pub(super) fn any_refusal(operation: Operation) -> Operation {
    ["4XX", "5XX"]
        .into_iter()
        .fold(operation, |operation, statuses| {
            operation.answers_in(statuses, refusal("Refused, or raised by the function"))
        })
}

fn refusal(description: &str) -> Answer {
    Answer::new(description).body("application/json", Schema::reference(ERROR))
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request makes no sense, or breaks a rule of the data",
        401 => "Nobody is logged in, or the credential is not good",
        403 => "The role may not do this",
        404 => "There is no such thing",
        405 => "This cannot be done here",
        406 => "The answer cannot be given in this form",
        409 => "It goes against what is there already",
        413 => "The body is too large",
        415 => "The body has a form that is not known",
        416 => "There are fewer rows than are left out",
        503 => "The database is away or busy; `Retry-After` says when to try again",
        504 => "The database took too long",
        _ => "The server failed",
    }
}
