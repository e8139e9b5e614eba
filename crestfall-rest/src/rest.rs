//! The API itself: what it is made of, and one request from end to end.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use bytes::Bytes;
use crestfall_core::catalog::{KeptCatalog, SharedCatalog};
use crestfall_core::client_ip::ClientIp;
use crestfall_core::db::Db;
use crestfall_core::identity::{ANONYMOUS_ROLE, SharedVerifier};
use crestfall_core::openapi::Document;
use crestfall_core::request_id::RequestId;
use crestfall_core::{Catalog, Identity};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::config::{Config, ErrorVerbosity, ExplainPolicies, OpenApiMode};
use crate::error::{ApiError, Error, JwtRefusal};
use crate::execute::{Prepared, execute};
use crate::explain::explain;
use crate::inspect::Inspector;
use crate::plan::{Plan, StatementPlan};
use crate::protect;
use crate::request::ApiRequest;
use crate::request::prefer::{Count, EXPLAIN};
use crate::request::shape::Shape;
use crate::respond;
use crate::settings::{RoleSettings, Settings};
use crate::timing::Timing;
use crate::transaction::{Caller, Transaction};

/// A PostgREST-compatible API over one database. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Rest {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    catalog: Arc<SharedCatalog>,
    settings: ArcSwap<Settings>,
    verifier: Option<SharedVerifier>,
    /// What keeps the catalogue up to date, when nobody else does.
    kept: Option<Arc<KeptCatalog>>,
}

