//! From a document to statements: the operation is found, its fields are planned, SQL is written.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::compiled::{Compiled, Documents, Known, Source};
use crate::config::Limits;
use crate::document::{self, Document, Operation, OperationKind};
use crate::introspect;
use crate::limit::{self, Budget};
use crate::live;
use crate::model::{Schema, TypeId};
use crate::plan::{Key, Planner, Root};
use crate::refusal::Refusal;
use crate::request::{Error, Response};
use crate::selection::{Selected, Selector};
use crate::sql;
use crate::value::{Reads, Variables};

/// Reads a document and finds the operation that is meant.
///
/// # Errors
/// The answer, when there is none.
pub(crate) fn read(
    text: &str,
    operation: Option<&str>,
    limits: &Limits,
) -> Result<(Document, usize), Response> {
    check_length(text, limits)?;
    let document = document::parse(text, limits.depth, limits.tokens).map_err(|error| {
        let told = Error::new(error.message).at(error.at);
        Response::refused(match error.code {
            Some(code) => told.coded(code),
            None => told,
        })
    })?;
    let position =
        find(&document, operation).map_err(|message| Response::refused(Error::new(message)))?;
    if let Some(operation) = document.operations.get(position) {
        limit::check_operation(&document, operation, limits).map_err(refused)?;
    }
    Ok((document, position))
}

/// Refuses a document by its length, before anything looks at it.
///
/// # Errors
/// The answer.
pub(crate) fn check_length(text: &str, limits: &Limits) -> Result<(), Response> {
    if text.len() <= limits.document_bytes {
        return Ok(());
    }
    let most = format!("{} bytes", limits.document_bytes);
    let what = "the document is too long";
    Err(refused(limit::Exceeded::new(what, most, "max_document")))
}

/// What is beyond a limit is no operation that is executed.
fn refused(exceeded: limit::Exceeded) -> Response {
    Response::refused(Error::from(exceeded))
}

