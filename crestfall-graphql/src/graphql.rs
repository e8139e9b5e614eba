//! The API itself: what it is made of, and one operation from end to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use crestfall_core::catalog::{KeptCatalog, SharedCatalog};
use crestfall_core::db::{Access, Db, DbError, Rows, Scope, Share, Statement};
use crestfall_core::identity::SharedVerifier;
use crestfall_core::name::quote;
use crestfall_core::tx::RequestContext;
use crestfall_core::{Catalog, Identity};
use quick_cache::sync::Cache;

use crate::compile;
use crate::compiled::{Compiled, DocumentRef, Documents, Source};
use crate::config::Config;
use crate::document::OperationKind;
use crate::failure;
use crate::model::visible::{self, Visible};
use crate::model::{self, Schema};
use crate::request::{Error, Fate, Request, Response};
use crate::sdl;
use crate::value::Variables;

/// Roles whose schemas are remembered.
const ROLES: usize = 250;

/// A pg_graphql-compatible API over one database. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct GraphQl {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    db: Db,
    catalog: Arc<SharedCatalog>,
    settings: ArcSwap<Settings>,
    pub(crate) verifier: Option<SharedVerifier>,
    /// What keeps the catalogue up to date, when nobody else does.
    kept: Option<Arc<KeptCatalog>>,
}

/// A schema, or what is wrong with the comments of the database.
type Outcome = Result<Schema, String>;

/// Settings and what was made under them.
#[derive(Debug)]
struct Settings {
    config: Config,
    search_path: String,
    schemas: Cache<(u64, Arc<str>), Arc<Outcome>>,
    documents: Documents,
    /// The version of the catalogue that they were made from.
    version: AtomicU64,
}

impl Settings {
    fn new(config: Config) -> Self {
        let path = config.schemas.iter().chain(
            config
                .extra_search_path
                .iter()
                .filter(|extra| !config.schemas.contains(extra)),
        );
        let path: Vec<String> = path.map(|schema| quote(schema).to_string()).collect();
        Self {
            search_path: path.join(", "),
            config,
            schemas: Cache::new(ROLES),
            documents: Documents::default(),
            version: AtomicU64::new(0),
        }
    }

    /// Forgets what was made from an older catalogue.
    fn follow(&self, version: u64) {
        if self.version.fetch_max(version, Ordering::Relaxed) < version {
            self.schemas.clear();
            self.documents.clear();
        }
    }
}

impl GraphQl {
    /// An API over the objects of `catalog`, whose statements run on `db`. The catalogue must have been
    /// loaded with [`details`](crestfall_core::catalog::CatalogOptions::details).
    pub fn new(db: Db, catalog: Arc<SharedCatalog>) -> Self {
        Self {
            shared: Arc::new(Shared {
                db,
                catalog,
                settings: ArcSwap::from_pointee(Settings::new(Config::default())),
                verifier: None,
                kept: None,
            }),
        }
    }

