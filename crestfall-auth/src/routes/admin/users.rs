//! `/admin/users` (GT-044 to GT-046).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{HeaderMap, HeaderValue, LINK};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::cursor::{self, Cursor};
use crate::error::{Error, ErrorCode, Result};
use crate::page::PageQuery;
use crate::password::check_importable;
use crate::path::Path;
use crate::query::Query;
use crate::signed_in::Admin;
use crate::store::users::{self, NewUser};
use crate::store::{identities, one_time_tokens, sessions};
use crate::user::{Metadata, User};
use crate::{address, directory, go_duration, hook, new_password};

const EMAIL_TAKEN: &str = "A user with this email address has already been registered";
const PHONE_TAKEN: &str = "A user with this phone number has already been registered";

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UserFields {
    id: Option<Uuid>,
    #[serde(deserialize_with = "or_default")]
    aud: String,
    #[serde(deserialize_with = "or_default")]
    role: String,
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    password: Option<String>,
    password_hash: Option<String>,
    #[serde(deserialize_with = "or_default")]
    email_confirm: bool,
    #[serde(deserialize_with = "or_default")]
    phone_confirm: bool,
    user_metadata: Option<Metadata>,
    app_metadata: Option<Metadata>,
    #[serde(deserialize_with = "or_default")]
    ban_duration: String,
}

/// What is checked and worked out before a transaction begins.
struct Checked {
    email: Option<String>,
    phone: Option<String>,
    password_hash: Option<String>,
    /// Until when the user is shut out; not at all.
    ban: Option<Option<DateTime<Utc>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListParameters {
    filter: String,
    sort: String,
    limit: String,
    cursor: String,
    #[serde(flatten)]
    page: PageQuery,
}

impl ListParameters {
    /// Pages by cursor: asked for, or what the settings want of who asks for nothing.
    fn is_by_cursor(&self, auth: &Auth) -> bool {
        let asked = !self.limit.is_empty() || !self.cursor.is_empty();
        self.page.is_empty() && (asked || auth.config().cursor_pages)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Removal {
    #[serde(deserialize_with = "or_default")]
    should_soft_delete: bool,
}

impl UserFields {
    async fn check(&self, auth: &Auth) -> Result<Checked> {
        let optional = |text: &str, parse: fn(&str) -> Result<String>| match text {
            "" => Ok(None),
            text => parse(text).map(Some),
        };
        let password = self
            .password
            .as_deref()
            .filter(|password| !password.is_empty());
        let imported = self
            .password_hash
            .as_deref()
            .filter(|hash| !hash.is_empty());
        let password_hash = match (password, imported) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "Only a password or a password hash should be provided",
                ));
            }
            (None, None) => None,
            (Some(password), None) => {
                new_password::check(auth, password).await?;
                Some(new_password::hash(auth, password).await?)
            }
            (None, Some(hash)) => {
                check_importable(hash).map_err(|error| Error::invalid(error.to_string()))?;
                Some(hash.to_owned())
            }
        };
        Ok(Checked {
            email: optional(&self.email, address::email)?,
            phone: optional(&self.phone, address::phone)?,
            password_hash,
            ban: ban(&self.ban_duration)?,
        })
    }
}

/// `24h` or `none`.
fn ban(text: &str) -> Result<Option<Option<DateTime<Utc>>>> {
    match text {
        "" => Ok(None),
        "none" => Ok(Some(None)),
        text => {
            let invalid = || {
                Error::invalid(format!(
                    "invalid format for ban duration: \"{text}\" is neither \"none\" nor a duration such as \"24h\""
                ))
            };
            let duration = go_duration::parse(text).ok_or_else(invalid)?;
            let duration = TimeDelta::from_std(duration).map_err(|_| invalid())?;
            let until = Utc::now()
                .checked_add_signed(duration)
                .ok_or_else(invalid)?;
            Ok(Some(Some(until)))
        }
    }
}

/// The user of the path.
pub(in crate::routes) async fn find(db: &mut PgConnection, id: Uuid) -> Result<User> {
    let unknown = || Error::new(ErrorCode::UserNotFound, "User not found");
    users::find(db, id).await?.ok_or_else(unknown)
}

