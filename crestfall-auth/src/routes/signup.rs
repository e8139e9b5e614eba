//! `POST /signup` (GT-005, GT-006): a new user, with an address and a password or without either.

use aws_lc_rs::hmac;
use axum::extract::State;
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
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::sending::even_out;
use crate::session::{self, SessionOptions};
use crate::sign_up_again::{self, Given};
use crate::store::flow_states;
use crate::store::users::{self, NewUser};
use crate::user::{Metadata, User};
use crate::verification::Verification;
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

    /// Nobody has to prove the address.
    fn confirms_itself(self, auth: &Auth) -> bool {
        match self {
            Self::Email => auth.config().email.autoconfirm,
            Self::Phone => auth.config().phone.autoconfirm,
        }
    }

    fn is_confirmed(self, user: &User) -> bool {
        match self {
            Self::Email => user.is_email_confirmed(),
            Self::Phone => user.is_phone_confirmed(),
        }
    }

    async fn find(self, auth: &Auth, db: &mut PgConnection, address: &str) -> Result<Option<User>> {
        match self {
            Self::Email => directory::find_by_email(auth, db, address).await,
            Self::Phone => directory::find_by_phone(auth, db, address).await,
        }
    }
}

pub(super) async fn sign_up(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
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
    let confirmed = by.confirms_itself(&auth);
    match by {
        _ if confirmed => {}
        By::Email => sending::email(&auth, &caller, "confirmation", &address).await?,
        By::Phone => sending::phone(&auth, &caller, "confirmation", &address).await?,
    }
    // All of it always, so that an address that is taken takes as long as one that is not.
    let before = {
        let mut db = auth.pool().acquire().await?;
        by.find(&auth, &mut db, &address).await?
    };
    let held = before.as_ref().and_then(User::password_hash);
    let is_same = auth.passwords().verify(&request.password, held).await?.ok;
    let hash = new_password::hash(&auth, &request.password).await?;
    let mut tx = auth.begin().await?;
    let existing = by.find(&auth, &mut tx, &address).await?;
    if let Some(user) = existing.as_ref().filter(|user| by.is_confirmed(user)) {
        let traits = json!({ "provider": by.provider() });
        audit::record(&mut tx, &caller, user, Action::UserRepeatedSignUp, traits).await?;
        tx.commit().await?;
        even_out(started).await;
        return repeated(&auth, by, &address, request.data);
    }
    let given = Given {
        provider: by.provider(),
        matched: held.filter(|_| is_same),
        hash: &hash,
        data: &request.data,
        to_be_proved: !confirmed,
    };
    let again = match existing {
        Some(user) => sign_up_again::begin(&auth, &mut tx, user.id, &given).await?,
        None => None,
    };
    let (mut user, purpose) = match again {
        Some(again) => again,
        None => {
            let (by, hash) = ((by.provider(), address.as_str()), Some(hash.clone()));
            let data = &request.data;
            let user = new_user::create(&auth, &mut tx, &caller, by, hash, data).await?;
            (user, Verification::Signup)
        }
    };
    let traits = json!({ "provider": by.provider() });
    if !confirmed {
        let asked = Action::UserConfirmationRequested;
        audit::record(&mut tx, &caller, &user, asked, traits).await?;
        let message = match by {
            By::Email => {
                let redirect_to = parameters.redirect_to.as_deref().unwrap_or_default();
                let redirect = (&request.challenge, redirect_to);
                let what = (purpose, hash.as_str());
                ask_by_email(&auth, &mut tx, &caller, &user, what, redirect).await?;
                None
            }
            By::Phone => {
                let (db, channel) = (&mut *tx, &request.channel);
                let message =
                    confirmation::request_by_phone_for(&auth, db, &user, purpose, channel);
                Some(message.await?)
            }
        };
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

/// Has the address confirmed. Where the mail alone keeps no password, its exchange may.
async fn ask_by_email(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    (purpose, hash): (Verification, &str),
    redirect: (&Challenge, &str),
) -> Result<()> {
    let exchange = confirmation::request_for(auth, db, caller, user, purpose, redirect).await?;
    if let Some(exchange) = exchange.filter(|_| purpose != Verification::Signup) {
        flow_states::keep_password(db, exchange, hash).await?;
    }
    Ok(())
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

/// The answer for an address that is taken. Where new addresses are confirmed by mail it is the same
/// as for any other: who asks learns nothing, the owner finds no mail.
fn repeated(auth: &Auth, by: By, address: &str, data: Metadata) -> Result<Response> {
    if by.confirms_itself(auth) {
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
