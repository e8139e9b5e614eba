//! The service: what it is made of, and its router.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::Secret;
use crestfall_core::egress::{Egress, EgressError};
use crestfall_core::identity::SharedVerifier;
use crestfall_core::job::{Claim, Worker};
use crestfall_core::rate_limit::RateLimiter;
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::authenticator::Authenticators;
use crate::caller::Caller;
use crate::config::Config;
use crate::deferred::{self, Deferred};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::forward_auth::ForwardAuth;
use crate::hook::{self, Hook, HookPoint};
use crate::keys::{Keys, KeysError};
use crate::lane::Lane;
use crate::mail::{Delivery, Discard, Mailer, Mails, Smtp};
use crate::password::{BreachCheck, HaveIBeenPwned, PasswordHasher, Policy};
use crate::provider::{Documents, unknown_provider};
use crate::redirect::Redirects;
use crate::relying_party::RelyingParties;
use crate::revocation::{Changed, Revocations};
use crate::sealed::{SealError, SealingKeys};
use crate::sign_in_guard::Notice;
use crate::signature::NonceStore;
use crate::sms::{SmsSender, SmsService, SmsText};
use crate::user::User;
use crate::{cleanup, routes};

/// The authentication service over one database. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    pool: PgPool,
    lane: Lane,
    config: Config,
    sealer: Arc<SealingKeys>,
    keys: Keys,
    authenticators: Authenticators,
    forward_auth: ForwardAuth,
    revocations: Revocations,
    passwords: PasswordHasher,
    password_policy: Policy,
    breaches: Option<Box<dyn BreachCheck>>,
    redirects: Redirects,
    limiter: RateLimiter,
    egress: Egress,
    hooks: hook::Registry,
    directory: Option<Arc<dyn UserDirectory>>,
    documents: Documents,
    mails: Mails,
    delivery: Delivery,
    sms: Option<Arc<dyn SmsSender>>,
    sms_text: SmsText,
    factor_sms_text: SmsText,
    relying_parties: RelyingParties,
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
        if let Some(error) = unknown_provider(&config) {
            return Err(setting("providers names one that there is not")(error));
        }
        let redirects = Redirects::new(&config.site_url, &config.redirect_urls)
            .map_err(setting("site_url or redirect_urls cannot be used"))?;
        let mails = Mails::new(config.mail.clone(), &config.site_url, &config.external_url)
            .map_err(setting("the settings of mail cannot be used"))?;
        let delivery = match self.delivery {
            Some(delivery) => delivery,
            None if config.mail.smtp.is_set() => {
                Delivery::new(Smtp::new(&config.mail).map_err(setting("mail.smtp cannot be used"))?)
            }
            None => Delivery::new(Discard),
        };
        let sms = match self.sms {
            Some(sms) => Some(sms),
            None => SmsService::new(&config.sms)
                .map_err(setting("the settings of sms cannot be used"))?
                .map(|service| Arc::new(service) as Arc<dyn SmsSender>),
        };
        let breaches = match config.password.breach_check {
            false => None,
            true => Some(Box::new(
                HaveIBeenPwned::new(&config.password.breaches())
                    .map_err(setting("password.breach_url cannot be used"))?,
            ) as Box<dyn BreachCheck>),
        };
        let egress = egress(&config, &mails).map_err(setting("egress cannot be used"))?;
        let hooks = hook::Registry::new(&config, &egress, self.hooks)
            .map_err(setting("the settings of hooks cannot be used"))?;
        if config.captcha.enabled && config.captcha.secret.is_empty() {
            return Err(StartError::Setting("captcha.secret is empty", None));
        }
        let keys = Keys::load(&self.pool, &config, &sealer).await?;
        Ok(Auth(Arc::new(Inner {
            keys,
            authenticators,
            forward_auth: ForwardAuth::new(&config)
                .map_err(setting("forward_auth cannot be used"))?,
            revocations: Revocations::new(config.tokens.lifetime.get()),
            passwords: PasswordHasher::new(&config.password.hasher())
                .map_err(setting("the parameters of password hashing cannot be used"))?,
            password_policy: config.password.policy(),
            breaches,
            redirects,
            limiter: self.limiter.unwrap_or_else(RateLimiter::in_process),
            egress,
            hooks,
            directory: self.directory,
            documents: Documents::default(),
            mails,
            delivery,
            sms,
            sms_text: SmsText::new(&config.sms.template)
                .map_err(setting("sms.template cannot be used"))?,
            factor_sms_text: SmsText::new(&config.mfa.phone.template)
                .map_err(setting("mfa.phone.template cannot be used"))?,
            relying_parties: RelyingParties::new(&config)
                .map_err(setting("the settings of webauthn cannot be used"))?,
            sealer,
            lane: Lane::new(&self.pool),
            pool: self.pool,
            config,
        })))
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
        routes::router(self.clone())
    }

    /// The address of the OAuth server's metadata as RFC 8414 builds it, with the issuer's path behind
    /// `/.well-known/oauth-authorization-server`: MCP clients look there alone. Merge it into the
    /// application's outermost router.
    pub fn well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::well_known(self.clone())
    }

    /// What checks the tokens given out here.
    pub fn verifier(&self) -> &SharedVerifier {
        self.0.keys.verifier()
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
        let follow = self.0.revocations.follow(&self.0.pool, &told, end.clone());
        let auth = self.clone();
        let work = Worker::new(self.pool().clone())
            .on(Mails::JOB, self.0.delivery.clone())
            .on(Notice::JOB, move |job: Claim| {
                Notice::handle(auth.clone(), job)
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
        let templates = self.0.mails.keep_templates(&self.0.egress, end.clone());
        let write_key_uses = self.0.authenticators.api_keys.write_uses(end.clone());
        tokio::join!(listen, work, clean_up, templates, write_key_uses);
    }

    async fn changed(&self, changed: Changed) {
        match changed {
            Changed::SigningKeys => self.reload_keys().await,
            Changed::ApiKeys => self.0.authenticators.api_keys.forget_all(),
            Changed::User(user) => self.0.authenticators.forget_user(user),
        }
    }

    async fn reload_keys(&self) {
        let reloaded = self
            .0
            .keys
            .reload(self.pool(), self.config(), self.sealer());
        if let Err(error) = reloaded.await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the signing keys could not be read again");
        }
    }

    /// Who may see what behind a proxy.
    pub(crate) fn forward_auth(&self) -> &ForwardAuth {
        &self.0.forward_auth
    }

    /// The ways to prove who sends a request.
    pub(crate) fn authenticators(&self) -> &Authenticators {
        &self.0.authenticators
    }

    pub(crate) fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn sealer(&self) -> &SealingKeys {
        &self.0.sealer
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.0.passwords
    }

    pub(crate) fn password_policy(&self) -> &Policy {
        &self.0.password_policy
    }

    pub(crate) fn breaches(&self) -> Option<&dyn BreachCheck> {
        self.0.breaches.as_deref()
    }

    /// Where redirects may go.
    pub(crate) fn redirects(&self) -> &Redirects {
        &self.0.redirects
    }

    /// Counts what is limited.
    pub(crate) fn limiter(&self) -> &RateLimiter {
        &self.0.limiter
    }

    /// Calls addresses outside.
    pub(crate) fn egress(&self) -> &Egress {
        &self.0.egress
    }

    /// Where users are kept, if not here.
    pub(crate) fn directory(&self) -> Option<&dyn UserDirectory> {
        self.0.directory.as_deref()
    }

    /// Asks and tells the application.
    pub(crate) fn hooks(&self) -> &hook::Registry {
        &self.0.hooks
    }

    /// What issuers publish about themselves.
    pub(crate) fn documents(&self) -> &Documents {
        &self.0.documents
    }

    /// Writes mail.
    pub(crate) fn mails(&self) -> &Mails {
        &self.0.mails
    }

    /// Sends text messages, if anything does, and their words.
    pub(crate) fn sms(&self) -> Option<(&dyn SmsSender, &SmsText)> {
        self.0
            .sms
            .as_deref()
            .map(|sender| (sender, &self.0.sms_text))
    }

    /// The words of the text message with a second factor's code.
    pub(crate) fn factor_sms_text(&self) -> &SmsText {
        &self.0.factor_sms_text
    }

    /// Whom authenticators talk to.
    pub(crate) fn relying_parties(&self) -> &RelyingParties {
        &self.0.relying_parties
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Connections for what comes most often, and is one statement.
    pub(crate) fn lane(&self) -> &Lane {
        &self.0.lane
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.0.pool.begin().await?)
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
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

/// A client for addresses outside, and for those that the settings name.
fn egress(config: &Config, mails: &Mails) -> Result<Egress, EgressError> {
    let mut settings = config.egress.clone();
    settings.allow.extend(hook::places(config));
    settings
        .allow
        .extend(mails.template_urls().map(hook::place));
    Egress::new(settings)
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
