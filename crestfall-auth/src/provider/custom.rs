//! Providers that administrators add at run time (GT-053).

use std::sync::Arc;

use crestfall_core::Secret;
use serde_json::Value;
use uuid::Uuid;

use super::id_token::Issuer;
use super::known::Source;
use super::profile::Mapping;
use super::{
    ClientAuth, IdTokens, Provider, ProviderError, Reading, redirect_uri, unreachable_provider,
    unsupported,
};
use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::store::custom_providers;

pub(crate) use custom_providers::CustomProvider;

/// What a provider's secret is sealed for.
pub(crate) fn secret_owner(id: Uuid) -> String {
    format!("auth.custom_oauth_providers.{id}")
}

/// What the issuer of a provider to be publishes about itself, read anew.
///
/// # Errors
/// It does not answer, names another issuer, or lacks what is needed.
pub(crate) async fn discover(
    auth: &Auth,
    provider: &CustomProvider,
) -> Result<Arc<Value>, ProviderError> {
    let issuer = issuer_of(provider)?;
    auth.documents().forget(&discovery_url(provider));
    let document = issuer.document(auth).await?;
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let url = document.endpoint(name)?;
        auth.egress().check(&url)?;
    }
    Ok(document.0)
}

fn discovery_url(provider: &CustomProvider) -> String {
    let issuer = provider.issuer.as_deref().unwrap_or_default();
    match provider.discovery_url.as_deref() {
        Some(url) if !url.is_empty() => url.to_owned(),
        _ => format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        ),
    }
}

fn issuer_of(provider: &CustomProvider) -> Result<Issuer, ProviderError> {
    match provider.issuer.as_deref() {
        Some(issuer) if !issuer.is_empty() => {
            Ok(Issuer::exactly(issuer).discovered_at(&discovery_url(provider)))
        }
        _ => Err(ProviderError::Setting("issuer")),
    }
}

pub(super) async fn find(
    auth: &Auth,
    identifier: &str,
    scopes: impl Iterator<Item = &str>,
) -> Result<Provider> {
    if !auth.config().external.custom {
        return Err(unsupported("custom OAuth providers are disabled"));
    }
    let mut db = auth.pool().acquire().await?;
    let provider = custom_providers::find(&mut db, identifier).await?;
    drop(db);
    let provider =
        provider.ok_or_else(|| unsupported(format!("Provider {identifier} could not be found")))?;
    if !provider.enabled {
        return Err(unsupported(format!(
            "custom provider {identifier} is disabled"
        )));
    }
    let scopes: Vec<String> = scopes.map(str::to_owned).collect();
    of(auth, provider, scopes)
        .await
        .map_err(unreachable_provider)
}

async fn of(
    auth: &Auth,
    provider: CustomProvider,
    asked_scopes: Vec<String>,
) -> Result<Provider, ProviderError> {
    let mut scopes = match asked_scopes.is_empty() {
        true => provider.scopes.clone(),
        false => asked_scopes,
    };
    let is_oidc = provider.is_oidc();
    if is_oidc && !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    let secret = open_secret(auth, &provider)?;
    let given = |url: &Option<String>, name| url.clone().ok_or(ProviderError::Missing(name));
    let (issuer, authorization, token, user_info, client_auth) = match is_oidc {
        true => {
            let issuer = issuer_of(&provider)?;
            let document = issuer.document(auth).await?;
            let client_auth = match document.takes_secret_in_body() {
                true => ClientAuth::Post,
                false => ClientAuth::Basic,
            };
            (
                Some(issuer),
                document.endpoint("authorization_endpoint")?,
                document.endpoint("token_endpoint")?,
                document.endpoint("userinfo_endpoint").ok(),
                client_auth,
            )
        }
        false => (
            None,
            given(&provider.authorization_url, "authorization_url")?,
            given(&provider.token_url, "token_url")?,
            Some(given(&provider.userinfo_url, "userinfo_url")?),
            ClientAuth::Either,
        ),
    };
    let parameters = provider.authorization_params.iter();
    let parameters = parameters
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let mut client_ids = vec![provider.client_id.clone()];
    client_ids.extend(provider.acceptable_client_ids.iter().cloned());
    Ok(Provider {
        email_optional: provider.email_optional,
        client_ids,
        secret,
        redirect_uri: redirect_uri(auth, ""),
        authorization,
        token,
        request_token: None,
        client_auth,
        scopes,
        parameters,
        pkce: provider.pkce_enabled,
        nonce: is_oidc,
        skip_nonce_check: provider.skip_nonce_check,
        trust_email: false,
        issuer,
        source: if is_oidc {
            Source::IdToken
        } else {
            Source::UserInfo
        },
        user_info,
        reading: reading(&provider),
        name: provider.identifier,
    })
}

fn reading(provider: &CustomProvider) -> Reading {
    Reading::Custom(Box::new(Mapping {
        attributes: provider.attribute_mapping.clone(),
        custom: provider.custom_claims_allowlist.clone(),
    }))
}

fn open_secret(auth: &Auth, provider: &CustomProvider) -> Result<Secret, ProviderError> {
    let opened = auth
        .sealer()
        .open(&provider.client_secret, &secret_owner(provider.id));
    let opened = opened.map_err(|_| ProviderError::Setting("client_secret"))?;
    let text = std::str::from_utf8(&opened).map_err(|_| ProviderError::Setting("client_secret"))?;
    Ok(Secret::new(text))
}

pub(super) async fn for_id_tokens(auth: &Auth, identifier: &str) -> Result<IdTokens> {
    if !auth.config().external.custom {
        return Err(Error::invalid("Custom OAuth providers are disabled"));
    }
    let mut db = auth.pool().acquire().await?;
    let provider = custom_providers::find(&mut db, identifier).await?;
    drop(db);
    let not_found = || Error::invalid(format!("Custom provider \"{identifier}\" not found"));
    let provider = provider.ok_or_else(not_found)?;
    if !provider.enabled {
        let message = format!("Custom provider \"{identifier}\" is disabled");
        return Err(Error::new(ErrorCode::ProviderDisabled, message));
    }
    let not_oidc = |_| Error::invalid(format!("Provider \"{identifier}\" is not an OIDC provider"));
    let issuer = issuer_of(&provider).map_err(not_oidc)?;
    let mut client_ids = vec![provider.client_id.clone()];
    client_ids.extend(provider.acceptable_client_ids.iter().cloned());
    Ok(IdTokens {
        skip_nonce_check: provider.skip_nonce_check,
        email_optional: provider.email_optional,
        issuer,
        client_ids,
        trust_email: false,
        reading: reading(&provider),
        name: provider.identifier,
    })
}
