//! The service: decisions about identities, the API to manage them, and what keeps them up to date.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use crestfall_core::{Identity, Problem};
use http::StatusCode;
use http::request::Parts;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::cache::GrantsCache;
use crate::counts::Counts;
use crate::error::Error;
use crate::follow::{self, InvalidRedisUrl, RedisAddress};
use crate::grants::{Grants, Place};
use crate::permission::Permission;
use crate::require::RequireLayer;
use crate::requirement::Requirement;
use crate::routes;
use crate::store::holdings;
use crate::subject::{SERVICE_ROLE, subject_of};

/// Who is told what they lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tell {
    /// Nobody.
    Nobody,
    /// Who may see roles: has `rbac.role:read` in some place.
    #[default]
    WhoMaySeeRoles,
    /// Everybody who is signed in; for development.
    Everybody,
}

/// What the service remembers and tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Subjects whose grants are remembered. Default: 10,000.
    pub cached_subjects: usize,
    /// Who is told what they lack. Default: who may see roles.
    pub tell_missing: Tell,
    /// Where nodes tell each other of changes. Default: nowhere; each listens to the database.
    redis: Option<RedisAddress>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cached_subjects: 10_000,
            tell_missing: Tell::default(),
            redis: None,
        }
    }
}

impl Config {
    /// Remembers so many subjects.
    #[must_use]
    pub fn cached_subjects(mut self, subjects: usize) -> Self {
        self.cached_subjects = subjects;
        self
    }

    /// Lets one of the nodes that share this Redis listen to the database and tell the others, which
    /// then hold no connection that listens. While Redis is away each node listens for itself.
    ///
    /// # Errors
    /// It is no URL of Redis.
    pub fn redis(mut self, url: &str) -> Result<Self, InvalidRedisUrl> {
        self.redis = Some(RedisAddress::new(url)?);
        Ok(self)
    }

    /// Tells these what they lack.
    #[must_use]
    pub fn tell_missing(mut self, tell: Tell) -> Self {
        self.tell_missing = tell;
        self
    }
}

/// Who may do what. Cheap to clone.
///
/// ```no_run
/// # use axum::{Router, routing::get};
/// # use crestfall_rbac::{InvalidRequirement, Rbac, Requirement};
/// # use tokio_util::sync::CancellationToken;
/// # fn app(pool: sqlx::PgPool) -> Result<Router, InvalidRequirement> {
/// let rbac = Rbac::new(pool);
/// let running = rbac.clone();
/// tokio::spawn(async move { running.run(CancellationToken::new()).await }); // decisions from memory
/// let read = Requirement::permission("invoice:read")?.on("invoice/{id}")?;
/// Ok(Router::new()
///     .route("/invoices/{id}", get(async || "an invoice").layer(rbac.require(read)))
///     .nest("/rbac/v1", rbac.router()))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Rbac(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    config: Config,
    cache: GrantsCache,
    counts: Arc<Counts>,
    nothing: Arc<Grants>,
    everything: Arc<Grants>,
    seeing_roles: Permission,
}

impl Rbac {
    /// Over this pool, with defaults. Its user is one that may become the callers' roles and may ask
    /// for holdings: `authenticator` is given that by the migrations.
    pub fn new(pool: PgPool) -> Self {
        Self::with_config(pool, Config::default())
    }

    /// Over this pool.
    pub fn with_config(pool: PgPool, config: Config) -> Self {
        let seeing_roles = "rbac.role:read".parse();
        let counts = Arc::new(Counts::new());
        Self(Arc::new(Inner {
            cache: GrantsCache::new(config.cached_subjects, counts.clone()),
            counts,
            pool,
            config,
            nothing: Arc::new(Grants::none()),
            everything: Arc::new(Grants::service()),
            seeing_roles: seeing_roles.expect("the text is a permission"),
        }))
    }

    /// Hears of changes until told to end. Without it every decision asks the database; with it, what
    /// subjects may do is remembered, and a change counts on this node in milliseconds. When the
    /// database cannot be heard, for half a second at most, nothing that is remembered is used.
    pub async fn run(&self, end: CancellationToken) {
        let redis = self.0.config.redis.as_ref();
        follow::follow(&self.0.cache, &self.0.pool, redis, end).await;
    }

    /// Whether changes are heard of, so that decisions come from memory.
    pub fn is_followed(&self) -> bool {
        self.0.cache.is_followed(Instant::now())
    }

