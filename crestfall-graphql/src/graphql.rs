//! The API itself: what it is made of, and one operation from end to end.

mod prepared;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use crestfall_core::catalog::{KeptCatalog, SharedCatalog};
use crestfall_core::db::{Access, Db, Rows, Scope, Share, Statement};
use crestfall_core::identity::{ANONYMOUS_ROLE, SharedVerifier};
use crestfall_core::name::quote;
use crestfall_core::tx::RequestContext;
use crestfall_core::{Catalog, Identity};
use quick_cache::sync::Cache;
use serde_json::Value as Json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::caller::Authenticate;
use crate::compile;
use crate::compiled::{Compiled, DocumentRef, Documents, Source};
use crate::config::Config;
use crate::document::OperationKind;
use crate::extension::{Call, Extension};
use crate::failure;
use crate::limit;
use crate::live::{Changes, Hub, Subscribed};
use crate::model::visible::{self, Visible};
use crate::model::{self, Rules, Schema};
use crate::nested::{self, Failed};
use crate::persisted::Registered;
use crate::request::{Error, Fate, Request, Response};
use crate::sdl;
pub(crate) use prepared::{May, Missing, Prepared};

/// Why a subscription is not executed as if it were a query.
const NO_STREAM: &str =
    "a subscription needs a WebSocket, or `Accept: text/event-stream`: its answers are many";

/// Roles whose schemas are remembered.
const ROLES: usize = 250;

/// A pg_graphql-compatible API over one database. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct GraphQl {
    pub(crate) shared: Arc<Shared>,
    /// Finds out who calls; none is the layer that has put an identity on the request.
    pub(crate) authenticate: Option<Arc<dyn Authenticate>>,
    pub(crate) changes: Option<Arc<dyn Changes>>,
    extension: Arc<Extension>,
    /// Keeps the catalogue up to date.
    kept: Option<Arc<KeptCatalog>>,
}

pub(crate) struct Shared {
    db: Db,
    catalog: Arc<SharedCatalog>,
    settings: ArcSwap<Settings>,
    pub(crate) live: Hub,
    registered: Registered,
    /// Sockets and event streams that may still be opened.
    pub(crate) connections: Arc<Semaphore>,
    /// Cancelled when sockets and event streams are to end.
    pub(crate) ended: CancellationToken,
}

/// A schema, or what is wrong with the comments of the database.
pub(crate) type Outcome = Result<Schema, String>;

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

