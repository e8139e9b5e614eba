//! `POST /admin/generate_link` (GT-049): a link and code that the administrator sends by other ways.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::link_mail::{self, LinkMail};
use crate::mail::MailKind;
use crate::one_time::TokenType;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::routes::invite;
use crate::signed_in::Admin;
use crate::store::proofs::{self, Sent};
use crate::store::users;
use crate::user::{Metadata, User};
use crate::verification::Verification;
use crate::{address, contact_change, new_password, new_user, proof};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    new_email: String,
    #[serde(deserialize_with = "or_default")]
    password: String,
    #[serde(deserialize_with = "or_default")]
    data: Metadata,
    #[serde(deserialize_with = "or_default")]
    redirect_to: String,
}

/// What the link is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signup,
    MagicLink,
    Recovery,
    Invite,
    EmailChangeCurrent,
    EmailChangeNew,
}

pub(super) async fn generate(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    admin: Admin,
    Body(request): Body<Request>,
) -> Result<Json<Value>> {
    let email = address::email(&request.email)?;
    let asked = match request.redirect_to.as_str() {
        "" => parameters.redirect_to.as_deref().unwrap_or_default(),
        asked => asked,
    };
    let redirect_to = link_mail::redirect_target(&auth, asked);
    let kind = Kind::parse(&request.kind)?;
    let hash = match request.password.as_str() {
        password if kind == Kind::Signup && !password.is_empty() => {
            new_password::check(&auth, password).await?;
            Some(new_password::hash(&auth, password).await?)
        }
        _ => None,
    };
    let mut tx = auth.begin().await?;
    let found = crate::directory::find_by_email(&auth, &mut tx, &email).await?;
    let kind = match (kind, &found) {
        (Kind::MagicLink, None) => Kind::Signup,
        (Kind::Recovery | Kind::EmailChangeCurrent | Kind::EmailChangeNew, None) => {
            return Err(Error::new(
                ErrorCode::UserNotFound,
                "User with this email not found",
            ));
        }
        (kind, _) => kind,
    };
    let user = prepare(
        &auth,
        &mut tx,
        &caller,
        (kind, found),
        (&email, hash),
        &request,
    )
    .await?;
    let mail = mail(kind, &user, &redirect_to);
    let issued = link_mail::issue(&auth, &mut tx, &mail).await?;
    let link = auth
        .mails()
        .link(mail.kind, &issued.link_token, &redirect_to);
    let action = match kind {
        Kind::Invite => Action::UserInvited,
        Kind::Signup => Action::UserConfirmationRequested,
        Kind::MagicLink | Kind::Recovery => Action::UserRecoveryRequested,
        Kind::EmailChangeCurrent | Kind::EmailChangeNew => Action::UserModified,
    };
    let traits = json!({ "by": admin.user_id(), "link": kind.name() });
    audit::record(&mut tx, &caller, &user, action, traits).await?;
    let user = users::find(&mut tx, user.id).await?.unwrap_or(user);
    tx.commit().await?;
    let failed = |error| Error::internal("Unable to process request", error);
    let mut answer = serde_json::to_value(&user).map_err(failed)?;
    answer["action_link"] = link.unwrap_or_default().into();
    answer["email_otp"] = issued.code.into();
    answer["hashed_token"] = issued.link_token.into();
    answer["verification_type"] = kind.name().into();
    answer["redirect_to"] = redirect_to.into();
    Ok(Json(answer))
}

impl Kind {
    fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "signup" => Self::Signup,
            "magiclink" => Self::MagicLink,
            "recovery" => Self::Recovery,
            "invite" => Self::Invite,
            "email_change_current" => Self::EmailChangeCurrent,
            "email_change_new" => Self::EmailChangeNew,
            name => {
                return Err(Error::invalid(format!(
                    "Invalid email action link type requested: {name}"
                )));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::MagicLink => "magiclink",
            Self::Recovery => "recovery",
            Self::Invite => "invite",
            Self::EmailChangeCurrent => "email_change_current",
            Self::EmailChangeNew => "email_change_new",
        }
    }
}

