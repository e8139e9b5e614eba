//! What a client says of itself as it is registered or changed (RFC 7591).

use http::Uri;
use serde::Deserialize;

use super::client::{
    AUTHORIZATION_CODE, AuthMethod, CLIENT_CREDENTIALS, ClientType, REFRESH_TOKEN, RegistrationType,
};
use super::redirect_uri;
use super::scope::Scopes;
use crate::body::or_default;
use crate::error::{Error, Result};

const MAX_REDIRECT_URIS: usize = 10;
const MAX_NAME: usize = 1024;
const MAX_URI: usize = 2048;
const MAX_SCOPES: usize = 4096;
/// Longest name of a role in PostgreSQL, in bytes.
const MAX_ROLE: usize = 63;
const DEFAULT_ROLE: &str = "authenticated";

/// What anybody may say of a client. Members that are not listed are not read: neither its rights of
/// its own nor who registered it can be said here.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientMetadata {
    #[serde(deserialize_with = "or_default")]
    redirect_uris: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    client_type: String,
    #[serde(deserialize_with = "or_default")]
    token_endpoint_auth_method: String,
    #[serde(deserialize_with = "or_default")]
    grant_types: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    client_name: String,
    #[serde(deserialize_with = "or_default")]
    client_uri: String,
    #[serde(deserialize_with = "or_default")]
    logo_uri: String,
}

/// What an administrator may say besides: the rights of a client that acts by itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OwnRights {
    #[serde(deserialize_with = "or_default")]
    client_credentials_scopes: Option<String>,
    #[serde(deserialize_with = "or_default")]
    client_credentials_role: Option<String>,
}

/// A client ready to be kept.
pub(crate) struct NewClient {
    pub(crate) registration_type: RegistrationType,
    pub(crate) client_type: ClientType,
    pub(crate) auth_method: AuthMethod,
    /// Separated by commas.
    pub(crate) redirect_uris: String,
    /// Separated by commas.
    pub(crate) grant_types: String,
    pub(crate) client_name: String,
    pub(crate) client_uri: String,
    pub(crate) logo_uri: String,
    pub(crate) own_scopes: String,
    pub(crate) own_role: String,
}

impl ClientMetadata {
    /// For a client that an administrator registers.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_manual(self, rights: OwnRights) -> Result<NewClient> {
        let is_only_itself = self.grant_types == [CLIENT_CREDENTIALS];
        if !is_only_itself || !self.redirect_uris.is_empty() {
            self.check_redirect_uris()?;
        }
        if !self.grant_types.is_empty() {
            check_grant_types(&self.grant_types)?;
        }
        let own_scopes = rights.client_credentials_scopes.unwrap_or_default();
        let own_scopes = check_own_scopes(&own_scopes)?;
        let own_role = rights
            .client_credentials_role
            .unwrap_or_else(|| DEFAULT_ROLE.to_owned());
        check_own_role(&own_role)?;
        self.check(RegistrationType::Manual, own_scopes, own_role)
    }

    /// For a client that registers itself. Grants that it cannot have are left out, as RFC 7591
    /// allows: clients name all they know.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_dynamic(mut self) -> Result<NewClient> {
        self.check_redirect_uris()?;
        let named_any = !self.grant_types.is_empty();
        self.grant_types
            .retain(|grant| [AUTHORIZATION_CODE, REFRESH_TOKEN].contains(&grant.as_str()));
        if named_any && !self.grant_types.iter().any(|g| g == AUTHORIZATION_CODE) {
            return Err(grant_types_error());
        }
        self.check(
            RegistrationType::Dynamic,
            String::new(),
            DEFAULT_ROLE.to_owned(),
        )
    }

    fn check_redirect_uris(&self) -> Result<()> {
        match self.redirect_uris.is_empty() {
            true => Err(Error::invalid("redirect_uris is required")),
            false => check_redirect_uris(&self.redirect_uris),
        }
    }

    fn check(
        mut self,
        registration_type: RegistrationType,
        own_scopes: String,
        own_role: String,
    ) -> Result<NewClient> {
        check_name(&self.client_name)?;
        check_uri("client_uri", &self.client_uri)?;
        check_uri("logo_uri", &self.logo_uri)?;
        let (client_type, auth_method) = self.check_type()?;
        if self.grant_types.is_empty() {
            self.grant_types = vec![AUTHORIZATION_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
        }
        check_acts_by_itself(&self.grant_types, client_type)?;
        Ok(NewClient {
            registration_type,
            client_type,
            auth_method,
            redirect_uris: self.redirect_uris.join(","),
            grant_types: self.grant_types.join(","),
            client_name: self.client_name,
            client_uri: self.client_uri,
            logo_uri: self.logo_uri,
            own_scopes,
            own_role,
        })
    }

    /// The kind of client and how it proves itself: each follows from the other.
    fn check_type(&self) -> Result<(ClientType, AuthMethod)> {
        let client_type = match self.client_type.as_str() {
            "" => None,
            "public" => Some(ClientType::Public),
            "confidential" => Some(ClientType::Confidential),
            _ => {
                return Err(Error::invalid(
                    "client_type must be 'public' or 'confidential'",
                ));
            }
        };
        let method = match self.token_endpoint_auth_method.as_str() {
            "" => None,
            name => Some(AuthMethod::parse(name).ok_or_else(|| {
                Error::invalid(
                    "token_endpoint_auth_method must be one of: [none client_secret_basic \
                     client_secret_post]",
                )
            })?),
        };
        match (client_type, method) {
            (Some(client_type), Some(method)) if client_type != method.client_type() => {
                Err(Error::invalid(format!(
                    "client_type '{}' is inconsistent with token_endpoint_auth_method '{}' \
                     (expected client_type '{}')",
                    client_type.name(),
                    method.name(),
                    method.client_type().name(),
                )))
            }
            (_, Some(method)) => Ok((method.client_type(), method)),
            (Some(ClientType::Public), None) => Ok((ClientType::Public, AuthMethod::None)),
            (Some(ClientType::Confidential) | None, None) => {
                Ok((ClientType::Confidential, AuthMethod::ClientSecretBasic))
            }
        }
    }
}