impl Shared {
    fn new(db: Db, catalog: Arc<SharedCatalog>, config: Config) -> Self {
        Self {
            db,
            catalog,
            live: Hub::new(&config.subscriptions),
            registered: Registered::default(),
            connections: Arc::new(Semaphore::new(config.subscriptions.max_connections)),
            ended: CancellationToken::new(),
            settings: ArcSwap::from_pointee(Settings::new(config)),
        }
    }
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
            shared: Arc::new(Shared::new(db, catalog, Config::default())),
            authenticate: None,
            changes: None,
            extension: Arc::default(),
            kept: None,
        }
    }

    /// Uses these settings from now on; operations under way keep the old ones.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        let (db, catalog) = (self.shared.db.clone(), self.shared.catalog.clone());
        Self {
            shared: Arc::new(Shared::new(db, catalog, config)),
            ..self
        }
    }

    /// Replaces the settings while the API serves.
    pub fn reconfigure(&self, config: Config) {
        self.shared.settings.store(Arc::new(Settings::new(config)));
    }

    /// What a request may ask for, but for the cost that a role may cause.
    pub fn limits(&self) -> crate::Limits {
        self.shared.settings.load().config.limits
    }

    /// How live queries are served.
    pub fn subscriptions(&self) -> crate::Subscriptions {
        self.shared.settings.load().config.subscriptions
    }

    /// Verifies bearer tokens itself. An identity that a layer has found goes before.
    #[must_use]
    pub fn verifier(self, verifier: SharedVerifier) -> Self {
        self.authenticate(Arc::new(verifier))
    }

    /// Finds out by this who calls. An identity that a layer has found goes before.
    #[must_use]
    pub fn authenticate(mut self, authenticate: Arc<dyn Authenticate>) -> Self {
        self.authenticate = Some(authenticate);
        self
    }

    /// Asks live queries when this says so, rather than at an interval.
    #[must_use]
    pub fn changes(mut self, changes: Arc<dyn Changes>) -> Self {
        self.changes = Some(changes);
        self
    }

    /// Answers these fields too, in the same endpoint: operations may ask for both, and introspection
    /// shows both.
    #[must_use]
    pub fn extend(mut self, extension: Extension) -> Self {
        let known = Arc::unwrap_or_clone(self.extension);
        self.extension = Arc::new(known.and(extension));
        // What was made of roles' schemas is not shared with the API without them.
        let config = self.shared.settings.load().config.clone();
        self.config(config)
    }

    pub(crate) fn keeping(mut self, kept: KeptCatalog) -> Self {
        self.kept = Some(Arc::new(kept));
        self
    }

    /// Ends sockets and event streams, and opens no other: the process is about to end.
    pub fn end_subscriptions(&self) {
        self.shared.ended.cancel();
    }

    /// The schema of a role as a document: also what introspection does not show.
    ///
    /// # Errors
    /// The answer, when the database cannot be asked or a comment in it cannot be understood.
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

    /// What kind of operation it is.
    ///
    /// # Errors
    /// The answer, when it is none that can be run.
    pub(crate) async fn kind(
        &self,
        identity: &Identity,
        request: &Request,
    ) -> Result<OperationKind, Response> {
        let context = RequestContext::default();
        let prepared = self.prepare(identity, &context, request.clone()).await;
        prepared.map(|prepared| prepared.kind())
    }

    /// The request with the text of its document.
    fn named(&self, request: Request) -> Result<Request, Response> {
        let settings = self.shared.settings.load();
        let longest = settings.config.limits.document_bytes;
        let persisted = &settings.config.persisted;
        persisted.resolve(&self.shared.registered, request, longest)
    }

    /// Subscribes to what the operation answers, which is no answer yet.
    ///
    /// # Errors
    /// The answer, when there is nothing to subscribe to.
    pub(crate) async fn subscribe(
        &self,
        identity: &Identity,
        request: Request,
    ) -> Result<Subscribed, Response> {
        let context = RequestContext::default();
        // Queries are shared by their text.
        let request = self.named(request)?;
        let prepared = self.prepare(identity, &context, request.clone()).await?;
        let relations = &prepared.compiled.relations;
        self.shared
            .live
            .subscribe(self, identity, request, relations)
    }

    /// Executes an operation as an identity. `context` is what SQL is told of the request.
    pub async fn execute(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Response {
        self.execute_as_asked(identity, context, request, May::Execute, Missing::Refused)
            .await
    }

    /// Executes an operation unless it changes something.
    pub async fn execute_query(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Response {
        self.execute_as_asked(identity, context, request, May::Query, Missing::Refused)
            .await
    }

    /// Executes an operation that may be asked for like this.
    pub(crate) async fn execute_as_asked(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
        may: May,
        missing: Missing,
    ) -> Response {
        let prepared = self.prepare_incomplete(identity, context, request).await;
        let prepared = prepared.and_then(|prepared| {
            let is_lenient = missing == Missing::MayBeNull && prepared.settings.config.drop_in;
            match is_lenient {
                true => Ok(prepared),
                false => prepared.complete(),
            }
        });
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(response) => return response,
        };
        match (prepared.kind(), may) {
            (OperationKind::Query, _) | (OperationKind::Mutation, May::Execute) => {}
            (OperationKind::Mutation, May::Query) => {
                let error = Error::new("a mutation cannot be asked for by GET");
                return Response::refused(error).with_fate(Fate::MethodNotAllowed);
            }
            (OperationKind::Subscription, _) => return Response::refused(Error::new(NO_STREAM)),
        }
        self.run(identity, context, &prepared).await
    }

    /// What the operation is, without running it.
    ///
    /// # Errors
    /// The answer, when it cannot be run.
    pub(crate) async fn prepare(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Result<Prepared, Response> {
        let prepared = self.prepare_incomplete(identity, context, request).await?;
        prepared.complete()
    }

    /// What the operation is, whether or not it has its variables.
    ///
    /// # Errors
    /// The answer, when it cannot be run.
    async fn prepare_incomplete(
        &self,
        identity: &Identity,
        context: &RequestContext,
        request: Request,
    ) -> Result<Prepared, Response> {
        let settings = self.shared.settings.load_full();
        let limits = &settings.config.limits_of(identity.role());
        compile::check_length(&request.query, limits)?;
        let request = self.named(request)?;
        let variables = compile::variables(request.variables)?;
        limit::check_variables(&variables, limits)
            .map_err(|exceeded| Response::refused(Error::from(exceeded)))?;
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
                let read = compile::read(by.document, by.operation, limits)?;
                let schema = self.schema(&settings, &catalog, identity, context).await?;
                settings.documents.add(&by, read, schema)
            }
        };
        let schema = match &*known.schema {
            Ok(schema) => schema,
            Err(message) => return Err(Response::refused(Error::new(message))),
        };
        let compiled = compile::compiled(&settings.documents, schema, &known, &variables, limits)?;
        Ok(Prepared {
            settings,
            known,
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
            let mut visible = Visible::read(&answers).map_err(|error| {
                tracing::error!(error.message = %error, "graphql.schema failed");
                no_catalog()
            })?;
            if settings.config.protects_anonymous && identity.role() == ANONYMOUS_ROLE {
                visible.hide_unprotected(catalog, details);
            }
            let rules = Rules {
                schemas: &settings.config.schemas,
                introspection: settings.config.introspection_of(identity.role()),
                is_drop_in: settings.config.drop_in,
                is_extended: settings.config.extended,
            };
            let schema = model::build(catalog, details, &visible, rules);
            let schema = schema.and_then(|schema| schema.extended(&self.extension));
            let schema = match settings.config.subscriptions.enabled {
                true => schema.map(Schema::with_subscriptions),
                false => schema,
            };
            Ok(Arc::new(schema))
        });
        made.await
    }

    pub(crate) async fn run(
        &self,
        identity: &Identity,
        context: &RequestContext,
        prepared: &Prepared,
    ) -> Response {
        let compiled = &*prepared.compiled;
        let statements = compiled.statements(&prepared.variables);
        let rows = match statements.is_empty() && compiled.nested.is_empty() {
            true => Vec::new(),
            false => match self.ask(identity, context, prepared, &statements).await {
                Ok(rows) => rows,
                Err(failed) => return failure::nested(failed),
            },
        };
        let mut errors = compiled.errors.clone();
        let own = match self.ask_own(identity, compiled, &mut errors).await {
            Some(own) => own,
            None => return Response::failed(errors),
        };
        // About as long as the values and what stands between them.
        let length: usize = rows.iter().map(Rows::size).sum();
        let capacity = 2 * length + 64 * compiled.fields.len();
        Response::written(capacity, errors, |json| {
            answer(json, compiled, &rows, &own);
        })
    }

    /// Asks the embedding program for its fields, one after the other as the operation has them. None
    /// when one failed that must not be null.
    async fn ask_own(
        &self,
        identity: &Identity,
        compiled: &Compiled,
        errors: &mut Vec<Error>,
    ) -> Option<Vec<String>> {
        let mut answers = Vec::with_capacity(compiled.own.len());
        for (index, own) in compiled.own.iter().enumerate() {
            let call = Call {
                identity: identity.clone(),
                arguments: own.arguments.clone(),
            };
            let answer = self.extension.call(&own.field, call).await;
            let failed = match answer {
                Ok(Json::Null) if own.is_never_null => "there is no value".to_owned(),
                Ok(value) => {
                    answers.push(own.wanted.of(value).to_string());
                    continue;
                }
                Err(message) => message,
            };
            let mut fields = compiled.fields.iter();
            let key =
                fields.find(|(_, source)| matches!(source, Source::Own(own) if *own == index));
            let key = key.map_or(&*own.field, |(key, _)| key);
            errors.push(Error::new(failed).of_field(key));
            if own.is_never_null {
                return None;
            }
            answers.push("null".to_owned());
        }
        Some(answers)
    }

    async fn ask(
        &self,
        identity: &Identity,
        context: &RequestContext,
        prepared: &Prepared,
        statements: &[Statement],
    ) -> Result<Vec<Rows>, Failed> {
        let (settings, compiled) = (&*prepared.settings, &*prepared.compiled);
        if settings.config.log_query && compiled.nested.is_empty() {
            for statement in statements {
                tracing::info!(db.query.text = %statement.sql, "graphql.execute");
            }
        }
        let reads = compiled.kind == OperationKind::Query;
        let prelude = settings.config.pre_request.as_ref();
        let prelude = prelude.map(|function| Statement::new(format!("select {function}()")));
        let acting = (!reads).then(|| context.acting(identity));
        let mut scope_settings = scope_settings(settings, identity, context);
        scope_settings.extend(acting.as_deref().map(|who| ("request.context", who)));
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
        let db = &self.shared.db;
        if compiled.nested.is_empty() {
            return Ok(db.run(&scope, statements).await?);
        }
        let operation = (compiled, &prepared.variables);
        nested::run(db, &scope, operation, &settings.config).await
    }

    /// How long to wait while the database cannot be reached.
    pub(crate) fn retry_after(&self) -> u64 {
        let pause = self.shared.db.retry_after();
        pause.map_or(1, |pause| pause.as_secs().max(1))
    }
}

