//! Tells an owner that strangers were locked out, with a link that lets the owner in.

use std::net::IpAddr;

use chrono::{TimeDelta, Utc};
use crestfall_core::job::{Claim, Failure, Job};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::device;
use crate::error::{Error, Result};
use crate::mail::{Mail, MailKind, Variables, languages};
use crate::one_time::{self, TokenType};
use crate::store::{sign_in_failures, users};

/// A job: it happens after the answer, so that who is answered cannot tell whether there is an owner.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// None for an address that nobody has.
    user: Option<Uuid>,
    ip: IpAddr,
    user_agent: Option<String>,
}

impl Notice {
    pub(crate) const JOB: &'static str = "auth.account_locked";

    pub(super) fn new(user: Option<Uuid>, caller: &Caller) -> Self {
        Self {
            user,
            ip: caller.ip,
            user_agent: caller.user_agent.clone(),
        }
    }

    pub(super) async fn enqueue(&self, db: &mut PgConnection) -> Result<()> {
        let payload = serde_json::to_value(self)
            .map_err(|error| Error::internal("Unexpected failure", error))?;
        Job::new(Self::JOB, payload)
            .confidential()
            .enqueue(db)
            .await?;
        Ok(())
    }

    /// Does the job.
    pub(crate) async fn handle(auth: Auth, job: Claim) -> std::result::Result<(), Failure> {
        let notice: Self = serde_json::from_value(job.payload)
            .map_err(|_| Failure::permanent("the notice of a lock is not understood"))?;
        let told = notice.tell(&auth).await;
        told.map_err(|error| Failure::retry(format!("the owner was not told of a lock: {error}")))
    }

    async fn tell(self, auth: &Auth) -> Result<()> {
        let Some(user) = self.user else { return Ok(()) };
        let mut tx = auth.begin().await?;
        let Some(user) = users::lock(&mut tx, user).await? else {
            return Ok(());
        };
        let caller = Caller {
            ip: self.ip,
            user_agent: self.user_agent,
            languages: None,
            request_id: None,
        };
        audit::record(&mut tx, &caller, &user, Action::AccountLocked, json!({})).await?;
        if user.is_email_confirmed() && !user.email().is_empty() && !user.is_banned() {
            let settings = &auth.config().email;
            let lifetime = TimeDelta::from_std(settings.otp_lifetime.get()).unwrap_or_default();
            let expires_at = Utc::now() + lifetime;
            let request = one_time::Request {
                user: user.id,
                kind: TokenType::RecoveryToken,
                relates_to: user.email(),
                purpose: "magiclink",
                expires_at,
                code_length: settings.otp_length,
                flow_state: None,
            };
            let issued = one_time::issue(&mut tx, &request).await?;
            sign_in_failures::set_unlock_token(&mut tx, user.id).await?;
            let mail = Mail {
                kind: MailKind::AccountLocked,
                to: user.email().to_owned(),
                languages: languages(&user.user_metadata, None),
                variables: Variables {
                    email: user.email().to_owned(),
                    token: issued.code,
                    token_hash: issued.link_token,
                    redirect_to: auth.config().site_url.clone(),
                    device: device::name(caller.user_agent.as_deref()),
                    place: caller.inet().unwrap_or_default(),
                    time: Utc::now().format("%-d %B %Y, %H:%M UTC").to_string(),
                    data: user.user_metadata.0.clone(),
                    ..Variables::default()
                },
                expires_at: Some(expires_at),
            };
            crate::hook::send_email(auth, &mut tx, &caller, &user, &mail).await?;
        }
        Ok(tx.commit().await?)
    }
}
