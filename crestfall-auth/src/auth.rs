//! The service: what it is made of, and its router.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::Secret;
use crestfall_core::egress::Egress;
use crestfall_core::identity::SharedVerifier;
use crestfall_core::job::{Claim, Handler as _, Worker};
use crestfall_core::rate_limit::{RateLimitLayer, RateLimiter};
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::authenticator::Authenticators;
use crate::authenticator::session_cookie::CookieRules;
use crate::caller::Caller;
use crate::config::Config;
use crate::deferred::{self, Deferred};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::forward_auth::ForwardAuth;
use crate::hook::{self, Hook, HookPoint};
use crate::keys::{Keys, KeysError};
use crate::lane::Lane;
use crate::mail::{Delivery, Mailer, Mails};
use crate::mail_domain::MailServers;
use crate::password::{BreachCheck, PasswordHasher, Policy};
use crate::provider::Documents;
use crate::reconfigure::Live;
use crate::redirect::Redirects;
use crate::relying_party::RelyingParties;
use crate::revocation::{Changed, Revocations};
use crate::sealed::{SealError, SealingKeys};
use crate::settled::{Own, Settled};
use crate::sign_in_guard::Notice;
use crate::signature::NonceStore;
use crate::sms::{SmsSender, SmsText};
use crate::user::User;
use crate::{cleanup, routes};

/// The authentication service over one database. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    shared: Arc<Shared>,
    /// The settings as they were when this was made; [`Auth::now`] gives those in force.
    settled: Arc<Settled>,
}

/// What stays for as long as the service runs.
struct Shared {
    pool: PgPool,
    lane: Lane,
    sealer: Arc<SealingKeys>,
    keys: Keys,
    authenticators: Authenticators,
    revocations: Revocations,
    passwords: PasswordHasher,
    limiter: RateLimiter,
    directory: Option<Arc<dyn UserDirectory>>,
    documents: Documents,
    own: Own,
    in_force: ArcSwap<Settled>,
    /// Tells that others are in force.
    resettled: watch::Sender<()>,
}

/// A service to be: what an embedder may bring instead of what the settings name.
pub struct Builder {
    pool: PgPool,
    config: Config,
    limiter: Option<RateLimiter>,
    delivery: Option<Delivery>,
    sms: Option<Arc<dyn SmsSender>>,
    hooks: HashMap<HookPoint, Arc<dyn Hook>>,
    directory: Option<Arc<dyn UserDirectory>>,
    nonces: Option<Arc<dyn NonceStore>>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(
        &'static str,
        #[source] Option<Box<dyn std::error::Error + Send + Sync>>,
    ),
    /// There are no keys to sign with.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

pub(crate) fn setting<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    message: &'static str,
) -> impl FnOnce(E) -> StartError {
    move |error| StartError::Setting(message, Some(error.into()))
}

impl Builder {
    /// Counts requests here, shared with other nodes or other parts of the application. Default: in
    /// this process.
    #[must_use]
    pub fn limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Sends mail this way. Default: by `mail.smtp`; none is sent without it.
    #[must_use]
    pub fn mailer(mut self, mailer: impl Mailer) -> Self {
        self.delivery = Some(Delivery::new(mailer));
        self
    }

    /// Sends text messages this way. Default: by `sms.provider`; none is sent without it.
    #[must_use]
    pub fn sms(mut self, sender: impl SmsSender) -> Self {
        self.sms = Some(Arc::new(sender));
        self
    }

    /// Keeps users here. Default: in `auth.users`.
    #[must_use]
    pub fn users(mut self, directory: impl UserDirectory) -> Self {
        self.directory = Some(Arc::new(directory));
        self
    }

    /// Asks or tells this at that moment, instead of what the settings name.
    #[must_use]
    pub fn hook(mut self, point: HookPoint, hook: impl Hook) -> Self {
        self.hooks.insert(point, Arc::new(hook));
        self
    }

    /// Remembers the nonces of signed requests here, shared with other nodes: otherwise a request that
    /// was signed can be sent again to another node. Default: in this process.
    #[must_use]
    pub fn nonces(mut self, nonces: impl NonceStore + 'static) -> Self {
        self.nonces = Some(Arc::new(nonces));
        self
    }

