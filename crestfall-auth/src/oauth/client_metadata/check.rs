//! Whether each thing that is said of a client makes sense.

use http::Uri;

use crate::error::{Error, Result};
use crate::oauth::client::{
    AUTHORIZATION_CODE, AuthMethod, CLIENT_CREDENTIALS, ClientType, DEVICE_CODE, REFRESH_TOKEN,
};
use crate::oauth::redirect_uri;
use crate::oauth::scope::Scopes;

const MAX_REDIRECT_URIS: usize = 10;
const MAX_NAME: usize = 1024;
const MAX_URI: usize = 2048;
const MAX_SCOPES: usize = 4096;
/// Longest name of a role in PostgreSQL, in bytes.
const MAX_ROLE: usize = 63;

pub(super) fn check_redirect_uris(uris: &[String]) -> Result<()> {
    if uris.is_empty() {
        return Err(Error::invalid("redirect_uris cannot be empty"));
    }
    if uris.len() > MAX_REDIRECT_URIS {
        return Err(Error::invalid("redirect_uris cannot exceed 10 items"));
    }
    for uri in uris {
        redirect_uri::check(uri).map_err(|why| {
            let uri = uri.escape_debug();
            Error::invalid(format!("invalid redirect_uri '{uri}': {why}"))
        })?;
    }
    Ok(())
}

pub(super) fn check_grant_types(grant_types: &[String]) -> Result<()> {
    if grant_types.is_empty() {
        return Err(Error::invalid("grant_types cannot be empty"));
    }
    let known = [
        AUTHORIZATION_CODE,
        REFRESH_TOKEN,
        DEVICE_CODE,
        CLIENT_CREDENTIALS,
    ];
    match grant_types
        .iter()
        .all(|grant| known.contains(&grant.as_str()))
    {
        true => Ok(()),
        false => Err(grant_types_error()),
    }
}

pub(super) fn grant_types_error() -> Error {
    Error::invalid(
        "grant_types must only contain 'authorization_code' and/or 'refresh_token' (an \
         administrator may add 'client_credentials')",
    )
}

pub(super) fn check_acts_by_itself(grant_types: &[String], client_type: ClientType) -> Result<()> {
    let acts_by_itself = grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    match acts_by_itself && client_type == ClientType::Public {
        true => Err(Error::invalid(
            "grant type 'client_credentials' needs a confidential client",
        )),
        false => Ok(()),
    }
}

pub(super) fn check_auth_method(name: &str, client_type: ClientType) -> Result<()> {
    let method = AuthMethod::parse(name).ok_or_else(|| {
        Error::invalid(
            "invalid token_endpoint_auth_method: must be one of [none client_secret_basic \
             client_secret_post]",
        )
    })?;
    if method.client_type() == client_type {
        return Ok(());
    }
    let valid: Vec<&str> = AuthMethod::ALL
        .into_iter()
        .filter(|method| method.client_type() == client_type)
        .map(AuthMethod::name)
        .collect();
    Err(Error::invalid(format!(
        "token_endpoint_auth_method '{name}' is not valid for client_type '{}'; valid methods: [{}]",
        client_type.name(),
        valid.join(" "),
    )))
}

pub(super) fn check_name(name: &str) -> Result<()> {
    if name.chars().count() > MAX_NAME {
        return Err(Error::invalid("client_name cannot exceed 1024 characters"));
    }
    match name.chars().any(char::is_control) {
        true => Err(Error::invalid("client_name cannot have control characters")),
        false => Ok(()),
    }
}

/// Pages show these as links and pictures: only what is fetched from a server.
pub(super) fn check_uri(field: &str, uri: &str) -> Result<()> {
    if uri.is_empty() {
        return Ok(());
    }
    if uri.chars().count() > MAX_URI {
        return Err(Error::invalid(format!(
            "{field} cannot exceed 2048 characters"
        )));
    }
    let parsed = uri.parse::<Uri>().ok();
    let is_web = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    match is_web {
        true => Ok(()),
        false => Err(Error::invalid(format!("{field} must be a valid URL"))),
    }
}

pub(super) fn check_own_scopes(text: &str) -> Result<String> {
    let scopes = Scopes::parse(text);
    match scopes.are_words() && text.len() <= MAX_SCOPES {
        true => Ok(scopes.to_string()),
        false => Err(Error::invalid(
            "client_credentials_scopes must be words separated by spaces",
        )),
    }
}

pub(super) fn check_own_role(role: &str) -> Result<()> {
    match (1..=MAX_ROLE).contains(&role.len()) && !role.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::invalid(
            "client_credentials_role must be the name of a role",
        )),
    }
}
