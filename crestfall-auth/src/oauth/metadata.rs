//! What the server tells of itself (RFC 8414; OpenID Connect Discovery 1.0): where its endpoints are
//! and what they understand.

use serde_json::{Value, json};

use super::client::{
    AUTHORIZATION_CODE, AuthMethod, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN,
};
use super::id_token;
use super::scope::{OPENID, SUPPORTED};
use crate::auth::Auth;

/// The metadata. Both documents are one: the one of OpenID Connect has all of the other.
pub(crate) fn document(auth: &Auth) -> Value {
    let config = &auth.config().oauth_server;
    let base = auth.config().external_url.trim_end_matches('/');
    let methods = AuthMethod::ALL.map(AuthMethod::name);
    let with_secret = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
    let mut document = json!({
        "issuer": auth.issuer(),
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "userinfo_endpoint": format!("{base}/oauth/userinfo"),
        "device_authorization_endpoint": format!("{base}/oauth/device_authorization"),
        "introspection_endpoint": format!("{base}/oauth/introspect"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "scopes_supported": scopes(auth),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported":
            [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE, CLIENT_CREDENTIALS],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported":
            [auth.keys().signing().current().algorithm().name()],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": with_secret.map(AuthMethod::name),
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": match config.allow_plain_pkce {
            true => vec!["S256", "plain"],
            false => vec!["S256"],
        },
        "claims_supported": [
            "sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "at_hash", "email",
            "email_verified", "phone_number", "phone_number_verified", "name", "picture",
            "preferred_username", "updated_at",
        ],
        "prompt_values_supported": ["none", "login", "consent"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    if config.enabled && config.allow_dynamic_registration {
        document["registration_endpoint"] = format!("{base}/oauth/clients/register").into();
    }
    document
}

/// No ID tokens where nobody could check them.
fn scopes(auth: &Auth) -> Vec<&'static str> {
    let can_be_signed = id_token::can_be_signed(auth);
    let offered = |scope: &&str| *scope != OPENID || can_be_signed;
    SUPPORTED.into_iter().filter(offered).collect()
}

/// The path of the issuer, behind which RFC 8414 puts the metadata's; empty without one.
pub(crate) fn issuer_path(auth: &Auth) -> String {
    let path = url::Url::parse(auth.issuer()).map(|url| url.path().to_owned());
    let path = path.unwrap_or_default();
    // What a router would take for a pattern is no path that a client could ask for.
    match path.contains(['{', '}', '*']) {
        true => String::new(),
        false => path.trim_end_matches('/').to_owned(),
    }
}