impl Rest {
    /// An API over the objects of `catalog`, whose statements run on `db`. Callers are whom an
    /// [`Identity`] in a request's extensions says, else the anonymous role.
    pub fn new(db: Db, catalog: Arc<SharedCatalog>) -> Self {
        let shared = Shared {
            db,
            catalog,
            settings: ArcSwap::default(),
            verifier: None,
            kept: None,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Uses these settings from now on; requests under way keep the old ones.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        self.reconfigure(config, HashMap::new());
        self
    }

    /// Verifies bearer tokens itself, and answers bad ones as PostgREST does. An identity that a
    /// layer has found goes before.
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

    /// Replaces the settings, and what roles are set to, while the API serves.
    pub fn reconfigure(&self, config: Config, roles: HashMap<String, RoleSettings>) {
        self.shared.settings.store(Arc::new(Settings {
            config: Arc::new(config),
            roles: Arc::new(roles),
            compiled: Arc::default(),
        }));
    }

    /// What [`openapi`](Self::openapi) shows, by the settings of now.
    pub fn openapi_mode(&self) -> OpenApiMode {
        self.shared.settings.load().config.openapi_mode
    }

    /// The catalogue it serves from.
    pub fn catalog(&self) -> &Arc<SharedCatalog> {
        &self.shared.catalog
    }

    /// The routes, relative to where they are nested; fits a router of any state. `nest` leaves out
    /// the path of the root with a slash at its end; `nest_service` of `router::<()>()` has it too.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// What the caller of a request may use, as an OpenAPI 3.1 document with paths relative to where
    /// the API is nested. The caller is whom an [`Identity`] in the extensions says, else whom the
    /// credentials prove to the [`verifier`](Self::verifier); header `Accept-Profile` names a schema
    /// other than the first.
    ///
    /// ```no_run
    /// # use crestfall_rest::{Error, Rest};
    /// # async fn example(rest: Rest, parts: http::request::Parts) -> Result<(), Error> {
    /// let mut mine = serde_json::json!({
    ///     "openapi": "3.1.0", "info": { "title": "Mine", "version": "1" }, "paths": {},
    /// });
    /// rest.openapi(&parts).await?.mounted("/rest/v1").merge_into(&mut mine);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A bad credential, an unknown schema, a database that is away;
    /// [`OpenApiMode::Disabled`](crate::OpenApiMode::Disabled).
    pub async fn openapi(&self, parts: &http::request::Parts) -> Result<Document, Error> {
        let settings = self.shared.settings.load_full();
        let catalog = self.shared.catalog.load().ok_or(Error::NoCatalog)?;
        let identity = self.identify(parts).await?;
        let work = Work {
            db: &self.shared.db,
            catalog: &catalog,
            settings: &settings,
            caller: Caller {
                identity: &identity,
                authenticated: self.is_authenticated(&identity),
                method: &Method::GET,
                path: "/",
                headers: &parts.headers,
                id: parts.extensions.get().map(RequestId::as_str),
                ip: parts.extensions.get().map(|ClientIp(ip)| *ip),
            },
        };
        // A function that answers at the root does not describe anything here.
        let config = Config {
            root_spec: None,
            ..(*settings.config).clone()
        };
        let headers = &parts.headers;
        let request = ApiRequest::parse(&config, Method::GET, "/", "", headers, Bytes::new())?;
        work.inspector(&request).offer(&request.schema).await
    }

    /// Answers one request whose path begins with `mount`, the empty text for none. This is what
    /// [`router`](Self::router) does, without the router.
    pub async fn serve(&self, mount: &str, request: Request) -> Response<Body> {
        let settings = self.shared.settings.load_full();
        let verbosity = settings.config.error_verbosity;
        let mut timing = Timing::start(settings.config.server_timing);
        let (parts, body) = request.into_parts();
        let mut response = match self.identify(&parts).await {
            Ok(identity) => {
                timing.mark("jwt");
                let result = self
                    .answer(mount, &parts, body, &identity, &settings, timing)
                    .await;
                let mut response = result.unwrap_or_else(|error| failure(error, verbosity));
                response.extensions_mut().insert(identity);
                response
            }
            Err(error) => failure(error, verbosity),
        };
        let may_pass = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        if may_pass.contains(&response.status()) {
            self.add_retry_after(&mut response);
        }
        response
    }

    async fn answer(
        &self,
        mount: &str,
        parts: &http::request::Parts,
        body: Body,
        identity: &Identity,
        settings: &Settings,
        mut timing: Timing,
    ) -> Result<Response<Body>, Error> {
        let catalog = self.shared.catalog.load().ok_or(Error::NoCatalog)?;
        let path = parts.uri.path();
        let caller = Caller {
            identity,
            authenticated: self.is_authenticated(identity),
            method: &parts.method,
            path: path.strip_prefix(mount).unwrap_or(path),
            headers: &parts.headers,
            id: parts.extensions.get().map(RequestId::as_str),
            ip: parts.extensions.get().map(|ClientIp(ip)| *ip),
        };
        let query = parts.uri.query().unwrap_or_default();
        let work = Work {
            db: &self.shared.db,
            catalog: &catalog,
            settings,
            caller,
        };
        let mut response = match work.known(query, &mut timing).await {
            Some(response) => response?,
            None => {
                let body = read_body(body, settings.config.max_body_bytes).await?;
                work.unknown(query, body, &mut timing).await?
            }
        };
        timing.mark("response");
        timing.write(response.headers_mut());
        Ok(response)
    }

    async fn identify(&self, parts: &http::request::Parts) -> Result<Identity, Error> {
        if let Some(identity) = parts.extensions.get::<Identity>() {
            return Ok(identity.clone());
        }
        let Some(verifier) = &self.shared.verifier else {
            return Ok(Identity::default());
        };
        verifier
            .load()
            .identify_or_refresh(&parts.headers)
            .await
            .map_err(|error| {
                let refusal = JwtRefusal {
                    code: error.code(),
                    status: error.status(),
                    message: error.message(),
                    details: error.details().map(str::to_owned),
                    hint: error.hint().map(str::to_owned),
                    www_authenticate: error.www_authenticate(),
                };
                refusal.into()
            })
    }

    /// A missing privilege is a reason to log in for those who act as the anonymous role, even by
    /// a token that names no other.
    fn is_authenticated(&self, identity: &Identity) -> bool {
        let anonymous = self
            .shared
            .verifier
            .as_ref()
            .and_then(|verifier| verifier.load().anonymous().ok());
        identity.is_authenticated()
            && anonymous.is_none_or(|anonymous| anonymous.role() != identity.role())
    }

    fn add_retry_after(&self, response: &mut Response<Body>) {
        let seconds = self
            .shared
            .db
            .retry_after()
            .map_or(1, |pause| pause.as_secs().max(1));
        // A function may have said so itself.
        response
            .headers_mut()
            .entry(http::header::RETRY_AFTER)
            .or_insert(HeaderValue::from(seconds));
    }
}

/// What one request works with.
struct Work<'a> {
    db: &'a Db,
    catalog: &'a Catalog,
    settings: &'a Settings,
    caller: Caller<'a>,
}

