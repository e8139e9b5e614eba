//! Who keeps users: a client that shows one of its secrets, which opens nothing else.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::{Choice, ConstantTimeEq as _};

use super::error::{ScimError, ScimResult};
use crate::auth::Auth;
use crate::config::{ScimClient, ScimConfig};
use crate::error::{Error, ErrorCode};

/// The least length of a secret, in bytes.
const SHORTEST: usize = 32;
/// How many different bytes it has at least: 32 random ones in hexadecimal hardly ever have fewer.
const FEWEST: usize = 8;

/// A client of the settings.
#[derive(Debug)]
pub(crate) struct Provisioner {
    /// Its name in the settings.
    pub(crate) name: String,
    pub(crate) settings: ScimClient,
}

impl<S> FromRequestParts<S> for Provisioner
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ScimResult<Self> {
        let auth = Auth::from_ref(state);
        let found = bearer(parts).and_then(|token| of_token(&auth.config().scim, token));
        found.ok_or_else(ScimError::unauthorized)
    }
}

/// The token of the one header there is.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next()?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && headers.next().is_none();
    is_bearer.then_some(token.trim())
}

/// Compares with every secret, and as long with each: how long it takes tells nothing of them.
fn of_token(settings: &ScimConfig, token: &str) -> Option<Provisioner> {
    let sent = digest(&SHA256, token.as_bytes());
    let mut found = None;
    for (name, client) in &settings.clients {
        let mut is_one = Choice::from(0);
        for secret in &client.secrets {
            let secret = digest(&SHA256, secret.expose().trim().as_bytes());
            is_one |= secret.as_ref().ct_eq(sent.as_ref());
        }
        if bool::from(is_one) {
            found = Some((name, client));
        }
    }
    let (name, settings) = found?;
    Some(Provisioner {
        name: name.clone(),
        settings: settings.clone(),
    })
}

impl ScimConfig {
    /// What makes no sense.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let secrets = || self.clients.values().flat_map(|client| &client.secrets);
        if self.clients.keys().any(String::is_empty) {
            return Err("scim.clients has one without a name");
        }
        if self
            .clients
            .values()
            .any(|client| client.secrets.is_empty())
        {
            return Err("a client of scim.clients has no secrets");
        }
        if secrets().any(|secret| secret.expose().trim().len() < SHORTEST) {
            return Err(
                "a secret of scim.clients is shorter than 32 bytes; make one with `openssl rand -hex 32`",
            );
        }
        if secrets().any(|secret| different(secret.expose().trim()) < FEWEST) {
            return Err("a secret of scim.clients repeats a few characters");
        }
        let mut texts: Vec<&str> = secrets().map(|secret| secret.expose().trim()).collect();
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        match texts.len() == count {
            true => Ok(()),
            false => Err("two clients of scim.clients have the same secret"),
        }
    }
}

fn different(text: &str) -> usize {
    let mut bytes = text.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

/// Refuses everything while it is off, as GoTrue does.
pub(crate) fn check_enabled(auth: &Auth) -> Result<(), Error> {
    match auth.config().scim.enabled {
        true => Ok(()),
        false => Err(
            Error::new(ErrorCode::FeatureDisabled, "SCIM server is disabled")
                .with_status(http::StatusCode::NOT_FOUND),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crestfall_core::Secret;

    use super::*;

    fn settings(secrets: &[(&str, &[&str])]) -> ScimConfig {
        let client = |secrets: &[&str]| ScimClient {
            secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            ..ScimClient::default()
        };
        let clients = secrets
            .iter()
            .map(|(name, secrets)| ((*name).to_owned(), client(secrets)));
        ScimConfig {
            enabled: true,
            clients: clients.collect(),
        }
    }

    #[test]
    fn each_secret_is_its_clients_gt_063() {
        let settings = settings(&[("entra", &["c"]), ("okta", &["a", "b"])]);
        let name = |token| of_token(&settings, token).map(|client| client.name);
        assert_eq!(name("a").as_deref(), Some("okta"));
        assert_eq!(name("b").as_deref(), Some("okta"));
        assert_eq!(name("c").as_deref(), Some("entra"));
        for other in ["", "A", "ab", "okta"] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn secrets_that_can_be_guessed_are_no_settings_gt_063() {
        let long = "a secret of thirty-two bytes or more";
        assert_eq!(settings(&[("okta", &[long])]).check(), Ok(()));
        assert_eq!(settings(&[]).check(), Ok(()));
        for wrong in [
            settings(&[("okta", &[])]),
            settings(&[("okta", &[long, ""])]),
            settings(&[("okta", &["short"])]),
            settings(&[("okta", &["abababababababababababababababababab"])]),
            settings(&[("", &[long])]),
            settings(&[("okta", &[long]), ("entra", &[long])]),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