/// Changes to a client; what is not there stays.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientChanges {
    pub(crate) redirect_uris: Option<Vec<String>>,
    pub(crate) grant_types: Option<Vec<String>>,
    pub(crate) client_name: Option<String>,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) token_endpoint_auth_method: Option<String>,
    pub(crate) client_credentials_scopes: Option<String>,
    pub(crate) client_credentials_role: Option<String>,
}

impl ClientChanges {
    fn is_empty(&self) -> bool {
        self.redirect_uris.is_none()
            && self.grant_types.is_none()
            && self.client_name.is_none()
            && self.client_uri.is_none()
            && self.logo_uri.is_none()
            && self.token_endpoint_auth_method.is_none()
            && self.client_credentials_scopes.is_none()
            && self.client_credentials_role.is_none()
    }

    /// Whether a client of this kind may be changed so.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(&mut self, client_type: ClientType) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid("No fields provided for update"));
        }
        if let Some(uris) = &self.redirect_uris {
            check_redirect_uris(uris)?;
        }
        if let Some(grant_types) = &self.grant_types {
            check_grant_types(grant_types)?;
            check_acts_by_itself(grant_types, client_type)?;
        }
        check_name(self.client_name.as_deref().unwrap_or_default())?;
        check_uri("client_uri", self.client_uri.as_deref().unwrap_or_default())?;
        check_uri("logo_uri", self.logo_uri.as_deref().unwrap_or_default())?;
        if let Some(name) = &self.token_endpoint_auth_method {
            check_auth_method(name, client_type)?;
        }
        if let Some(scopes) = &mut self.client_credentials_scopes {
            *scopes = check_own_scopes(scopes)?;
        }
        match &self.client_credentials_role {
            None => Ok(()),
            Some(role) => check_own_role(role),
        }
    }
}

