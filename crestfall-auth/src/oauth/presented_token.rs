//! Tokens that clients and services ask about or give back (RFC 7662, RFC 7009).

use crestfall_core::Identity;
use sqlx::PgConnection;
use uuid::Uuid;

use super::client::{CLIENT_CREDENTIALS, Client};
use crate::auth::Auth;
use crate::error::Result;
use crate::session;
use crate::signed_in::check_claims;
use crate::store::sessions::Session;
use crate::store::{oauth_clients, sessions, users};
use crate::user::User;

/// A token that is good for something.
pub(crate) enum PresentedToken {
    /// Of a session.
    Access {
        identity: Identity,
        session: Box<Session>,
    },
    /// Of a client that acts by itself.
    Own {
        identity: Identity,
        client: Box<Client>,
    },
    /// Continues a session.
    Refresh {
        session: Box<Session>,
        /// Whether it was not used yet.
        is_newest: bool,
    },
}

impl PresentedToken {
    /// What a text is; none for what is no token, has expired or was revoked.
    pub(crate) async fn find(
        auth: &Auth,
        db: &mut PgConnection,
        text: &str,
    ) -> Result<Option<Self>> {
        if let Some((session, is_newest)) = session::of_refresh_token(auth, db, text).await? {
            let session = Box::new(session);
            return Ok(Some(Self::Refresh { session, is_newest }));
        }
        let verifier = auth.verifier().load_full();
        let Ok(identity) = verifier.verify_or_refresh(text).await else {
            return Ok(None);
        };
        if check_claims(auth, &identity).is_err() {
            return Ok(None);
        }
        let id = |name: &str| identity.claims().get(name)?.as_str()?.parse::<Uuid>().ok();
        let (Some(session_id), Some(subject)) = (id("session_id"), id("sub")) else {
            return Ok(None);
        };
        if id("client_id") == Some(subject) {
            let client = oauth_clients::find(db, subject).await?;
            let client = client.filter(|client| {
                client.own_session() == session_id && client.may_use(CLIENT_CREDENTIALS)
            });
            return Ok(client.map(|client| Self::Own {
                identity,
                client: Box::new(client),
            }));
        }
        let session = sessions::find(db, session_id).await?;
        let session = session.filter(|session| session.user_id == subject);
        Ok(session.map(|session| Self::Access {
            identity,
            session: Box::new(session),
        }))
    }

    /// The client that it was given to.
    pub(crate) fn client(&self) -> Option<Uuid> {
        match self {
            Self::Access { session, .. } | Self::Refresh { session, .. } => session.oauth_client_id,
            Self::Own { client, .. } => Some(client.id),
        }
    }

    /// Whether whoever it speaks for may still come in.
    pub(crate) async fn is_active(&self, db: &mut PgConnection) -> Result<bool> {
        let session = match self {
            Self::Own { .. } => return Ok(true),
            Self::Refresh {
                is_newest: false, ..
            } => return Ok(false),
            Self::Access { session, .. } | Self::Refresh { session, .. } => session,
        };
        let is_over = session
            .not_after
            .is_some_and(|end| end <= chrono::Utc::now());
        let user = users::find(db, session.user_id).await?;
        let may_come = |user: User| !user.is_banned() && user.deleted_at.is_none();
        Ok(!is_over && user.is_some_and(may_come))
    }
}