    /// Uses these settings from now on; operations under way keep the old ones.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        self.reconfigure(config);
        self
    }

    /// Replaces the settings while the API serves.
    pub fn reconfigure(&self, config: Config) {
        self.shared.settings.store(Arc::new(Settings::new(config)));
    }

    /// The settings in force.
    pub fn limits(&self) -> crate::Limits {
        self.shared.settings.load().config.limits
    }

    /// Verifies bearer tokens itself. An identity that a layer has found goes before.
    #[must_use]
    pub fn verifier(self, verifier: SharedVerifier) -> Self {
        self.changed(|shared| shared.verifier = Some(verifier))
    }

    /// Keeps what keeps its catalogue.
    pub(crate) fn keeping(self, kept: KeptCatalog) -> Self {
        self.changed(|shared| shared.kept = Some(Arc::new(kept)))
    }

    fn changed(self, change: impl FnOnce(&mut Shared)) -> Self {
        let shared = &*self.shared;
        let mut shared = Shared {
            db: shared.db.clone(),
            catalog: shared.catalog.clone(),
            settings: ArcSwap::new(shared.settings.load_full()),
            verifier: shared.verifier.clone(),
            kept: shared.kept.clone(),
        };
        change(&mut shared);
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The schema that an identity's role sees, in the schema definition language.
    ///
    /// # Errors
    /// The answer an operation would get, when there is no schema.
    pub async fn schema_document(&self, identity: &Identity) -> Result<String, Response> {
        let settings = self.shared.settings.load_full();
        let catalog = self.shared.catalog.load().ok_or_else(no_catalog)?;
        let context = RequestContext::default();
        let schema = self.schema(&settings, &catalog, identity, &context).await?;
        match &*schema {
            Ok(schema) => Ok(sdl::document(schema)),
            Err(message) => Err(Response::refused(Error::new(message))),
        }
    }

    /// Executes an operation as an identity. `context` is what SQL is told of the request.
    pub async fn execute(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Response {
        let prepared = match self.prepare(identity, context, request).await {
            Ok(prepared) => prepared,
            Err(response) => return response,
        };
        self.run(identity, context, &prepared).await
    }

    /// Executes an operation unless it changes something.
    pub async fn execute_query(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Response {
        let prepared = match self.prepare(identity, context, request).await {
            Ok(prepared) => prepared,
            Err(response) => return response,
        };
        if prepared.compiled.kind == OperationKind::Mutation {
            let error = Error::new("a mutation cannot be asked for by GET");
            return Response::refused(error).with_fate(Fate::MethodNotAllowed);
        }
        self.run(identity, context, &prepared).await
    }

    async fn prepare(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Result<Prepared, Response> {
        let settings = self.shared.settings.load_full();
        let variables = compile::variables(request.variables)?;
        let catalog = self.shared.catalog.load().ok_or_else(no_catalog)?;
        settings.follow(catalog.version);
        let by = DocumentRef {
            version: catalog.version,
            role: identity.shared_role(),
            document: &request.query,
            operation: request.operation_name.as_deref(),
        };
        let known = match settings.documents.find(&by) {
            Some(known) => known,
            None => {
                let limits = &settings.config.limits;
                let read = compile::read(by.document, by.operation, limits)?;
                settings.documents.add(&by, read)
            }
        };
        let schema = self.schema(&settings, &catalog, identity, context).await?;
        let schema = match &*schema {
            Ok(schema) => schema,
            Err(message) => return Err(Response::refused(Error::new(message))),
        };
        let limits = &settings.config.limits;
        let documents = &settings.documents;
        let compiled = compile::compiled(documents, schema, &known, &variables, limits)?;
        Ok(Prepared {
            settings,
            compiled,
            variables,
        })
    }

    /// The schema of a role, asked for once for each version of the catalogue.
    async fn schema(
        &self,
        settings: &Settings,
        catalog: &Catalog,
        identity: &Identity,
        context: &RequestContext,
    ) -> Result<Arc<Outcome>, Response> {
        let key = (catalog.version, identity.shared_role().clone());
        if let Some(schema) = settings.schemas.get(&key) {
            return Ok(schema);
        }
        let made = settings.schemas.get_or_insert_async(&key, async {
            let Some(details) = &catalog.details else {
                return Err(no_catalog());
            };
            let scope_settings = scope_settings(settings, identity, context);
            let scope = Scope {
                settings: &scope_settings,
                access: Access::ReadOnly,
                share: Share::Alone,
                leaves_nothing: true,
                ..Scope::default()
            };
            let answers = self
                .shared
                .db
                .run(&scope, &visible::statements(details))
                .await;
            let answers = answers.map_err(|error| failure::response(&error))?;
            let visible = Visible::read(&answers).map_err(|error| {
                tracing::error!(error.message = %error, "graphql.schema failed");
                no_catalog()
            })?;
            let schemas = &settings.config.schemas;
            Ok(Arc::new(model::build(catalog, details, &visible, schemas)))
        });
        made.await
    }

    async fn run(
        &self,
        identity: &Identity,
        context: &RequestContext,
        prepared: &Prepared,
    ) -> Response {
        let compiled = &*prepared.compiled;
        let statements = compiled.statements(&prepared.variables);
        let rows = match statements.is_empty() {
            true => Vec::new(),
            false => match self.ask(identity, context, prepared, &statements).await {
                Ok(rows) => rows,
                Err(error) => return failure::response(&error),
            },
        };
        Response::data(answer(compiled, &rows), compiled.errors.clone())
    }

    async fn ask(
        &self,
        identity: &Identity,
        context: &RequestContext,
        prepared: &Prepared,
        statements: &[Statement],
    ) -> Result<Vec<Rows>, DbError> {
        let (settings, compiled) = (&*prepared.settings, &*prepared.compiled);
        if settings.config.log_query {
            for statement in statements {
                tracing::info!(db.query.text = %statement.sql, "graphql.execute");
            }
        }
        let reads = compiled.kind == OperationKind::Query;
        let prelude = settings.config.pre_request.as_ref();
        let prelude = prelude.map(|function| Statement::new(format!("select {function}()")));
        let scope_settings = scope_settings(settings, identity, context);
        let scope = Scope {
            settings: &scope_settings,
            access: if reads {
                Access::ReadOnly
            } else {
                Access::ReadWrite
            },
            share: if reads {
                Share::Pipelined
            } else {
                Share::Alone
            },
            prelude: prelude.as_ref(),
            leaves_nothing: prelude.is_none() && compiled.is_quiet(),
            ..Scope::default()
        };
        self.shared.db.run(&scope, statements).await
    }

    /// How long to wait while the database cannot be reached.
    pub(crate) fn retry_after(&self) -> u64 {
        let pause = self.shared.db.retry_after();
        pause.map_or(1, |pause| pause.as_secs().max(1))
    }
}

/// An operation ready to run.
struct Prepared {
    settings: Arc<Settings>,
    compiled: Arc<Compiled>,
    variables: Variables,
}

/// What a transaction is told before its statements, in order.
fn scope_settings<'a>(
    settings: &'a Settings,
    identity: &'a Identity,
    context: &'a RequestContext,
) -> [(&'static str, &'a str); 7] {
    [
        ("search_path", settings.search_path.as_str()),
        ("role", identity.role()),
        ("request.jwt.claims", identity.claims().as_str()),
        ("request.method", context.method()),
        ("request.path", context.path()),
        ("request.headers", context.headers_json()),
        ("request.cookies", context.cookies_json()),
    ]
}

fn no_catalog() -> Response {
    let error = Error::new("the server does not know the database yet");
    Response::refused(error).with_fate(Fate::Unavailable)
}

/// Puts the answer together: what PostgreSQL wrote is passed on as it is.
fn answer(compiled: &Compiled, rows: &[Rows]) -> Vec<u8> {
    let columns: Vec<Option<&[u8]>> = match rows.first().and_then(|rows| rows.row(0)) {
        Some(row) if compiled.kind == OperationKind::Query => row.values().collect(),
        _ => Vec::new(),
    };
    let length: usize = columns.iter().flatten().map(|value| value.len()).sum();
    let mut data = Vec::with_capacity(length + 64 * compiled.fields.len());
    data.push(b'{');
    for (index, (key, source)) in compiled.fields.iter().enumerate() {
        if index > 0 {
            data.push(b',');
        }
        data.push(b'"');
        data.extend_from_slice(key.as_bytes());
        data.extend_from_slice(b"\":");
        let value = match source {
            Source::Rows(template) => {
                if let Some(rows) = rows.first() {
                    template.write(&mut data, rows);
                    continue;
                }
                None
            }
            Source::Constant(value) => Some(&value[..]),
            Source::Column(column) => columns.get(*column).copied().flatten(),
            Source::Statement(statement) => rows.get(*statement).and_then(Rows::first),
        };
        data.extend_from_slice(value.unwrap_or(b"null"));
    }
    data.push(b'}');
    data
}