    /// Everything that this identity may do.
    ///
    /// # Errors
    /// The database could not be asked.
    pub async fn grants(&self, identity: &Identity) -> Result<Arc<Grants>, Error> {
        if identity.role() == SERVICE_ROLE {
            return Ok(self.0.everything.clone());
        }
        match subject_of(identity) {
            Some(subject) => self.grants_of(&subject).await,
            None => Ok(self.0.nothing.clone()),
        }
    }

    /// Everything that this subject may do, whoever asks.
    ///
    /// # Errors
    /// The database could not be asked.
    pub async fn grants_of(&self, subject: &str) -> Result<Arc<Grants>, Error> {
        if let Some(grants) = self.0.cache.get(subject) {
            return Ok(grants);
        }
        let seen = self.0.cache.seen();
        let asked = Instant::now();
        let grants = holdings::load(&self.0.pool, subject).await?;
        self.0.counts.loaded(asked.elapsed());
        Ok(self.0.cache.insert(subject, grants, seen))
    }

    /// Whether this identity has a permission in a place.
    ///
    /// # Errors
    /// The database could not be asked.
    pub async fn is_authorized(
        &self,
        identity: &Identity,
        permission: &Permission,
        place: &Place,
    ) -> Result<bool, Error> {
        let grants = self.grants(identity).await?;
        let allowed = grants.is_authorized(permission, place);
        self.0.counts.decided(allowed);
        Ok(allowed)
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// A layer that asks for this.
    pub fn require(&self, requirement: Requirement) -> RequireLayer {
        RequireLayer::new(self, requirement)
    }

    /// The API to look at and manage all of it, for `/rbac/v1` and `/authorization`. Each request runs
    /// as its caller: policies decide.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(self.clone())
    }

    /// What who lacks something is answered.
    pub(crate) fn refusal(&self, grants: &Grants, missing: &[String]) -> Problem {
        let tells = match self.0.config.tell_missing {
            Tell::Nobody => false,
            Tell::WhoMaySeeRoles => grants.is_authorized_anywhere(&self.0.seeing_roles),
            Tell::Everybody => true,
        };
        let message = "You do not have the permission that this needs";
        let problem = Problem::new(StatusCode::FORBIDDEN, "insufficient_permission", message);
        match tells {
            true => problem.details(format!("missing: {}", missing.join(", "))),
            false => problem,
        }
    }
}

/// What the caller may do: an extractor for decisions within a handler. Finds `Rbac` in the router's
/// state, and derefs to [`Grants`].
///
/// ```
/// # use crestfall_core::Problem;
/// # use crestfall_rbac::{Granted, Place};
/// async fn pay(granted: Granted) -> Result<&'static str, Problem> {
///     granted.require("invoice:pay", &Place::resource("invoice/42"))?;
///     Ok("paid")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Granted {
    rbac: Rbac,
    grants: Arc<Grants>,
    is_signed_in: bool,
}

impl Granted {
    /// Goes on if the caller has this permission there.
    ///
    /// # Errors
    /// 401 for who is not signed in, 403 for who is; 422 when the text is no permission.
    pub fn require(&self, permission: &str, place: &Place) -> Result<(), Problem> {
        let asked: Permission = permission.parse().map_err(Error::Permission)?;
        if !self.is_signed_in {
            self.rbac.counts().anonymous();
            return Err(Error::Anonymous.into());
        }
        let allowed = self.grants.is_authorized(&asked, place);
        self.rbac.counts().decided(allowed);
        match allowed {
            true => Ok(()),
            false => Err(self.rbac.refusal(&self.grants, &[permission.to_owned()])),
        }
    }
}

impl std::ops::Deref for Granted {
    type Target = Grants;

    fn deref(&self) -> &Grants {
        &self.grants
    }
}

impl<S> FromRequestParts<S> for Granted
where
    Rbac: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let rbac = Rbac::from_ref(state);
        let identity = parts.extensions.get::<Identity>();
        let identity = identity.cloned().unwrap_or_default();
        Ok(Self {
            grants: rbac.grants(&identity).await?,
            rbac,
            is_signed_in: identity.is_authenticated(),
        })
    }
}

/// `Tx` finds the pool of the API's own handlers.
impl FromRef<Rbac> for PgPool {
    fn from_ref(rbac: &Rbac) -> Self {
        rbac.0.pool.clone()
    }
}
