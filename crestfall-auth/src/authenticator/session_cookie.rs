//! Session cookies as requests have them.
//!
//! The cookie holds the session's newest refresh token and when it was given out, sealed
//! (AES-256-GCM): what leaks from a browser's store or a log is of no use at `/token`, and nothing in
//! it can be changed. It is good for as long as an access token, and for a session that has not ended.
//! Shortly before, the next request gets a successor by the same rotation that refresh tokens have:
//! tabs that ask at once get the same one, and a cookie that was superseded long ago ends its session,
//! since somebody else has it.

use std::time::Duration;

use crestfall_core::identity::Proof;
use crestfall_core::{Identity, Problem};
use http::header::{HeaderValue, SET_COOKIE};
use http::request::Parts;
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde_json::Map;
use tokio::time::Instant;
use uuid::Uuid;

use super::{fresh_for, refused};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::config::Config;
use crate::cookie::{Csrf, NotACookie, Refusal, SessionCookie};
use crate::error::{Error, Result};
use crate::refresh_token::RefreshToken;
use crate::session;
use crate::token;

/// What the sealed value belongs to.
const OWNER: &str = "cookie:session";
/// How long a persistent cookie is kept after it was last given out.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Settings that make no cookie.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CookieError {
    #[error("cookies.name or cookies.domain cannot be used")]
    Name(#[from] NotACookie),
    #[error("cookies.origins, site_url and external_url have to be http(s) URLs")]
    Origins,
}

/// How cookies are sent.
pub(crate) struct CookieRules {
    cookie: Option<SessionCookie>,
    csrf: Csrf,
    kept: Option<Duration>,
}

/// The identities of those seen a moment ago.
pub(crate) struct Cookies {
    /// By session and the number of its refresh token, which changes with all that a session proves.
    known: Cache<(Uuid, i64), Known>,
    generation: Mutex<u64>,
}

#[derive(Clone)]
struct Known {
    identity: Identity,
    user: Option<Uuid>,
    read: Instant,
}

/// What a cookie holds.
pub(crate) struct Held {
    pub(crate) refresh_token: String,
    /// Seconds of the epoch.
    issued_at: i64,
}

impl CookieRules {
    pub(crate) fn new(config: &Config) -> Result<Self, CookieError> {
        let settings = &config.cookies;
        let secure = config.external_url.starts_with("https://");
        let cookie = match settings.domain.as_str() {
            "" => SessionCookie::new(&settings.name, secure)?,
            domain => SessionCookie::for_domain(&settings.name, secure, domain)?,
        };
        let own = [&config.site_url, &config.external_url];
        let csrf = Csrf::new(own.into_iter().chain(&settings.origins));
        Ok(Self {
            cookie: settings.enabled.then_some(cookie),
            csrf: csrf.ok_or(CookieError::Origins)?,
            kept: settings.persistent.then_some(KEPT),
        })
    }

    /// The cookie, where cookies are accepted.
    pub(crate) fn cookie(&self) -> Option<&SessionCookie> {
        self.cookie.as_ref()
    }

    pub(crate) fn csrf(&self) -> &Csrf {
        &self.csrf
    }
}

impl Default for Cookies {
    fn default() -> Self {
        Self {
            known: Cache::new(50_000),
            generation: Mutex::new(0),
        }
    }
}

impl Cookies {
    pub(super) fn forget_user(&self, user: Uuid) {
        let mut generation = self.generation.lock();
        *generation += 1;
        self.known.retain(|_, known| known.user != Some(user));
    }
}

impl Held {
    fn open(auth: &Auth, value: &str) -> Option<Self> {
        let opened = auth.sealer().open(value, OWNER).ok()?;
        let (issued_at, refresh_token) = std::str::from_utf8(&opened).ok()?.split_once(' ')?;
        Some(Self {
            refresh_token: refresh_token.to_owned(),
            issued_at: issued_at.parse().ok()?,
        })
    }

    /// Whether its time is almost over.
    fn is_due(&self, auth: &Auth) -> bool {
        let lifetime = auth.config().tokens.lifetime.get().as_secs();
        let ahead = (lifetime / 4).min(60);
        let age = u64::try_from(token::now().saturating_sub(self.issued_at)).unwrap_or(u64::MAX);
        age >= lifetime.saturating_sub(ahead)
    }
}

impl Auth {
    /// The session cookie's value in these headers, opened.
    pub(crate) fn held_cookie(&self, parts: &Parts) -> Option<Held> {
        let value = self.cookies().cookie()?.read(&parts.headers)?;
        Held::open(self, value)
    }

    /// `Set-Cookie` for a session's newest refresh token.
    pub(crate) fn session_cookie(&self, refresh_token: &str) -> Result<HeaderValue> {
        let cookies = self.cookies();
        let cookie = cookies.cookie().ok_or_else(|| {
            Error::new(
                crate::error::ErrorCode::FeatureDisabled,
                "Session cookies are disabled",
            )
        })?;
        let held = format!("{} {}", token::now(), refresh_token);
        let failed = |error| Error::internal("Unexpected failure", error);
        let value = self.sealer().seal(held.as_bytes(), OWNER).map_err(failed)?;
        cookie
            .set(&value, cookies.kept)
            .map_err(|error| Error::internal("Unexpected failure", error))
    }