/// What a transaction is told before its statements, in order.
fn scope_settings<'a>(
    settings: &'a Settings,
    identity: &'a Identity,
    context: &'a RequestContext,
) -> Vec<(&'static str, &'a str)> {
    let mut told = Vec::with_capacity(10);
    told.extend([
        ("search_path", settings.search_path.as_str()),
        ("role", identity.role()),
        ("request.jwt.claims", identity.claims().as_str()),
        ("request.method", context.method()),
        ("request.path", context.path()),
        ("request.headers", context.headers_json()),
        ("request.cookies", context.cookies_json()),
    ]);
    let known = [("request.id", context.id()), ("request.ip", context.ip())];
    told.extend(known.into_iter().filter(|(_, value)| !value.is_empty()));
    told
}

fn no_catalog() -> Response {
    let error = Error::new("the server does not know the database yet");
    Response::refused(error).with_fate(Fate::Unavailable)
}

/// Puts the answer together: what PostgreSQL wrote is passed on as it is.
fn answer(data: &mut Vec<u8>, compiled: &Compiled, rows: &[Rows], own: &[String]) {
    let columns: Vec<Option<&[u8]>> = match rows.first().and_then(|rows| rows.row(0)) {
        Some(row) if compiled.kind == OperationKind::Query => row.values().collect(),
        _ => Vec::new(),
    };
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
                    template.write(data, rows);
                    continue;
                }
                None
            }
            Source::Constant(value) => Some(&value[..]),
            Source::Column(column) => columns.get(*column).copied().flatten(),
            Source::Statement(statement) => rows.get(*statement).and_then(Rows::first),
            Source::Nested(index) => {
                let rows = rows.get(compiled.statements.len() + index);
                rows.and_then(Rows::first)
            }
            Source::Own(index) => own.get(*index).map(String::as_bytes),
        };
        data.extend_from_slice(value.unwrap_or(b"null"));
    }
    data.push(b'}');
}