fn find(document: &Document, wanted: Option<&str>) -> Result<usize, String> {
    let operations = &document.operations;
    let is_anonymous = |operation: &Operation| operation.name.is_none();
    if operations.len() > 1 && operations.iter().any(is_anonymous) {
        return Err("Anonymous operations must be the only defined operation".into());
    }
    let mut names: Vec<_> = operations.iter().map(|operation| &operation.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < operations.len() {
        return Err("Operation names must be unique".into());
    }
    document::check_cycles(document)?;
    let position = match (wanted, operations.len()) {
        (None, 1) => Some(0),
        (None, _) => None,
        (Some(wanted), _) => operations
            .iter()
            .position(|operation| operation.name.as_deref() == Some(wanted)),
    };
    position.ok_or_else(|| "Operation not found".into())
}

/// Plans an operation for these variables. What was read of them comes back too.
///
/// # Errors
/// The answer, when the operation cannot be executed at all.
pub(crate) fn compile(
    schema: &Schema,
    known: &Known,
    variables: &Variables,
    limits: &Limits,
) -> Result<(Compiled, Reads), Response> {
    let Some(operation) = known.operation() else {
        return Err(Response::refused(Error::new("Operation not found")));
    };
    let root = root(schema, operation)?;
    let mut planner = Planner {
        schema,
        selector: Selector {
            document: &known.document,
            definitions: &operation.variables,
            variables,
            reads: Reads::default(),
            budget: limits.selections,
        },
        related: 0,
    };
    let name = &schema.type_of(root).name;
    let fields = planner
        .selector
        .select(&[&operation.selections], name, false)
        .map_err(Response::refused)?;
    if fields.is_empty() {
        let error = Error::new("Selection set must not be empty");
        return Err(Response::refused(error));
    }
    if operation.kind == OperationKind::Subscription && fields.len() > 1 {
        let error = Error::new("A subscription must have exactly one field at its root");
        return Err(Response::refused(error));
    }
    let compiled = match operation.kind {
        OperationKind::Mutation => mutation(&mut planner, root, &fields, limits)?,
        OperationKind::Query | OperationKind::Subscription => {
            query(&mut planner, root, &fields, limits)?
        }
    };
    Ok((compiled, planner.selector.reads))
}

fn root(schema: &Schema, operation: &Operation) -> Result<TypeId, Response> {
    match operation.kind {
        OperationKind::Query => Ok(schema.query),
        OperationKind::Mutation => schema
            .mutation
            .ok_or_else(|| Response::refused(Error::new("Unknown type Mutation"))),
        OperationKind::Subscription => schema
            .subscription
            .ok_or_else(|| Response::refused(Error::new("Subscriptions are not supported"))),
    }
}

/// Fields that can be planned are answered, also when others cannot.
fn query<'d>(
    planner: &mut Planner<'_, 'd>,
    root: TypeId,
    fields: &[Selected<'d>],
    limits: &Limits,
) -> Result<Compiled, Response> {
    let mut roots: Vec<(Key, Root)> = Vec::new();
    let mut errors = Vec::new();
    for field in fields {
        match planner.root(root, field) {
            Ok(planned) => roots.push((field.key().clone(), planned)),
            Err(refusal) => errors.push(Error::from(refusal).of_field(field.key())),
        }
    }
    if roots.is_empty() {
        return Err(Response {
            errors,
            ..Response::refused(Refusal::new(""))
        });
    }
    limit::check_related(planner.related, limits.related).map_err(refused)?;
    let planned = roots.iter().map(|(_, root)| root);
    limit::check_cost(planner.schema, planned, limits.cost).map_err(refused)?;
    let budget = Budget::new(planner.schema, limits.introspection);
    for (_, root) in &roots {
        introspect::count(planner.schema, root, &budget);
    }
    budget.check().map_err(refused)?;
    if let Some(compiled) = plain(planner.schema, &roots) {
        return Ok(Compiled { errors, ..compiled });
    }
    let written = sql::query(planner.schema, roots.iter().map(|(_, root)| root));
    let mut column = 0;
    let planned = roots.iter().map(|(_, root)| root);
    let relations = live::relations(planner.schema, planned);
    let mut own = Vec::new();
    let sources = roots.into_iter().map(|(key, root)| {
        let constant = constant(planner.schema, &root);
        let source = constant.unwrap_or_else(|| match root {
            Root::Own(field) => {
                own.push(field);
                Source::Own(own.len() - 1)
            }
            _ => {
                column += 1;
                Source::Column(column - 1)
            }
        });
        (key, source)
    });
    let fields = sources.collect();
    Ok(Compiled {
        kind: OperationKind::Query,
        relations,
        fields,
        statements: written.into_iter().collect(),
        nested: Vec::new(),
        own,
        errors,
    })
}

/// An operation of which one field asks the database, for rows that we can write as JSON ourselves.
fn plain(schema: &Schema, roots: &[(Key, Root)]) -> Option<Compiled> {
    if roots.iter().any(|(_, root)| matches!(root, Root::Own(_))) {
        return None;
    }
    let mut asking = roots.iter().filter(|(_, root)| root.asks());
    let (only, None) = (asking.next()?, asking.next()) else {
        return None;
    };
    let (written, template) = sql::rows(schema, &only.1)?;
    let mut template = Some(template);
    let sources = roots.iter().filter_map(|(key, root)| {
        let source = match constant(schema, root) {
            Some(constant) => constant,
            None => Source::Rows(template.take()?),
        };
        Some((key.clone(), source))
    });
    Some(Compiled {
        kind: OperationKind::Query,
        relations: live::relations(schema, roots.iter().map(|(_, root)| root)),
        fields: sources.collect(),
        statements: vec![written],
        own: Vec::new(),
        nested: Vec::new(),
        errors: Vec::new(),
    })
}

/// All fields or none.
fn mutation<'d>(
    planner: &mut Planner<'_, 'd>,
    root: TypeId,
    fields: &[Selected<'d>],
    limits: &Limits,
) -> Result<Compiled, Response> {
    let mut sources = Vec::new();
    let mut statements = Vec::new();
    let mut nested = Vec::new();
    let mut own = Vec::new();
    let mut roots = Vec::with_capacity(fields.len());
    for field in fields {
        let planned = planner
            .root(root, field)
            .map_err(|refusal| Response::refused(Error::from(refusal).of_field(field.key())))?;
        limit::check_nesting(&planned, limits).map_err(refused)?;
        if let Some(write) = sql::nested_write(planner.schema, field.key(), &planned) {
            sources.push((field.key().clone(), Source::Nested(nested.len())));
            nested.push(write);
            roots.push(planned);
            continue;
        }
        let source = match sql::mutation(planner.schema, &planned) {
            Some(written) => {
                statements.push(written);
                Source::Statement(statements.len() - 1)
            }
            None => constant(planner.schema, &planned)
                .unwrap_or(Source::Constant(Bytes::from_static(b"null"))),
        };
        if let Root::Own(field_of_own) = planned {
            own.push(field_of_own);
            sources.push((field.key().clone(), Source::Own(own.len() - 1)));
            continue;
        }
        sources.push((field.key().clone(), source));
        roots.push(planned);
    }
    let asks = !statements.is_empty() || !nested.is_empty();
    if asks && !own.is_empty() {
        let message = "fields of the server's own and of the database cannot stand in one mutation: \
                       they are not in one transaction";
        return Err(Response::refused(Error::new(message)));
    }
    limit::check_related(planner.related, limits.related).map_err(refused)?;
    limit::check_cost(planner.schema, &roots, limits.cost).map_err(refused)?;
    Ok(Compiled {
        kind: OperationKind::Mutation,
        relations: Vec::new(),
        fields: sources,
        statements,
        nested,
        own,
        errors: Vec::new(),
    })
}

/// What is known without the database.
fn constant(schema: &Schema, root: &Root) -> Option<Source> {
    let value = match root {
        Root::Typename(name) => Json::from(&**name),
        Root::Schema(items) => introspect::schema(schema, items),
        Root::Type(name, items) => introspect::type_named(schema, name.as_deref(), items),
        _ => return None,
    };
    Some(Source::Constant(value.to_string().into()))
}

/// The variables of a request.
///
/// # Errors
/// The answer, when they are no object.
pub(crate) fn variables(json: Json) -> Result<Variables, Response> {
    match json {
        Json::Null => Ok(Variables::new()),
        Json::Object(variables) => Ok(variables),
        _ => Err(Response::refused(Error::new("variables must be an object"))),
    }
}

/// Refuses variables that leave out what their types ask for.
///
/// # Errors
/// The answer.
pub(crate) fn check_required(
    operation: Option<&Operation>,
    variables: &Variables,
) -> Result<(), Response> {
    let required = operation.map_or(&[][..], |operation| &operation.required);
    let missing = required
        .iter()
        .find(|name| variables.get(&***name).is_none_or(Json::is_null));
    match missing {
        None => Ok(()),
        Some(name) => Err(Response::refused(Error::new(format!(
            "variable \"${name}\" must be given, and not null"
        )))),
    }
}

/// A compiled operation, from memory or made now.
///
/// # Errors
/// The answer, when the operation cannot be executed at all.
pub(crate) fn compiled(
    documents: &Documents,
    schema: &Schema,
    known: &Known,
    variables: &Variables,
    limits: &Limits,
) -> Result<Arc<Compiled>, Response> {
    if let Some(compiled) = documents.plan(known, schema, variables) {
        return Ok(compiled);
    }
    let (compiled, reads) = compile(schema, known, variables, limits)?;
    let compiled = Arc::new(compiled);
    documents.keep(known, schema, variables, &reads, &compiled);
    Ok(compiled)
}