impl Work<'_> {
    /// Answers a read of a shape that was planned before, or can be now; none for any other request.
    async fn known(
        &self,
        query: &str,
        timing: &mut Timing,
    ) -> Option<Result<Response<Body>, Error>> {
        let Caller {
            method,
            path,
            headers,
            ..
        } = self.caller;
        if self.asks_to_explain() {
            return None;
        }
        let mut shape = Shape::of(method, path, query, headers)?;
        timing.mark("parse");
        let compiled =
            self.settings
                .compiled
                .get(&mut shape, path, headers, self.catalog, self.settings)?;
        if self.must_count(&compiled.request, &compiled.plan) {
            return None;
        }
        let prepared = compiled.prepared(&shape);
        timing.mark("plan");
        Some(
            self.run(
                &compiled.request,
                &compiled.plan,
                &prepared,
                &shape.canonical(),
                timing,
            )
            .await,
        )
    }

    /// Such a request is no read of rows.
    fn asks_to_explain(&self) -> bool {
        let asks = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(EXPLAIN));
        self.settings.config.explain_policies != ExplainPolicies::Off
            && self.caller.headers.get_all("prefer").iter().any(asks)
    }

    /// Answers any request.
    async fn unknown(
        &self,
        query: &str,
        body: Bytes,
        timing: &mut Timing,
    ) -> Result<Response<Body>, Error> {
        let Caller {
            method,
            path,
            headers,
            ..
        } = self.caller;
        let config = &self.settings.config;
        let mut request = ApiRequest::parse(config, method.clone(), path, query, headers, body)?;
        timing.mark("parse");
        let plan = Plan::new(&request, self.catalog, config)?;
        timing.mark("plan");
        match &plan {
            Plan::Statement(plan) if request.preferences.explains => {
                let context = Transaction::new(self.caller, &request, self.settings, None);
                let who = config.explain_policies;
                explain(self.db, &context, who, self.caller, plan).await
            }
            Plan::Statement(plan) => {
                if self.must_count(&request, plan) {
                    request.preferences.count = Some(Count::Exact);
                }
                let prepared = Prepared::new(&request, plan, self.settings, self.catalog);
                self.run(&request, plan, &prepared, &request.query.canonical, timing)
                    .await
            }
            Plan::Inspect {
                schema,
                headers_only,
                version,
            } => {
                let document = self.inspector(&request).describe(schema, *version).await?;
                timing.mark("transaction");
                Ok(respond::openapi(
                    &request,
                    *version,
                    document,
                    *headers_only,
                ))
            }
            Plan::RelationInfo(table) => Ok(respond::relation_info(table)),
            Plan::RoutineInfo(routine) => Ok(respond::routine_info(routine.volatility)),
            Plan::SchemaInfo => Ok(respond::schema_info()),
        }
    }

    /// An estimate is asked for that would tell of rows which the caller may not see.
    fn must_count(&self, request: &ApiRequest, plan: &StatementPlan) -> bool {
        let estimates = [Some(Count::Planned), Some(Count::Estimated)];
        !self.settings.config.estimates_hidden_rows
            && estimates.contains(&request.preferences.count)
            && !self
                .catalog
                .all_seeing
                .contains(self.caller.identity.role())
            && protect::hides_rows(plan, self.catalog)
    }

    /// The caller acts as the role of requests without a credential, with one or not.
    fn is_anonymous(&self) -> bool {
        !self.caller.authenticated || self.caller.identity.role() == ANONYMOUS_ROLE
    }

    fn inspector<'a>(&'a self, request: &'a ApiRequest) -> Inspector<'a> {
        Inspector {
            db: self.db,
            context: Transaction::new(self.caller, request, self.settings, None),
            config: &self.settings.config,
            catalog: self.catalog,
            anonymous: !self.caller.authenticated,
        }
    }

    async fn run(
        &self,
        request: &ApiRequest,
        plan: &StatementPlan,
        prepared: &Prepared,
        canonical: &str,
        timing: &mut Timing,
    ) -> Result<Response<Body>, Error> {
        let config = &self.settings.config;
        if config.protects_anonymous && self.is_anonymous() {
            protect::check(plan, self.catalog)?;
        }
        let context = Transaction::new(self.caller, request, self.settings, Some(plan));
        let answer = execute(self.db, &context, self.settings, request, plan, prepared).await;
        let answer = answer.map_err(|error| match config.protects_anonymous {
            true => protect::with_grant(error, plan, self.caller.identity.role()),
            false => error,
        })?;
        timing.mark("transaction");
        let verbosity = self.settings.config.error_verbosity;
        let mut response = respond::respond(request, plan, answer, canonical, verbosity)?;
        warn_of_legacy_targets(plan, &self.settings.config, &mut response);
        Ok(response)
    }
}

