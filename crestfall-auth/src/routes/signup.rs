//! `POST /signup` (GT-005, GT-006): a new user, with an address and a password or without either.

use aws_lc_rs::hmac;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Json, Response};
use chrono::Utc;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::Challenge;
use crate::sending::even_out;
use crate::session::{self, SessionOptions};
use crate::store::users::{self, NewUser};
use crate::user::{Metadata, User};
use crate::{address, confirmation, directory, hook, new_password, new_user, rate_limit, sending};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SignUp {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    #[serde(deserialize_with = "or_default")]
    password: String,
    #[serde(deserialize_with = "or_default")]
    data: Metadata,
    #[serde(deserialize_with = "or_default")]
    channel: String,
    #[serde(flatten)]
    challenge: Challenge,
}

#[derive(Deserialize)]
pub(super) struct Parameters {
    redirect_to: Option<String>,
}

/// How a user is known: what is confirmed, and the identity's provider.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Email,
    Phone,
}

impl By {
    fn provider(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

pub(super) async fn sign_up(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    Body(request): Body<SignUp>,
) -> Result<Response> {
    if auth.config().disable_signup {
        return Err(Error::new(
            ErrorCode::SignupDisabled,
            "Signups not allowed for this instance",
        ));
    }
    if request.email.is_empty() && request.phone.is_empty() && request.password.is_empty() {
        return anonymous(&auth, &caller, request.data).await;
    }
    let started = Instant::now();
    let (by, address) = check(&auth, &request).await?;
    // Before anything is looked up: an address that is taken is refused as one that is not.
    match by {
        By::Email if !auth.config().email.autoconfirm => {
            sending::email(&auth, &caller, "confirmation", &address).await?;
        }
        By::Phone if !auth.config().phone.autoconfirm => {
            sending::phone(&auth, &caller, "confirmation", &address).await?;
        }
        By::Email | By::Phone => {}
    }
    // Always, so that an address that is taken takes as long as one that is not.
    let hash = new_password::hash(&auth, &request.password).await?;
    let mut tx = auth.begin().await?;
    let existing = match by {
        By::Email => directory::find_by_email(&auth, &mut tx, &address).await?,
        By::Phone => directory::find_by_phone(&auth, &mut tx, &address).await?,
    };
    let mut user = match existing {
        Some(user) if is_confirmed(&user, by) => {
            let traits = json!({ "provider": by.provider() });
            audit::record(&mut tx, &caller, &user, Action::UserRepeatedSignUp, traits).await?;
            tx.commit().await?;
            even_out(started).await;
            return repeated(&auth, by, &address, request.data);
        }
        // Somebody else may have begun with this address: what they set does not count.
        Some(user) => {
            users::set_password(&mut tx, user.id, Some(&hash)).await?;
            users::merge_user_metadata(&mut tx, user.id, &request.data).await?;
            users::find(&mut tx, user.id).await?.unwrap_or(user)
        }
        None => create(&auth, &mut tx, &caller, by, &address, hash, &request.data).await?,
    };
    let confirmed = match by {
        By::Email => auth.config().email.autoconfirm,
        By::Phone => auth.config().phone.autoconfirm,
    };
    let traits = json!({ "provider": by.provider() });
    if !confirmed {
        audit::record(
            &mut tx,
            &caller,
            &user,
            Action::UserConfirmationRequested,
            traits,
        )
        .await?;
        let redirect_to = parameters.redirect_to.as_deref().unwrap_or_default();
        let mut message = None;
        match by {
            By::Email => {
                confirmation::request(
                    &auth,
                    &mut tx,
                    &caller,
                    &user,
                    &request.challenge,
                    redirect_to,
                )
                .await?;
            }
            By::Phone => {
                let channel = &request.channel;
                message =
                    Some(confirmation::request_by_phone(&auth, &mut tx, &user, channel).await?);
            }
        }
        directory::push(&auth, &mut tx, user.id).await?;
        let identity = user.identity(by.provider());
        let ids = (
            user.id,
            identity.map_or(user.id, |identity| identity.identity_id),
        );
        tx.commit().await?;
        if let Some(message) = message {
            message.send(&auth, &caller).await?;
        }
        even_out(started).await;
        return Ok(pending(&auth, by, &address, request.data, ids));
    }
    audit::record(
        &mut tx,
        &caller,
        &user,
        Action::UserSignedUp,
        traits.clone(),
    )
    .await?;
    confirm(&mut tx, &mut user, by).await?;
    directory::push(&auth, &mut tx, user.id).await?;
    audit::record(&mut tx, &caller, &user, Action::Login, traits).await?;
    let options = SessionOptions::default();
    let tokens = session::begin(&auth, &mut tx, &caller, &mut user, "password", options).await?;
    tx.commit().await?;
    Ok(Json(tokens).into_response())
}

/// By what the user is to be known, and the address in its one spelling.
async fn check(auth: &Auth, request: &SignUp) -> Result<(By, String)> {
    if request.password.is_empty() {
        return Err(Error::invalid("Signup requires a valid password"));
    }
    if !request.email.is_empty() && !request.phone.is_empty() {
        return Err(Error::invalid(
            "Only an email address or phone number should be provided on signup.",
        ));
    }
    let challenge = request.challenge.check()?;
    if !request.phone.is_empty() && challenge.is_some() {
        return Err(Error::invalid("PKCE not supported for phone signups"));
    }
    let disabled =
        |code, message| Err(Error::new(code, message).with_status(http::StatusCode::BAD_REQUEST));
    let (by, address) = if request.phone.is_empty() {
        if !auth.config().email.enabled {
            return disabled(
                ErrorCode::EmailProviderDisabled,
                "Email signups are disabled",
            );
        }
        (By::Email, address::email(&request.email)?)
    } else {
        if !auth.config().phone.enabled {
            return disabled(
                ErrorCode::PhoneProviderDisabled,
                "Phone signups are disabled",
            );
        }
        (By::Phone, address::phone(&request.phone)?)
    };
    new_password::check(auth, &request.password).await?;
    Ok((by, address))
}

fn is_confirmed(user: &User, by: By) -> bool {
    match by {
        By::Email => user.is_email_confirmed(),
        By::Phone => user.is_phone_confirmed(),
    }
}

async fn confirm(db: &mut PgConnection, user: &mut User, by: By) -> Result<()> {
    match by {
        By::Email => users::confirm_email(db, user.id).await?,
        By::Phone => users::confirm_phone(db, user.id).await?,
    }
    if let Some(confirmed) = users::find(db, user.id).await? {
        *user = confirmed;
    }
    Ok(())
}

async fn create(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    by: By,
    address: &str,
    hash: String,
    data: &Metadata,
) -> Result<User> {
    let by = (by.provider(), address);
    new_user::create(auth, db, caller, by, Some(hash), data).await
}

/// The answer for an address that is taken. Where new addresses are confirmed by mail it is the same
/// as for any other: who asks learns nothing, the owner finds no mail.
fn repeated(auth: &Auth, by: By, address: &str, data: Metadata) -> Result<Response> {
    let config = auth.config();
    let confirms_itself = match by {
        By::Email => config.email.autoconfirm,
        By::Phone => config.phone.autoconfirm,
    };
    if confirms_itself {
        return Err(new_user::already_registered());
    }
    let made_up = |what: &str| made_up_id(auth, &format!("{what}:{address}"));
    let ids = (made_up("user"), made_up("identity"));
    Ok(pending(auth, by, address, data, ids))
}

/// An id that the same address always gets, and that nobody else can work out: a made-up answer
/// repeats itself as a real one does.
fn made_up_id(auth: &Auth, text: &str) -> Uuid {
    let key = hmac::Key::new(
        hmac::HMAC_SHA256,
        auth.config().encryption_key.expose().as_bytes(),
    );
    let tag = hmac::sign(&key, text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&tag.as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The answer to a sign-up that has to be confirmed. It says only what was sent just now, so that it is
/// the same for new users, those who never confirmed and those who are made up.
fn pending(
    auth: &Auth,
    by: By,
    address: &str,
    data: Metadata,
    (id, identity_id): (Uuid, Uuid),
) -> Response {
    let tokens = &auth.config().tokens;
    let now = Utc::now();
    let provider = by.provider();
    let (email, phone) = match by {
        By::Email => (address, ""),
        By::Phone => ("", address),
    };
    let mut identity_data = json!({
        "sub": id, provider: address, "email_verified": false, "phone_verified": false,
    });
    for (name, value) in &data {
        if identity_data.get(name).is_none() {
            identity_data[name] = value.clone();
        }
    }
    let mut identity = json!({
        "identity_id": identity_id, "id": id, "user_id": id, "provider": provider,
        "identity_data": identity_data,
        "last_sign_in_at": now, "created_at": now, "updated_at": now,
    });
    if by == By::Email {
        identity["email"] = email.into();
    }
    Json(json!({
        "id": id, "aud": tokens.audience, "role": tokens.default_role, "email": email,
        "phone": phone, "confirmation_sent_at": now,
        "app_metadata": { "provider": provider, "providers": [provider] },
        "user_metadata": data, "identities": [identity], "created_at": now, "updated_at": now,
        "is_anonymous": false,
    }))
    .into_response()
}

/// A user without any address, to be converted later (GT-006).
async fn anonymous(auth: &Auth, caller: &Caller, data: Metadata) -> Result<Response> {
    if !auth.config().anonymous_users {
        return Err(Error::new(
            ErrorCode::AnonymousProviderDisabled,
            "Anonymous sign-ins are disabled",
        ));
    }
    let new = NewUser {
        aud: auth.config().tokens.audience.clone(),
        role: auth.config().tokens.default_role.clone(),
        user_metadata: data,
        is_anonymous: true,
        ..NewUser::default()
    };
    rate_limit::anonymous_user(auth, caller).await?;
    let mut tx = auth.begin().await?;
    hook::before_user_created(auth, &mut tx, caller, &new).await?;
    let mut user = users::insert(&mut tx, &new).await?;
    hook::after_user_created(auth, &mut tx, caller, &user).await?;
    let options = SessionOptions::default();
    let tokens = session::begin(auth, &mut tx, caller, &mut user, "anonymous", options).await?;
    tx.commit().await?;
    Ok(Json(tokens).into_response())
}