/// The user as the link needs them: made, or about to change.
async fn prepare(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    (kind, found): (Kind, Option<User>),
    (email, hash): (&str, Option<String>),
    request: &Request,
) -> Result<User> {
    if let Some(user) = &found {
        users::lock(db, user.id).await?;
    }
    let (user, sent) = match (kind, found) {
        (Kind::Invite, _) => {
            let user = invite::invitee(auth, db, caller, email, &request.data).await?;
            (user, Sent::Invite)
        }
        (Kind::Signup, Some(user)) if user.is_email_confirmed() => {
            return Err(proof::email_taken());
        }
        (Kind::Signup, found) => (
            sign_up(auth, db, caller, found, (email, hash), request).await?,
            Sent::Confirmation,
        ),
        (Kind::EmailChangeCurrent | Kind::EmailChangeNew, Some(user)) => (
            begin_change(auth, db, kind, user, &request.new_email).await?,
            Sent::EmailChange,
        ),
        (Kind::MagicLink | Kind::Recovery, Some(user)) => (user, Sent::Recovery),
        (_, None) => return Err(Error::new(ErrorCode::UserNotFound, "User not found")),
    };
    proofs::mark_sent(db, user.id, sent).await?;
    Ok(user)
}

/// A link to sign up needs a password, one to sign in makes a new user without.
async fn sign_up(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    found: Option<User>,
    (email, hash): (&str, Option<String>),
    request: &Request,
) -> Result<User> {
    if hash.is_none() && found.is_none() && request.kind == "signup" {
        return Err(Error::invalid("Signup requires a valid password"));
    }
    let Some(user) = found else {
        return new_user::create(auth, db, caller, ("email", email), hash, &request.data).await;
    };
    if hash.is_some() {
        users::set_password(db, user.id, hash.as_deref()).await?;
    }
    users::merge_user_metadata(db, user.id, &request.data).await?;
    Ok(user)
}

async fn begin_change(
    auth: &Auth,
    db: &mut PgConnection,
    kind: Kind,
    user: User,
    new_email: &str,
) -> Result<User> {
    if kind == Kind::EmailChangeCurrent && !auth.config().email.secure_change {
        return Err(Error::invalid(
            "Enable secure email change to generate link for current email",
        ));
    }
    let new_email = address::email(new_email)?;
    contact_change::check_email_is_free(auth, db, &user, &new_email).await?;
    // The link for the other address may have been used already.
    let confirmed = match user.email_change == new_email {
        true => user.email_change_confirm_status,
        false => i16::from(!contact_change::needs_both(auth, &user)),
    };
    proofs::want_email(db, user.id, &new_email, confirmed).await?;
    Ok(User {
        email_change: new_email,
        ..user
    })
}

fn mail<'a>(kind: Kind, user: &'a User, redirect_to: &'a str) -> LinkMail<'a> {
    let (mail, to, token, purpose) = match kind {
        Kind::Invite => return invite::mail(user, redirect_to),
        Kind::Signup => (
            MailKind::Confirmation,
            user.email(),
            TokenType::ConfirmationToken,
            Verification::Signup,
        ),
        Kind::MagicLink => (
            MailKind::MagicLink,
            user.email(),
            TokenType::RecoveryToken,
            Verification::MagicLink,
        ),
        Kind::Recovery => (
            MailKind::Recovery,
            user.email(),
            TokenType::RecoveryToken,
            Verification::Recovery,
        ),
        Kind::EmailChangeCurrent => (
            MailKind::EmailChangeCurrent,
            user.email(),
            TokenType::EmailChangeTokenCurrent,
            Verification::EmailChange,
        ),
        Kind::EmailChangeNew => (
            MailKind::EmailChangeNew,
            user.email_change.as_str(),
            TokenType::EmailChangeTokenNew,
            Verification::EmailChange,
        ),
    };
    LinkMail {
        user,
        to,
        kind: mail,
        token,
        purpose,
        flow_state: None,
        redirect_to,
    }
}