    /// `Set-Cookie` that takes the session cookie away.
    pub(crate) fn cleared_cookie(&self) -> Option<HeaderValue> {
        let cookie = self.cookies().cookie();
        cookie.map(SessionCookie::clear)
    }

    /// Refuses what another site made a browser send. A request without word on where it comes from
    /// is no browser's, and is refused only with a cookie (see [`Self::identify_cookie`]).
    pub(crate) fn check_origin(&self, parts: &Parts) -> Result<(), Problem> {
        let csrf = self.cookies().csrf();
        match csrf.check_origin(&parts.method, &parts.headers) {
            Ok(()) | Err(Refusal::Unknown) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Whose session a cookie is of, and its successor if it is due.
    pub(crate) async fn identify_cookie(
        &self,
        value: &str,
        parts: &Parts,
    ) -> Result<(Identity, Option<HeaderValue>), Problem> {
        let csrf = self.cookies().csrf();
        csrf.check_origin(&parts.method, &parts.headers)?;
        let held = Held::open(self, value).ok_or_else(|| self.cookie_refusal())?;
        self.continue_session(&held, parts).await.map_err(|error| {
            match error.status().is_server_error() {
                true => Problem::unavailable(&error, 1),
                false => self.cookie_refusal(),
            }
        })
    }

    /// 401, and the cookie is taken away: the next request is anonymous.
    fn cookie_refusal(&self) -> Problem {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        let problem =
            refused("session_ended", "The session has ended", challenge).hint("Sign in again");
        match self.cleared_cookie() {
            Some(cleared) => problem.header(SET_COOKIE, cleared),
            None => problem,
        }
    }

    async fn continue_session(
        &self,
        held: &Held,
        parts: &Parts,
    ) -> Result<(Identity, Option<HeaderValue>)> {
        let gone = || Error::new(crate::error::ErrorCode::SessionNotFound, "No session");
        let token = RefreshToken::decode(&held.refresh_token).ok_or_else(gone)?;
        if self.revocations().contains(token.session) {
            return Err(gone());
        }
        let cookies = &self.authenticators().cookies;
        let key = (token.session, token.counter);
        if let Some(known) = cookies.known.get(&key)
            && known.read.elapsed() < fresh_for(self.revocations().is_followed())
        {
            return Ok((known.identity, None));
        }
        let before = *cookies.generation.lock();
        let current = match held.is_due(self) {
            true => None,
            false => self.current(held, parts).await?,
        };
        let (identity, renewed) = match current {
            Some(identity) => (identity, None),
            // Who sends the old cookie again, because the new one did not reach the browser, is not
            // written to the database each time.
            None => self.renew(held, parts).await?,
        };
        let subject = identity.claims().get("sub").and_then(|sub| sub.as_str());
        let known = Known {
            user: subject.and_then(|sub| sub.parse().ok()),
            identity: identity.clone(),
            read: Instant::now(),
        };
        let generation = cookies.generation.lock();
        if *generation == before {
            cookies.known.insert(key, known);
        }
        Ok((identity, renewed))
    }

    /// The identity of a cookie whose time is not over; none if it was superseded.
    async fn current(&self, held: &Held, parts: &Parts) -> Result<Option<Identity>> {
        let mut db = self.pool().acquire().await?;
        let looked = session::look(self, &mut db, &held.refresh_token).await?;
        let Some((user, session)) = looked else {
            return Ok(None);
        };
        let claims = token::claims(self, &user, &session);
        let caller = Caller::of(parts);
        let claims = self.customize_claims(&mut db, &caller, &user, "token_refresh", claims);
        let claims = claims.await?;
        let role = claims.get("role").and_then(|role| role.as_str());
        let role = role.unwrap_or(&user.role).into();
        Ok(Some(Identity::proved(role, claims, Proof::Cookie)))
    }

    /// The session's next refresh token, in a cookie.
    async fn renew(&self, held: &Held, parts: &Parts) -> Result<(Identity, Option<HeaderValue>)> {
        let caller = Caller::of(parts);
        let tokens = session::refresh_own(self, &caller, &held.refresh_token).await?;
        let identity = self.verifier().load().verify(&tokens.access_token);
        let identity = identity
            .map_err(|error| Error::internal("Unexpected failure", error.message().to_string()))?;
        let claims = identity.claims().as_value().as_object();
        let identity = Identity::proved(
            identity.shared_role().clone(),
            claims.cloned().unwrap_or_else(Map::new),
            Proof::Cookie,
        );
        let cookie = self.session_cookie(&tokens.refresh_token)?;
        Ok((identity, Some(cookie)))
    }
}
