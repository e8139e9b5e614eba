//! `Authorization: Basic`: Argon2 is paid once a minute, not with each request.

use crestfall_core::{Identity, Problem};
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use uuid::Uuid;

use super::person::password_version;
use super::{fresh_for, refused, unavailable};
use crate::api_key::looks_like_key;
use crate::auth::Auth;
use crate::basic::{Basic, BasicCache, Checked, challenge};
use crate::caller::Caller;
use crate::error::Error;
use crate::hook;
use crate::sign_in_guard::{self, Who};
use crate::user::User;
use crate::{address, directory};

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

    /// Checks a password as the password grant does: counted on the account with all other tries, and
    /// in the same time whoever it is of.
    async fn check_password(&self, basic: &Basic, parts: &Parts) -> Result<Identity, Problem> {
        let cache = &self.authenticators().passwords.0;
        let generation = cache.generation();
        let checked = self.password_owner(basic, parts).await;
        let checked = checked.map_err(|error| match error.status().is_server_error() {
            true => Problem::unavailable(&error, 1),
            false => self.basic_refusal(),
        })?;
        let checked = checked.ok_or_else(|| self.basic_refusal())?;
        cache.remember(basic, checked.clone(), generation);
        let identity = self.person_of(&checked).await?;
        // Changed while it was being checked.
        identity.ok_or_else(|| self.basic_refusal())
    }

    /// The user whose password this is, if they may use it so.
    async fn password_owner(&self, basic: &Basic, parts: &Parts) -> Result<Option<Checked>, Error> {
        let caller = Caller::of(parts);
        let (user, address) = self.basic_user(basic.user()).await?;
        let who = Who::of(user.as_ref(), &address);
        let attempt = sign_in_guard::check(self, &caller, who).await?;
        // A dummy is hashed when there is no such user, or it is locked.
        let hash = user.as_ref().and_then(User::password_hash);
        let hash = hash.filter(|_| !attempt.is_locked());
        let verified = match self.passwords().verify(basic.password(), hash).await {
            Ok(verified) => verified,
            Err(busy) => {
                attempt.withdraw(self).await?;
                return Err(busy.into());
            }
        };
        if let Some(user) = user.as_ref().filter(|user| user.password_hash().is_some()) {
            hook::password_verification_attempt(self, &caller, user.id, verified.ok).await?;
        }
        let Some(user) = user.as_ref().filter(|_| verified.ok) else {
            attempt.failed(self, &caller, "password").await?;
            return Ok(None);
        };
        let mut db = self.pool().acquire().await?;
        attempt.succeeded(&mut db).await?;
        Ok(may_use_password(self, user).then(|| Checked {
            user_id: user.id,
            version: password_version(user),
        }))
    }

    /// The user of a name, and the name in its one spelling.
    async fn basic_user(&self, name: &str) -> Result<(Option<User>, String), Error> {
        let config = self.config();
        let mut db = self.pool().acquire().await?;
        let (is_email, address) = match name.contains('@') {
            true => (true, address::email(name)),
            false => (false, address::phone(name)),
        };
        let Ok(address) = address else {
            return Ok((None, name.trim().to_lowercase()));
        };
        let user = match is_email {
            true if config.email.enabled => {
                directory::find_by_email(self, &mut db, &address).await?
            }
            false if config.phone.enabled => {
                directory::find_by_phone(self, &mut db, &address).await?
            }
            _ => None,
        };
        Ok((user, address))
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
