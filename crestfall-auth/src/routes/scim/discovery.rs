//! What the service can, told to anybody (RFC 7644, section 4).

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer;
use crate::auth::Auth;
use crate::path::Path;
use crate::scim::MAX_COUNT;
use crate::scim::error::{ScimError, ScimResult};
use crate::scim::schema::{self, Attribute, ENTERPRISE_URN, Kind, USER_URN};
use crate::scim::user::base;

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

pub(super) async fn config(State(auth): State<Auth>) -> Response {
    let supported = |is: bool| json!({ "supported": is });
    let sets_passwords = auth
        .config()
        .scim
        .clients
        .values()
        .any(|client| client.set_passwords);
    let body = json!({
        "schemas": [CONFIG],
        "patch": supported(true),
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_COUNT },
        "changePassword": supported(sets_passwords),
        "sort": supported(false),
        "etag": supported(true),
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A secret of the settings, as bearer token",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta(&auth, "ServiceProviderConfig", "ServiceProviderConfig"),
    });
    answer(StatusCode::OK, &body)
}

pub(super) async fn resource_types(
    State(auth): State<Auth>,
    RawQuery(query): RawQuery,
) -> ScimResult<Response> {
    list(query.as_deref(), &[user_type(&auth)])
}

pub(super) async fn resource_type(
    State(auth): State<Auth>,
    Path(name): Path<String>,
) -> ScimResult<Response> {
    match name.as_str() {
        "User" => Ok(answer(StatusCode::OK, &user_type(&auth))),
        _ => Err(ScimError::not_found()),
    }
}

pub(super) async fn schemas(
    State(auth): State<Auth>,
    RawQuery(query): RawQuery,
) -> ScimResult<Response> {
    list(
        query.as_deref(),
        &[user_schema(&auth), enterprise_schema(&auth)],
    )
}

pub(super) async fn schema(
    State(auth): State<Auth>,
    Path(name): Path<String>,
) -> ScimResult<Response> {
    match name.as_str() {
        USER_URN => Ok(answer(StatusCode::OK, &user_schema(&auth))),
        ENTERPRISE_URN => Ok(answer(StatusCode::OK, &enterprise_schema(&auth))),
        _ => Err(ScimError::not_found()),
    }
}

/// # Errors
/// 403 for a filter, which is a mistake here.
fn list(query: Option<&str>, resources: &[Value]) -> ScimResult<Response> {
    let mut query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if query.any(|(name, _)| name == "filter") {
        let detail = "Filtering is not supported on this endpoint";
        return Err(ScimError::new(StatusCode::FORBIDDEN, detail));
    }
    let body = json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    Ok(answer(StatusCode::OK, &body))
}

fn meta(auth: &Auth, kind: &str, path: &str) -> Value {
    json!({ "resourceType": kind, "location": format!("{}/{path}", base(auth)) })
}

fn user_type(auth: &Auth) -> Value {
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "Accounts",
        "schema": USER_URN,
        "schemaExtensions": [{ "schema": ENTERPRISE_URN, "required": false }],
        "meta": meta(auth, "ResourceType", "ResourceTypes/User"),
    })
}

fn user_schema(auth: &Auth) -> Value {
    described(auth, USER_URN, "User", "Accounts", schema::USER)
}

fn enterprise_schema(auth: &Auth) -> Value {
    let about = "What firms know of users";
    described(
        auth,
        ENTERPRISE_URN,
        "EnterpriseUser",
        about,
        schema::ENTERPRISE_USER,
    )
}

fn described(auth: &Auth, urn: &str, name: &str, about: &str, attributes: &[Attribute]) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": urn,
        "name": name,
        "description": about,
        "attributes": attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": meta(auth, "Schema", &format!("Schemas/{urn}")),
    })
}

/// RFC 7643, section 7.
fn attribute(attribute: &Attribute) -> Value {
    let is_name = attribute.name == "userName";
    let is_hidden = matches!(attribute.kind, Kind::Hidden);
    let mut described = json!({
        "name": attribute.name,
        "type": match attribute.kind {
            Kind::Text | Kind::ExactText | Kind::Hidden => "string",
            Kind::Reference => "reference",
            Kind::Boolean => "boolean",
            Kind::Time => "dateTime",
            Kind::Complex(_) => "complex",
        },
        "multiValued": attribute.is_many,
        "description": attribute.about,
        "required": is_name,
        "caseExact": matches!(attribute.kind, Kind::ExactText | Kind::Hidden),
        "mutability": if is_hidden { "writeOnly" } else { "readWrite" },
        "returned": if is_hidden { "never" } else { "default" },
        "uniqueness": if is_name { "server" } else { "none" },
    });
    if let Kind::Reference = attribute.kind {
        described["referenceTypes"] = match attribute.name {
            "$ref" => json!(["User"]),
            _ => json!(["external"]),
        };
    }
    let parts = attribute.parts();
    if !parts.is_empty() {
        let parts: Vec<Value> = parts.iter().map(self::attribute).collect();
        described["subAttributes"] = Value::Array(parts);
    }
    described
}
