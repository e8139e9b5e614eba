//! Who manages factors and passkeys: a person, in a session of their own.

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use http::StatusCode;
use http::request::Parts;

use super::id_in_path;
use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::signed_in::SignedIn;
use crate::store::factors::{self, Factor};
use crate::store::sessions::Session;
use crate::user::User;

/// A signed-in person: not an anonymous user, and not an OAuth client that acts for one.
pub(crate) struct Owner {
    pub(crate) user: User,
    pub(crate) session: Session,
}

/// The factor that the path names, with its owner. Who asks is checked before what is asked for.
pub(crate) struct OwnFactor {
    pub(crate) owner: Owner,
    pub(crate) factor: Factor,
}

impl Owner {
    /// Whether a second factor was proved in this session.
    pub(crate) fn is_aal2(&self) -> bool {
        self.session.aal != "aal1"
    }

    /// Refuses who has a second factor and has not proved one.
    pub(crate) fn require_highest_level(&self, message: &'static str) -> Result<()> {
        match self.is_aal2() || !self.user.has_verified_factor() {
            true => Ok(()),
            false => {
                Err(Error::new(ErrorCode::InsufficientAal, message)
                    .with_status(StatusCode::FORBIDDEN))
            }
        }
    }
}

impl<S> FromRequestParts<S> for Owner
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let session = signed_in.session()?.clone();
        let refuse = |message| {
            Err(Error::new(ErrorCode::NoAuthorization, message).with_status(StatusCode::FORBIDDEN))
        };
        if signed_in.user.is_anonymous {
            return refuse("Anonymous user not allowed to perform these actions");
        }
        if session.oauth_client_id.is_some() {
            return refuse("OAuth clients are not allowed to perform these actions");
        }
        Ok(Self {
            user: signed_in.user,
            session,
        })
    }
}

impl<S> FromRequestParts<S> for OwnFactor
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let owner = Owner::from_request_parts(parts, state).await?;
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| not_found())?;
        let named = path.iter().find(|(name, _)| *name == "factor_id");
        let id = id_in_path(named.map_or("", |(_, id)| id), "factor_id")?;
        let mut db = Auth::from_ref(state).pool().acquire().await?;
        let factor = factors::find(&mut db, owner.user.id, id).await?;
        let factor = factor.ok_or_else(not_found)?;
        Ok(Self { owner, factor })
    }
}

/// There is no such factor, or it is another user's.
pub(super) fn not_found() -> Error {
    Error::new(ErrorCode::MfaFactorNotFound, "Factor not found")
}
