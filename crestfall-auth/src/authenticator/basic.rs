//! `Authorization: Basic`: Argon2 is paid once a minute, not with each request.

use std::time::Duration;

use crestfall_core::client_ip::{ClientIp, network};
use crestfall_core::rate_limit::Rate;
use crestfall_core::{Identity, Problem};
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use uuid::Uuid;

use super::person::password_version;
use super::{fresh_for, refused, unavailable};
use crate::api_key::looks_like_key;
use crate::auth::Auth;
use crate::basic::{Basic, BasicCache, Checked, challenge};
use crate::caller::Caller;
use crate::error::Error;
use crate::sign_in_guard::{self, Attempt, Who};
use crate::user::User;
use crate::{address, directory};

/// The time in which wrong passwords are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Passwords that were right a moment ago.
pub(crate) struct Passwords(BasicCache);

impl Passwords {
    pub(super) fn new() -> Result<Self, aws_lc_rs::error::Unspecified> {
        BasicCache::with_defaults().map(Self)
    }

    pub(super) fn forget(&self, user: Uuid) {
        self.0.forget(user);
    }
}

/// 401 with the challenge of Basic.
pub(crate) fn refusal(realm: &str, message: &'static str) -> Problem {
    let challenge = HeaderValue::try_from(challenge(realm));
    let challenge = challenge.unwrap_or(HeaderValue::from_static("Basic"));
    refused("basic_invalid", message, challenge)
}

impl Auth {
    /// Who sends user and password, or an API key in the password's place.
    pub(crate) async fn identify_basic(
        &self,
        basic: &Basic,
        parts: &Parts,
    ) -> Result<Identity, Problem> {
        // Browsers send these unasked too, once somebody typed them in.
        self.check_origin(parts)?;
        if looks_like_key(basic.password()) {
            let challenge = challenge(&self.config().basic.realm);
            let identity = self.identify_api_key(basic.password(), parts).await;
            return identity.map_err(|problem| match HeaderValue::try_from(challenge) {
                Ok(challenge) if problem.status() == StatusCode::UNAUTHORIZED => {
                    problem.header(WWW_AUTHENTICATE, challenge)
                }
                _ => problem,
            });
        }
        if !self.config().basic.passwords {
            return Err(self.basic_refusal());
        }
        let cache = &self.authenticators().passwords.0;
        let known = match cache.get(basic) {
            Some(checked) => self.person_of(&checked).await?,
            None => None,
        };
        match known {
            Some(identity) => Ok(identity),
            None => self.check_password(basic, parts).await,
        }
    }

    fn basic_refusal(&self) -> Problem {
        refusal(
            &self.config().basic.realm,
            "The user or password is wrong, or may not be used in this way",
        )
    }

    /// The user of a password that was right; none if it is to be checked again.
    async fn person_of(&self, checked: &Checked) -> Result<Option<Identity>, Problem> {
        let fresh_for = fresh_for(self.revocations().is_followed());
        let people = &self.authenticators().people;
        let person = people.find(self, checked.user_id, fresh_for).await;
        let person = person.map_err(|error| unavailable(&error))?;
        let Some(person) = person.filter(|person| person.password_version == checked.version)
        else {
            return Ok(None);
        };
        let second_factor = self.config().basic.allow_with_second_factor;
        if person.is_banned() || (person.has_second_factor && !second_factor) {
            return Err(self.basic_refusal());
        }
        Ok(Some(person.identity.clone()))
    }

    async fn check_password(&self, basic: &Basic, parts: &Parts) -> Result<Identity, Problem> {
        let cache = &self.authenticators().passwords.0;
        let generation = cache.generation();
        let user = self.basic_user(basic.user()).await;
        let busy = |error: Error| Problem::unavailable(&error, 1);
        let user = user.map_err(busy)?;
        let failures = Failures::new(self, basic.user(), user.as_ref(), parts);
        failures.check(self).await?;
        let caller = Caller::of(parts);
        let who = Who::of(user.as_ref(), basic.user());
        let attempt = sign_in_guard::check(self, &caller, who).await;
        let attempt = attempt.map_err(busy)?;
        // A dummy is hashed when there is no such user, or they are locked: all take the same time.
        let hash = user.as_ref().and_then(User::password_hash);
        let hash = hash.filter(|_| !attempt.is_locked());
        let verified = match self.passwords().verify(basic.password(), hash).await {
            Ok(verified) => verified,
            Err(error) => {
                attempt.withdraw(self).await.map_err(busy)?;
                return Err(Problem::unavailable(&error, 1));
            }
        };
        let user = match user {
            Some(user) if verified.ok => user,
            _ => {
                failures.count(self).await;
                let counted = attempt.failed(self, &caller, "password").await;
                counted.map_err(busy)?;
                return Err(self.basic_refusal());
            }
        };
        self.basic_succeeded(attempt).await.map_err(busy)?;
        if !may_use_password(self, &user) {
            return Err(self.basic_refusal());
        }
        let checked = Checked {
            user_id: user.id,
            version: password_version(&user),
        };
        cache.remember(basic, checked.clone(), generation);
        let identity = self.person_of(&checked).await?;
        // Changed while it was being checked.
        identity.ok_or_else(|| self.basic_refusal())
    }

    async fn basic_succeeded(&self, attempt: Attempt) -> Result<(), Error> {
        let mut db = self.pool().acquire().await?;
        attempt.succeeded(&mut db).await
    }

    async fn basic_user(&self, name: &str) -> Result<Option<User>, Error> {
        let config = self.config();
        let mut db = self.pool().acquire().await?;
        if name.contains('@') {
            return match address::email(name) {
                Ok(email) if config.email.enabled => {
                    directory::find_by_email(self, &mut db, &email).await
                }
                _ => Ok(None),
            };
        }
        match address::phone(name) {
            Ok(phone) if config.phone.enabled => {
                directory::find_by_phone(self, &mut db, &phone).await
            }
            _ => Ok(None),
        }
    }
}

/// What the password grant asks too, and that there is no second factor to pass by.
fn may_use_password(auth: &Auth, user: &User) -> bool {
    let config = auth.config();
    let confirmed = user.is_email_confirmed()
        || user.is_phone_confirmed()
        || config.email.allow_unverified_sign_in;
    let factors = !user.has_verified_factor() || config.basic.allow_with_second_factor;
    confirmed && factors && !user.is_banned() && user.deleted_at.is_none()
}

/// Wrong passwords for one account from one network: counted by the account that a name leads to, in
/// whatever spelling (SEC-17).
struct Failures {
    key: String,
    rate: Rate,
}

impl Failures {
    fn new(auth: &Auth, name: &str, user: Option<&User>, parts: &Parts) -> Self {
        let account = match user {
            Some(user) => user.id.to_string(),
            None => name.trim().to_lowercase(),
        };
        let network = ClientIp::of(parts).map(|ip| network(ip.0).to_string());
        Self {
            key: format!("basic:{}:{account}", network.unwrap_or_default()),
            rate: Rate::new(auth.config().basic.max_failures.max(1), WINDOW),
        }
    }

    async fn check(&self, auth: &Auth) -> Result<(), Problem> {
        let decision = auth.limiter().peek(&self.rate, &self.key).await;
        if decision.allowed {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_failures",
            "There were too many wrong passwords; try again later",
        )
        .header(
            RETRY_AFTER,
            HeaderValue::from(decision.retry_after_seconds()),
        ))
    }

    async fn count(&self, auth: &Auth) {
        auth.limiter().check(&self.rate, &self.key).await;
    }
}
