//! `/scim/v2/Users`.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use url::form_urlencoded;
use uuid::Uuid;

use super::{Sent, answer};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::path::Path;
use crate::scim::error::{ScimError, ScimResult};
use crate::scim::filter::Parser;
use crate::scim::projection::Projection;
use crate::scim::provisioner::Provisioner;
use crate::scim::user::{Wanted, location};
use crate::scim::{DEFAULT_COUNT, MAX_COUNT, account, etag, patch, schema};
use crate::store::scim_users::{self, ScimUser};
use crate::store::users;
use crate::user::User;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What stands behind the `?`. What nobody knows is passed over.
#[derive(Default)]
struct Asked {
    filter: String,
    start: i64,
    count: i64,
    projection: Projection,
}

impl Asked {
    fn new(query: Option<&str>) -> ScimResult<Self> {
        let mut asked = Self {
            start: 1,
            count: DEFAULT_COUNT,
            ..Self::default()
        };
        let (mut attributes, mut excluded) = (String::new(), String::new());
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "filter" => asked.filter = value.into_owned(),
                // Less than there can be is the least there can be (RFC 7644, section 3.4.2.4).
                "startIndex" => asked.start = number(&name, &value)?.max(1),
                "count" => asked.count = number(&name, &value)?.clamp(0, MAX_COUNT),
                "attributes" => attributes = value.into_owned(),
                "excludedAttributes" => excluded = value.into_owned(),
                _ => {}
            }
        }
        asked.projection = Projection::new(&attributes, &excluded);
        Ok(asked)
    }
}

fn number(name: &str, value: &str) -> ScimResult<i64> {
    let number = value.trim().parse::<i32>().map(i64::from);
    number.map_err(|_| ScimError::invalid_value(format!("`{name}` is to be a number")))
}

/// The domains of a client, as addresses have them.
fn domains(client: &Provisioner) -> Vec<String> {
    let domains = client.settings.domains.iter();
    domains.map(|domain| domain.to_ascii_lowercase()).collect()
}