pub(super) async fn list(
    State(auth): State<Auth>,
    Query(parameters): Query<ListParameters>,
    _: Admin,
) -> Result<Response> {
    let ascending = match parameters.sort.as_str() {
        "" | "created_at" | "created_at desc" => false,
        "created_at asc" => true,
        _ => {
            return Err(Error::invalid(
                "Bad Sort Parameters: only created_at asc or desc",
            ));
        }
    };
    let audience = &auth.config().tokens.audience;
    if parameters.is_by_cursor(&auth) {
        return list_by_cursor(&auth, &parameters, ascending).await;
    }
    let page = parameters.page.check()?;
    let mut db = auth.pool().acquire().await?;
    let (users, total) = users::page(
        &mut db,
        audience,
        &parameters.filter,
        ascending,
        page.range(),
    )
    .await?;
    let headers = page.headers(&auth, "/admin/users", total);
    Ok((headers, Json(json!({ "users": users, "aud": audience }))).into_response())
}

/// A page after a cursor, which says where the one before has ended.
async fn list_by_cursor(
    auth: &Auth,
    parameters: &ListParameters,
    ascending: bool,
) -> Result<Response> {
    let (after, limit) = cursor::check(&parameters.cursor, &parameters.limit)?;
    let audience = &auth.config().tokens.audience;
    let mut db = auth.pool().acquire().await?;
    // One more tells whether there is more.
    let wanted = (after.map(Cursor::position), limit + 1);
    let mut users =
        users::page_after(&mut db, audience, &parameters.filter, ascending, wanted).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = users.len() > limit;
    users.truncate(limit);
    let next = users.last().filter(|_| has_more);
    let next = next.map(|user| Cursor::after(user.created_at, user.id).encode());
    let mut pagination = json!({ "has_more": has_more });
    let mut headers = HeaderMap::new();
    if let Some(next) = next {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("cursor", next.as_str()),
                ("limit", &limit.to_string()),
                ("filter", &parameters.filter),
                ("sort", &parameters.sort),
            ])
            .finish();
        let base = auth.config().external_url.trim_end_matches('/');
        let link = format!("<{base}/admin/users?{query}>; rel=\"next\"");
        if let Ok(link) = HeaderValue::try_from(link) {
            headers.insert(LINK, link);
        }
        pagination["next_cursor"] = next.into();
    }
    let body = json!({ "users": users, "aud": audience, "pagination": pagination });
    Ok((headers, Json(body)).into_response())
}

pub(super) async fn show(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    _: Admin,
) -> Result<Json<User>> {
    let mut db = auth.pool().acquire().await?;
    find(&mut db, parse_id(&id)?).await.map(Json)
}

fn parse_id(id: &str) -> Result<Uuid> {
    id.parse().map_err(|_| {
        Error::invalid("user_id must be an UUID").with_status(http::StatusCode::NOT_FOUND)
    })
}

pub(super) async fn create(
    State(auth): State<Auth>,
    caller: Caller,
    admin: Admin,
    Body(fields): Body<UserFields>,
) -> Result<Json<User>> {
    if fields.email.is_empty() && fields.phone.is_empty() {
        return Err(Error::invalid(
            "Cannot create a user without either an email or phone",
        ));
    }
    let checked = fields.check(&auth).await?;
    let tokens = &auth.config().tokens;
    let or = |text: &str, default: &str| if text.is_empty() { default } else { text }.to_owned();
    let mut providers = Vec::new();
    providers.extend(checked.email.is_some().then_some("email"));
    providers.extend(checked.phone.is_some().then_some("phone"));
    let mut app_metadata = fields.app_metadata.clone().unwrap_or_default();
    app_metadata.insert("provider".into(), providers[0].into());
    app_metadata.insert("providers".into(), json!(providers));
    let new = NewUser {
        id: fields.id.filter(|id| !id.is_nil()),
        aud: or(&fields.aud, &tokens.audience),
        role: or(&fields.role, &tokens.default_role),
        email: checked.email.clone(),
        phone: checked.phone.clone(),
        password_hash: checked.password_hash,
        app_metadata,
        user_metadata: fields.user_metadata.clone().unwrap_or_default(),
        ..NewUser::default()
    };
    let mut tx = auth.begin().await?;
    hook::before_user_created(&auth, &mut tx, &caller, &new).await?;
    let user = users::insert(&mut tx, &new).await.map_err(taken)?;
    if let Some(email) = &checked.email {
        identities::set(&mut tx, &user, "email", email, fields.email_confirm).await?;
        if fields.email_confirm {
            users::confirm_email(&mut tx, user.id).await?;
        }
    }
    if let Some(phone) = &checked.phone {
        identities::set(&mut tx, &user, "phone", phone, fields.phone_confirm).await?;
        if fields.phone_confirm {
            users::confirm_phone(&mut tx, user.id).await?;
        }
    }
    if let Some(ban) = checked.ban {
        users::set_banned_until(&mut tx, user.id, ban).await?;
    }
    let traits = json!({ "by": admin.user_id(), "provider": providers[0] });
    audit::record(&mut tx, &caller, &user, Action::UserSignedUp, traits).await?;
    let user = find(&mut tx, user.id).await?;
    hook::after_user_created(&auth, &mut tx, &caller, &user).await?;
    directory::push(&auth, &mut tx, user.id).await?;
    tx.commit().await?;
    Ok(Json(user))
}