    /// The service.
    ///
    /// # Errors
    /// A setting that makes no sense; a database that does not answer.
    pub async fn build(self) -> Result<Auth, StartError> {
        let config = self.config;
        let sealer = Arc::new(sealing_keys(&config)?);
        let authenticators = Authenticators::new(&self.pool, &config, &sealer, self.nonces)?;
        let passwords = PasswordHasher::new(&config.password.hasher())
            .map_err(setting("the parameters of password hashing cannot be used"))?;
        let limiter = self.limiter.unwrap_or_else(RateLimiter::in_process);
        let own = Own {
            delivery: self.delivery,
            sms: self.sms,
            hooks: self.hooks,
        };
        let settled = Arc::new(Settled::new(config, &own, &limiter)?);
        let config = &settled.config;
        let keys = Keys::load(&self.pool, config, &sealer).await?;
        let shared = Shared {
            keys,
            authenticators,
            revocations: Revocations::new(config.tokens.lifetime.get()),
            passwords,
            limiter,
            directory: self.directory,
            documents: Documents::default(),
            sealer,
            lane: Lane::new(&self.pool),
            pool: self.pool,
            own,
            in_force: ArcSwap::new(Arc::clone(&settled)),
            resettled: watch::Sender::new(()),
        };
        Ok(Auth {
            shared: Arc::new(shared),
            settled,
        })
    }
}

impl Auth {
    /// Over a pool whose user may use the schema `auth` (see [`migrations`](crate::migrations)).
    ///
    /// # Errors
    /// A setting that makes no sense; a database that does not answer.
    pub async fn new(pool: PgPool, config: Config) -> Result<Self, StartError> {
        Self::builder(pool, config).build().await
    }

    /// The same, with parts of the embedder's own.
    pub fn builder(pool: PgPool, config: Config) -> Builder {
        Builder {
            pool,
            config,
            limiter: None,
            delivery: None,
            sms: None,
            hooks: HashMap::new(),
            directory: None,
            nonces: None,
        }
    }