fn check_redirect_uris(uris: &[String]) -> Result<()> {
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

fn check_grant_types(grant_types: &[String]) -> Result<()> {
    if grant_types.is_empty() {
        return Err(Error::invalid("grant_types cannot be empty"));
    }
    let known = [AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS];
    match grant_types
        .iter()
        .all(|grant| known.contains(&grant.as_str()))
    {
        true => Ok(()),
        false => Err(grant_types_error()),
    }
}

fn grant_types_error() -> Error {
    Error::invalid(
        "grant_types must only contain 'authorization_code' and/or 'refresh_token' (an \
         administrator may add 'client_credentials')",
    )
}

fn check_acts_by_itself(grant_types: &[String], client_type: ClientType) -> Result<()> {
    let acts_by_itself = grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    match acts_by_itself && client_type == ClientType::Public {
        true => Err(Error::invalid(
            "grant type 'client_credentials' needs a confidential client",
        )),
        false => Ok(()),
    }
}

fn check_auth_method(name: &str, client_type: ClientType) -> Result<()> {
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

fn check_name(name: &str) -> Result<()> {
    if name.chars().count() > MAX_NAME {
        return Err(Error::invalid("client_name cannot exceed 1024 characters"));
    }
    match name.chars().any(char::is_control) {
        true => Err(Error::invalid("client_name cannot have control characters")),
        false => Ok(()),
    }
}

/// Pages show these as links and pictures: only what is fetched from a server.
fn check_uri(field: &str, uri: &str) -> Result<()> {
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

fn check_own_scopes(text: &str) -> Result<String> {
    let scopes = Scopes::parse(text);
    match scopes.are_words() && text.len() <= MAX_SCOPES {
        true => Ok(scopes.to_string()),
        false => Err(Error::invalid(
            "client_credentials_scopes must be words separated by spaces",
        )),
    }
}

fn check_own_role(role: &str) -> Result<()> {
    match (1..=MAX_ROLE).contains(&role.len()) && !role.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::invalid(
            "client_credentials_role must be the name of a role",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(value: Value) -> ClientMetadata {
        serde_json::from_value(value).expect("metadata")
    }

    fn message(result: Result<NewClient>) -> String {
        result.err().expect("a refusal").message().to_owned()
    }

    #[test]
    fn kind_and_method_follow_from_each_other() {
        let check = |kind: &str, method: &str| {
            let metadata = parse(json!({
                "redirect_uris": ["https://a.org/cb"],
                "client_type": kind,
                "token_endpoint_auth_method": method,
            }));
            let client = metadata.check_manual(OwnRights::default()).ok()?;
            Some((client.client_type.name(), client.auth_method.name()))
        };
        let confidential = Some(("confidential", "client_secret_basic"));
        assert_eq!(check("", ""), confidential);
        assert_eq!(check("confidential", ""), confidential);
        assert_eq!(check("public", ""), Some(("public", "none")));
        assert_eq!(check("", "none"), Some(("public", "none")));
        assert_eq!(
            check("", "client_secret_post"),
            Some(("confidential", "client_secret_post"))
        );
        assert_eq!(check("public", "client_secret_post"), None);
        assert_eq!(check("confidential", "none"), None);
        assert_eq!(check("secret", ""), None);
        assert_eq!(check("", "private_key_jwt"), None);
    }

    #[test]
    fn messages_name_what_is_wrong() {
        let manual = |value| message(parse(value).check_manual(OwnRights::default()));
        assert_eq!(manual(json!({})), "redirect_uris is required");
        assert_eq!(
            manual(json!({ "redirect_uris": ["http://a.org/"] })),
            "invalid redirect_uri 'http://a.org/': HTTP scheme only allowed for localhost"
        );
        let many: Vec<String> = (0..11).map(|n| format!("https://a.org/{n}")).collect();
        assert_eq!(
            manual(json!({ "redirect_uris": many })),
            "redirect_uris cannot exceed 10 items"
        );
        let with = |name: &str, value: Value| {
            manual(json!({ "redirect_uris": ["https://a.org/"], name: value }))
        };
        assert!(with("grant_types", json!(["implicit"])).starts_with("grant_types must only"));
        assert_eq!(
            with("client_uri", json!("javascript:alert(1)")),
            "client_uri must be a valid URL"
        );
        assert_eq!(
            with("client_name", json!("a".repeat(1025))),
            "client_name cannot exceed 1024 characters"
        );
    }

    /// SEC-11: rights that nobody may give themselves.
    #[test]
    fn who_registers_itself_gets_no_rights_of_its_own() {
        let client = parse(json!({
            "redirect_uris": ["https://a.org/cb"],
            "grant_types": ["authorization_code", "client_credentials", "implicit"],
            "client_credentials_role": "service_role",
            "client_credentials_scopes": "all",
            "registration_type": "manual",
        }))
        .check_dynamic()
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(client.grant_types, "authorization_code");
        assert_eq!(client.own_role, "authenticated");
        assert_eq!(client.own_scopes, "");
        assert_eq!(client.registration_type, RegistrationType::Dynamic);
        let only = parse(json!({
            "redirect_uris": ["https://a.org/cb"],
            "grant_types": ["client_credentials"],
        }));
        assert!(only.check_dynamic().is_err());
    }

    #[test]
    fn a_change_needs_something_to_change() {
        let mut none = ClientChanges::default();
        assert!(none.check(ClientType::Confidential).is_err());
        let mut method = ClientChanges {
            token_endpoint_auth_method: Some("none".to_owned()),
            ..ClientChanges::default()
        };
        assert!(method.check(ClientType::Confidential).is_err());
        assert!(method.check(ClientType::Public).is_ok());
    }
}