pub(super) async fn update(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    caller: Caller,
    admin: Admin,
    Body(fields): Body<UserFields>,
) -> Result<Json<User>> {
    let id = parse_id(&id)?;
    let checked = fields.check(&auth).await?;
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, id).await?;
    users::lock(&mut tx, id).await?;
    if !fields.role.is_empty() {
        users::set_role(&mut tx, id, &fields.role).await?;
    }
    if let Some(email) = &checked.email {
        users::set_email(&mut tx, id, email).await.map_err(taken)?;
        identities::set(&mut tx, &user, "email", email, fields.email_confirm).await?;
    }
    if let Some(phone) = &checked.phone {
        users::set_phone(&mut tx, id, phone).await.map_err(taken)?;
        identities::set(&mut tx, &user, "phone", phone, fields.phone_confirm).await?;
    }
    if fields.email_confirm {
        users::confirm_email(&mut tx, id).await?;
    }
    if fields.phone_confirm {
        users::confirm_phone(&mut tx, id).await?;
    }
    if fields.email_confirm || fields.phone_confirm {
        users::set_known(&mut tx, id).await?;
    }
    if let Some(hash) = &checked.password_hash {
        users::set_password(&mut tx, id, Some(hash)).await?;
        one_time_tokens::delete_all(&mut tx, id).await?;
        sessions::delete_all(&mut tx, id, None).await?;
    }
    if let Some(data) = &fields.user_metadata {
        users::merge_user_metadata(&mut tx, id, data).await?;
    }
    if let Some(data) = &fields.app_metadata {
        users::merge_app_metadata(&mut tx, id, data).await?;
    }
    if checked.email.is_some() || checked.phone.is_some() {
        users::refresh_providers(&mut tx, id).await?;
    }
    if let Some(ban) = checked.ban {
        users::set_banned_until(&mut tx, id, ban).await?;
    }
    let traits = json!({ "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::UserModified, traits).await?;
    directory::push(&auth, &mut tx, id).await?;
    let user = find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(user))
}

pub(super) async fn remove(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    caller: Caller,
    admin: Admin,
    Body(removal): Body<Removal>,
) -> Result<Json<Value>> {
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, parse_id(&id)?).await?;
    let traits = json!({ "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::UserDeleted, traits).await?;
    directory::remove(&auth, &mut tx, user.id).await?;
    match removal.should_soft_delete {
        true => users::soft_delete(&mut tx, user.id).await?,
        false => {
            users::delete(&mut tx, user.id).await?;
        }
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}

fn taken(error: sqlx::Error) -> Error {
    let constraint = error
        .as_database_error()
        .filter(|error| error.is_unique_violation());
    match constraint.and_then(|error| error.constraint()) {
        Some("users_email_partial_key") => Error::new(ErrorCode::EmailExists, EMAIL_TAKEN),
        Some("users_phone_key") => Error::new(ErrorCode::PhoneExists, PHONE_TAKEN),
        Some(_) => Error::new(
            ErrorCode::UserAlreadyExists,
            "A user with this id exists already",
        ),
        None => error.into(),
    }
}
