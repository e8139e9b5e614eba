//! What somebody asked to have sent to an address, done apart from the answer: nothing is looked up
//! before who asked is answered, so neither the answer nor the time it takes tells whether there is
//! such a user (SEC-18).
//!
//! The wish is a job like the mail that comes of it: it outlives a crash, and is tried again.

use crestfall_core::job::{Claim, Failure, Handler, Job};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::link_mail::{self, LinkMail};
use crate::mail::MailKind;
use crate::one_time::TokenType;
use crate::pkce::Challenge;
use crate::store::proofs::{self, Sent};
use crate::store::users;
use crate::user::{Metadata, User};
use crate::verification::Verification;
use crate::{confirmation, contact_change, directory, new_user};

/// A wish, and all that is needed to fulfil it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Deferred {
    pub(crate) wish: Wish,
    /// The mail address or phone number, in its one spelling.
    pub(crate) address: String,
    pub(crate) challenge: Challenge,
    pub(crate) redirect_to: String,
    pub(crate) caller: Caller,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// A link to sign in; to sign up too, if that may be.
    SignIn { create_user: bool, data: Metadata },
    /// A link to choose a new password.
    Recovery,
    /// The sign-up's link once more.
    Confirmation,
    /// The links of a change of address once more.
    EmailChange,
    /// The code of a sign-up or sign-in by phone once more.
    PhoneConfirmation,
    /// The code of a change of number once more.
    PhoneChange,
}

impl Deferred {
    /// The kind of job.
    pub(crate) const JOB: &'static str = "auth.deferred";

    /// Promises to see to it.
    pub(crate) async fn promise(&self, auth: &Auth) -> Result<()> {
        let unwritable = |error| Error::internal("Unable to process request", error);
        let payload = serde_json::to_value(self).map_err(unwritable)?;
        Job::new(Self::JOB, payload)
            .confidential()
            .max_attempts(10)
            .enqueue(auth.pool())
            .await?;
        Ok(())
    }

    async fn fulfil(&self, auth: &Auth) -> Result<()> {
        let mut tx = auth.begin().await?;
        let Some(user) = self.find(auth, &mut tx).await? else {
            return Ok(());
        };
        let user = users::lock(&mut tx, user.id).await?;
        let Some(user) = user.filter(|user| !user.is_banned() && user.deleted_at.is_none()) else {
            return Ok(());
        };
        let db = &mut *tx;
        let redirect = (&self.challenge, self.redirect_to.as_str());
        let message = match &self.wish {
            Wish::SignIn { .. } if user.is_email_confirmed() => {
                self.send_link(auth, db, &user, Verification::MagicLink)
                    .await?;
                None
            }
            Wish::SignIn { .. } => {
                self.note(db, &user, Action::UserConfirmationRequested)
                    .await?;
                let purpose = Verification::MagicLink;
                confirmation::request_for(auth, db, &self.caller, &user, purpose, redirect).await?;
                None
            }
            Wish::Recovery => {
                self.send_link(auth, db, &user, Verification::Recovery)
                    .await?;
                None
            }
            Wish::Confirmation if user.is_email_confirmed() => None,
            Wish::Confirmation => {
                self.note(db, &user, Action::UserConfirmationRequested)
                    .await?;
                let purpose = confirmation::purpose_again(db, &user).await?;
                confirmation::request_for(auth, db, &self.caller, &user, purpose, redirect).await?;
                None
            }
            Wish::EmailChange if user.email_change.is_empty() => None,
            Wish::EmailChange => {
                let (caller, email) = (&self.caller, &user.email_change);
                contact_change::send_email_change(auth, db, caller, &user, email, redirect).await?;
                None
            }
            Wish::PhoneConfirmation if user.is_phone_confirmed() => None,
            Wish::PhoneConfirmation => {
                self.note(db, &user, Action::UserRecoveryRequested).await?;
                let purpose = confirmation::purpose_again(db, &user).await?;
                Some(confirmation::request_by_phone_for(auth, db, &user, purpose, "").await?)
            }
            Wish::PhoneChange if user.phone_change.is_empty() => None,
            Wish::PhoneChange => {
                let phone = &user.phone_change;
                Some(contact_change::send_phone_change(auth, db, &user, phone, "").await?)
            }
        };
        tx.commit().await?;
        if let Some(message) = message {
            message.send(auth, &self.caller).await?;
        }
        Ok(())
    }

    /// The user with the address; a new one where the wish is to be signed up.
    async fn find(&self, auth: &Auth, db: &mut PgConnection) -> Result<Option<User>> {
        let audience = &auth.config().tokens.audience;
        let found = match self.wish {
            Wish::PhoneConfirmation => directory::find_by_phone(auth, db, &self.address).await?,
            Wish::PhoneChange => match directory::find_by_phone(auth, db, &self.address).await? {
                Some(user) => Some(user),
                None => users::find_by_phone_change(db, &self.address, audience).await?,
            },
            Wish::EmailChange => match directory::find_by_email(auth, db, &self.address).await? {
                Some(user) => Some(user),
                None => self.who_wants(auth, db).await?,
            },
            Wish::SignIn { .. } | Wish::Recovery | Wish::Confirmation => {
                directory::find_by_email(auth, db, &self.address).await?
            }
        };
        match &self.wish {
            Wish::SignIn { create_user, data }
                if found.is_none() && *create_user && !auth.config().disable_signup =>
            {
                let by = ("email", self.address.as_str());
                Ok(Some(
                    new_user::create_by_otp(auth, db, &self.caller, by, data).await?,
                ))
            }
            _ => Ok(found),
        }
    }

    /// A guest has no address yet but the one that is to be proved.
    async fn who_wants(&self, auth: &Auth, db: &mut PgConnection) -> Result<Option<User>> {
        let audience = &auth.config().tokens.audience;
        let waiting = proofs::who_want_email(db, &self.address, audience).await?;
        match waiting.first() {
            Some(user) => Ok(users::find(db, *user).await?),
            None => Ok(None),
        }
    }

    /// A link to sign in with, as what it was asked for.
    async fn send_link(
        &self,
        auth: &Auth,
        db: &mut PgConnection,
        user: &User,
        purpose: Verification,
    ) -> Result<()> {
        self.note(db, user, Action::UserRecoveryRequested).await?;
        let challenge = &self.challenge;
        let flow_state = link_mail::begin_exchange(db, user.id, challenge, purpose.name()).await?;
        let redirect_to = link_mail::redirect_target(auth, &self.redirect_to);
        let mail = LinkMail {
            user,
            to: user.email(),
            kind: match purpose {
                Verification::Recovery => MailKind::Recovery,
                _ => MailKind::MagicLink,
            },
            token: TokenType::RecoveryToken,
            purpose,
            flow_state,
            redirect_to: &redirect_to,
        };
        link_mail::send(auth, db, &self.caller, &mail).await?;
        Ok(proofs::mark_sent(db, user.id, Sent::Recovery).await?)
    }

    async fn note(&self, db: &mut PgConnection, user: &User, action: Action) -> Result<()> {
        audit::record(db, &self.caller, user, action, json!({})).await
    }
}

/// Does the jobs.
pub(crate) fn handler(auth: Auth) -> impl Handler {
    move |job: Claim| {
        let auth = auth.now();
        async move {
            let deferred: Deferred = serde_json::from_value(job.payload)
                .map_err(|_| Failure::permanent("not a wish of this version"))?;
            let done = deferred.fulfil(&auth).await;
            done.map_err(|error| match error.status().is_server_error() {
                true => Failure::retry(error.code().as_str()),
                false => Failure::permanent(error.code().as_str()),
            })
        }
    }
}