pub(super) async fn list(
    State(auth): State<Auth>,
    client: Provisioner,
    RawQuery(query): RawQuery,
) -> ScimResult<Response> {
    let asked = Asked::new(query.as_deref())?;
    let filter = match asked.filter.trim() {
        "" => None,
        text => Some(Parser::filter(text)?),
    };
    let domains = domains(&client);
    let seen = account::seen(&auth, &client, &domains);
    let mut db = auth.pool().acquire().await?;
    let range = (asked.start - 1, asked.count);
    let (users, total) = scim_users::page(&mut db, seen, filter.as_ref(), range).await?;
    let shown: Vec<Value> = users
        .iter()
        .map(|user| asked.projection.apply(user.show(&auth)))
        .collect();
    let body = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": asked.start,
        "itemsPerPage": shown.len(),
        "Resources": shown,
    });
    Ok(answer(StatusCode::OK, &body))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    client: Provisioner,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ScimResult<Response> {
    let asked = Asked::new(query.as_deref())?;
    let mut db = auth.pool().acquire().await?;
    let user = find(&auth, &mut db, &client, parse_id(&id)?).await?;
    let shown = user.show(&auth);
    if etag::is_known(&headers, version(&shown)) {
        let headers = resource_headers(&auth, &user, &shown);
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok(resource(&auth, StatusCode::OK, &user, shown, &asked))
}

pub(super) async fn create(
    State(auth): State<Auth>,
    client: Provisioner,
    caller: Caller,
    RawQuery(query): RawQuery,
    Sent(sent): Sent,
) -> ScimResult<Response> {
    let asked = Asked::new(query.as_deref())?;
    let wanted = Wanted::new(schema::user(&sent)?, &client.settings, None)?;
    let mut tx = auth.begin().await?;
    let id = account::create(&auth, &mut tx, &caller, &client, &wanted).await?;
    let user = find(&auth, &mut tx, &client, id).await?;
    tx.commit().await?;
    let shown = user.show(&auth);
    Ok(resource(&auth, StatusCode::CREATED, &user, shown, &asked))
}

/// What is left out is cleared, but for what no client means to clear by leaving it out: its own name
/// for the user, and whether the user may sign in.
pub(super) async fn replace(
    State(auth): State<Auth>,
    client: Provisioner,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Sent(sent): Sent,
) -> ScimResult<Response> {
    let names_id = patch::member(&sent, "externalId").is_some();
    let new = schema::user(&sent)?;
    write(&auth, &client, &caller, (&id, &headers, query), |before| {
        let mut new = new;
        if let Some(id) = &before.external_id
            && !names_id
        {
            new.insert("externalId".into(), id.as_str().into());
        }
        Ok(new)
    })
    .await
}

pub(super) async fn patch(
    State(auth): State<Auth>,
    client: Provisioner,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Sent(sent): Sent,
) -> ScimResult<Response> {
    write(&auth, &client, &caller, (&id, &headers, query), |before| {
        let mut user = before.writable();
        patch::apply(&mut user, &sent)?;
        Ok(user)
    })
    .await
}

/// Makes a user what follows from how the user was.
async fn write(
    auth: &Auth,
    client: &Provisioner,
    caller: &Caller,
    (id, headers, query): (&str, &HeaderMap, Option<String>),
    change: impl FnOnce(&ScimUser) -> ScimResult<Map<String, Value>>,
) -> ScimResult<Response> {
    let asked = Asked::new(query.as_deref())?;
    let id = parse_id(id)?;
    let mut tx = auth.begin().await?;
    let (user, before) = lock(auth, &mut tx, client, id).await?;
    etag::check(headers, version(&before.show(auth)))?;
    let current = user.email.as_deref();
    let wanted = Wanted::new(change(&before)?, &client.settings, current)?;
    account::change(auth, &mut tx, caller, client, (&user, &before), &wanted).await?;
    let after = find(auth, &mut tx, client, id).await?;
    tx.commit().await?;
    let shown = after.show(auth);
    Ok(resource(auth, StatusCode::OK, &after, shown, &asked))
}

pub(super) async fn remove(
    State(auth): State<Auth>,
    client: Provisioner,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> ScimResult<StatusCode> {
    let mut tx = auth.begin().await?;
    let (user, before) = lock(&auth, &mut tx, &client, parse_id(&id)?).await?;
    etag::check(&headers, version(&before.show(&auth)))?;
    account::remove(&auth, &mut tx, &caller, &client, &user).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is no id is nobody's.
fn parse_id(id: &str) -> ScimResult<Uuid> {
    id.parse().map_err(|_| ScimError::not_found())
}

async fn find(
    auth: &Auth,
    db: &mut PgConnection,
    client: &Provisioner,
    id: Uuid,
) -> ScimResult<ScimUser> {
    let domains = domains(client);
    let seen = account::seen(auth, client, &domains);
    let found = scim_users::find(db, seen, id).await?;
    found.ok_or_else(ScimError::not_found)
}

/// The account, locked until the transaction ends, and what the client knows of it.
async fn lock(
    auth: &Auth,
    db: &mut PgConnection,
    client: &Provisioner,
    id: Uuid,
) -> ScimResult<(User, ScimUser)> {
    // Not those that the client does not see.
    find(auth, db, client, id).await?;
    let user = users::lock(db, id).await?;
    let user = user.ok_or_else(ScimError::not_found)?;
    let seen = find(auth, db, client, id).await?;
    Ok((user, seen))
}

fn version(shown: &Value) -> &str {
    shown["meta"]["version"].as_str().unwrap_or_default()
}

fn resource_headers(auth: &Auth, user: &ScimUser, shown: &Value) -> [(HeaderName, HeaderValue); 2] {
    let value =
        |text: &str| HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    [
        (LOCATION, value(&location(auth, user.id))),
        (ETAG, value(version(shown))),
    ]
}

fn resource(
    auth: &Auth,
    status: StatusCode,
    user: &ScimUser,
    shown: Value,
    asked: &Asked,
) -> Response {
    let headers = resource_headers(auth, user, &shown);
    let shown = asked.projection.apply(shown);
    (headers, answer(status, &shown)).into_response()
}