async fn serve(State(rest): State<Rest>, request: Request) -> Response<Body> {
    rest.serve("", request).await
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Error> {
    use http_body_util::BodyExt as _;
    if http_body::Body::is_end_stream(&body) {
        return Ok(Bytes::new());
    }
    match http_body_util::Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(ApiError::BodyTooLarge(limit).into())
        }
        Err(_) => Err(ApiError::InvalidBody("The request body could not be read".into()).into()),
    }
}

fn failure(error: Error, verbosity: ErrorVerbosity) -> Response<Body> {
    log_failure(&error);
    error.into_response(verbosity)
}

/// A failure of the server or its database is logged once, here; what the client did wrong is the
/// client's to know.
fn log_failure(error: &Error) {
    let is_clients = matches!(error, Error::Api(_) | Error::Catalog(_) | Error::Jwt(_));
    if is_clients || !error.status().is_server_error() {
        return;
    }
    let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
    tracing::error!(
        error.code = %error.code(),
        error.message = %error.message(),
        error.details = text(error.details()),
        error.hint = text(error.hint()),
        "rest.request failed"
    );
}

static WARNING: HeaderName = http::header::WARNING;

fn warn_of_legacy_targets(plan: &StatementPlan, config: &Config, response: &mut Response<Body>) {
    if !config.legacy_target_names {
        return;
    }
    let targets = plan.read.legacy_targets();
    if targets.is_empty() {
        return;
    }
    let renames: Vec<_> = targets
        .iter()
        .map(|(name, alias)| format!("`{name}` to `{alias}`"))
        .collect();
    let text = format!(
        "299 PostgRESTv{} \"Embedded resource was referenced by relation name even though it has an alias. \
         This is deprecated and will stop working in a future release. \
         Update {} in query string filters, orders or limits.\"",
        crate::COMPATIBLE_VERSION,
        renames.join(", "),
    );
    tracing::warn!(
        "an aliased embed was named by its relation: update {}",
        renames.join(", ")
    );
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().insert(&WARNING, value);
    }
}
