//! What a client says of itself as it is registered or changed (RFC 7591).

mod check;
#[cfg(test)]
mod tests;

use serde::Deserialize;

use self::check::{
    check_acts_by_itself, check_auth_method, check_grant_types, check_name, check_own_role,
    check_own_scopes, check_redirect_uris, check_uri, grant_types_error,
};
use super::client::{
    AUTHORIZATION_CODE, AuthMethod, ClientType, DEVICE_CODE, REFRESH_TOKEN, RegistrationType,
};
use crate::body::or_default;
use crate::error::{Error, Result};

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
        let has_browser = self.grant_types.is_empty()
            || self
                .grant_types
                .iter()
                .any(|grant| grant == AUTHORIZATION_CODE);
        if has_browser || !self.redirect_uris.is_empty() {
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
        self.grant_types.retain(|grant| {
            [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE].contains(&grant.as_str())
        });
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