    /// The endpoints, relative: nest them where clients expect them, such as `/auth/v1`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(Live(self.clone()))
    }

    /// The address of the OAuth server's metadata as RFC 8414 builds it, with the issuer's path behind
    /// `/.well-known/oauth-authorization-server`: MCP clients look there alone. Merge it into the
    /// application's outermost router.
    pub fn well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::well_known(Live(self.clone()))
    }

    /// What checks the tokens given out here.
    pub fn verifier(&self) -> &SharedVerifier {
        self.shared.keys.verifier()
    }

    /// What has to run beside the router: hearing of sessions that ended and keys that changed,
    /// sending mail, and removing what has expired. Ends when told to; without it, tokens of ended
    /// sessions hold until they expire.
    pub async fn run(&self, end: CancellationToken) {
        let (told, mut heard) = mpsc::unbounded_channel();
        let obey = async {
            while let Some(changed) = heard.recv().await {
                self.changed(changed).await;
            }
        };
        let follow = self
            .shared
            .revocations
            .follow(self.pool(), &told, end.clone());
        let (delivering, noticing) = (self.clone(), self.clone());
        let work = Worker::new(self.pool().clone())
            .on(Mails::JOB, move |job: Claim| {
                let delivery = delivering.now().settled.delivery.clone();
                async move { delivery.handle(job).await }
            })
            .on(Notice::JOB, move |job: Claim| {
                Notice::handle(noticing.now(), job)
            })
            .on(Deferred::JOB, deferred::handler(self.clone()))
            .run(end.clone());
        let clean_up = cleanup::run(self, end.clone());
        let listen = async {
            tokio::select! {
                () = follow => {}
                () = obey => {}
            }
        };
        let templates = self.keep_templates(&end);
        let write_key_uses = self.authenticators().api_keys.write_uses(end.clone());
        tokio::join!(listen, work, clean_up, templates, write_key_uses);
    }

    /// Fetches mail templates from where the settings in force have them.
    async fn keep_templates(&self, end: &CancellationToken) {
        let mut resettled = self.shared.resettled.subscribe();
        while !end.is_cancelled() {
            let auth = self.now();
            let keep = async {
                let keep = auth.mails().keep_templates(auth.egress(), end.clone());
                keep.await;
                end.cancelled().await;
            };
            tokio::select! {
                () = keep => {}
                _ = resettled.changed() => {}
            }
        }
    }

    /// The same with the settings in force.
    pub(crate) fn now(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            settled: self.shared.in_force.load_full(),
        }
    }

    /// Puts these settings in force.
    pub(crate) fn settle(&self, settled: Arc<Settled>) {
        self.shared.in_force.store(settled);
        self.shared.resettled.send_replace(());
    }

    /// Hears of settings that are put in force.
    pub(crate) fn resettled(&self) -> watch::Receiver<()> {
        self.shared.resettled.subscribe()
    }

    /// What the embedder brought.
    pub(crate) fn own(&self) -> &Own {
        &self.shared.own
    }

    /// How session cookies are sent.
    pub(crate) fn cookies(&self) -> &CookieRules {
        &self.settled.cookies
    }

    /// How often routes may be asked.
    pub(crate) fn limits(&self) -> &RateLimitLayer {
        &self.settled.limits
    }

    async fn changed(&self, changed: Changed) {
        match changed {
            Changed::SigningKeys => self.reload_keys().await,
            Changed::ApiKeys => self.shared.authenticators.api_keys.forget_all(),
            Changed::User(user) => self.shared.authenticators.forget_user(user),
        }
    }

    async fn reload_keys(&self) {
        let reloaded = self
            .shared
            .keys
            .reload(self.pool(), self.config(), self.sealer());
        if let Err(error) = reloaded.await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the signing keys could not be read again");
        }
    }

    /// Who may see what behind a proxy.
    pub(crate) fn forward_auth(&self) -> &ForwardAuth {
        &self.settled.forward_auth
    }

    /// The ways to prove who sends a request.
    pub(crate) fn authenticators(&self) -> &Authenticators {
        &self.shared.authenticators
    }

    pub(crate) fn revocations(&self) -> &Revocations {
        &self.shared.revocations
    }

    pub(crate) fn config(&self) -> &Config {
        &self.settled.config
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    pub(crate) fn sealer(&self) -> &SealingKeys {
        &self.shared.sealer
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.shared.passwords
    }

    pub(crate) fn password_policy(&self) -> &Policy {
        &self.settled.password_policy
    }

    pub(crate) fn breaches(&self) -> Option<&dyn BreachCheck> {
        self.settled.breaches.as_deref()
    }

    /// Where redirects may go.
    pub(crate) fn redirects(&self) -> &Redirects {
        &self.settled.redirects
    }

    /// Counts what is limited.
    pub(crate) fn limiter(&self) -> &RateLimiter {
        &self.shared.limiter
    }

    /// Calls addresses outside.
    pub(crate) fn egress(&self) -> &Egress {
        &self.settled.egress
    }

    /// Where users are kept, if not here.
    pub(crate) fn directory(&self) -> Option<&dyn UserDirectory> {
        self.shared.directory.as_deref()
    }

    /// Asks and tells the application.
    pub(crate) fn hooks(&self) -> &hook::Registry {
        &self.settled.hooks
    }

    /// What issuers publish about themselves.
    pub(crate) fn documents(&self) -> &Documents {
        &self.shared.documents
    }

    /// Looks for servers of mail.
    pub(crate) fn mail_servers(&self) -> &MailServers {
        &self.settled.mail_servers
    }

    /// Writes mail.
    pub(crate) fn mails(&self) -> &Mails {
        &self.settled.mails
    }

    /// Sends text messages, if anything does, and their words.
    pub(crate) fn sms(&self) -> Option<(&dyn SmsSender, &SmsText)> {
        self.settled
            .sms
            .as_deref()
            .map(|sender| (sender, &self.settled.sms_text))
    }

    /// The words of the text message with a second factor's code.
    pub(crate) fn factor_sms_text(&self) -> &SmsText {
        &self.settled.factor_sms_text
    }

    /// Whom authenticators talk to.
    pub(crate) fn relying_parties(&self) -> &RelyingParties {
        &self.settled.relying_parties
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.shared.pool
    }

    /// Connections for what comes most often, and is one statement.
    pub(crate) fn lane(&self) -> &Lane {
        &self.shared.lane
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.shared.pool.begin().await?)
    }

    /// `iss` of tokens.
    pub(crate) fn issuer(&self) -> &str {
        match self.config().tokens.issuer.as_str() {
            "" => &self.config().external_url,
            issuer => issuer,
        }
    }

    /// Lets the application change what a token says.
    pub(crate) async fn customize_claims(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        user: &User,
        method: &str,
        claims: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        hook::custom_access_token(self, db, caller, user, method, claims).await
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("config", &self.settled.config)
            .finish_non_exhaustive()
    }
}

/// Keys of the right length from texts of any, each named by a part of its own hash.
pub(crate) fn sealing_keys(config: &Config) -> Result<SealingKeys, StartError> {
    if config.encryption_key.expose().len() < 32 {
        return Err(StartError::Setting(
            "encryption_key needs at least 32 bytes; make one with `openssl rand -hex 32`",
            None,
        ));
    }
    derived(config).map_err(setting("encryption_key cannot be used"))
}

fn derived(config: &Config) -> Result<SealingKeys, SealError> {
    let derive = |text: &Secret| {
        let key = digest(&SHA256, text.expose().as_bytes());
        let name = digest(&SHA256, key.as_ref());
        (BASE64_URL_SAFE_NO_PAD.encode(&name.as_ref()[..6]), key)
    };
    let (id, key) = derive(&config.encryption_key);
    let mut keys = SealingKeys::new(id, key.as_ref())?;
    for older in &config.previous_encryption_keys {
        let (id, key) = derive(older);
        keys = keys.and_older(id, key.as_ref())?;
    }
    Ok(keys)
}
