//! Tokens of other issuers: keys by discovery or JWKS, and claims made into ours.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::egress::Egress;
use crestfall_core::jwt::{ConfigError, Error, KeyProblem, Verifier};
use crestfall_core::{Identity, Problem};
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::Auth;
use crate::config::IssuerConfig;
use crate::identify::refused;
use crate::signed_in::check_claims;

/// How long a discovery that failed is not tried again.
const COOLDOWN: Duration = Duration::from_secs(10);
/// A path that matches nothing: claims are an object, which has no first element.
const NOWHERE: &str = "$[0]";
/// What only we say of a user, unless the settings name a claim for it.
const OURS: [&str; 9] = [
    "aal",
    "amr",
    "api_key_id",
    "app_metadata",
    "client_id",
    "is_anonymous",
    "scope",
    "session_id",
    "user_metadata",
];

/// The settings of an issuer make no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerError {
    #[error("the issuer `{0}` needs `issuer`, `audience` and `role`, and `roles` for `role_claim`")]
    Incomplete(String),
    #[error("the keys or `role_claim` of the issuer `{0}` cannot be used")]
    Verifier(String, #[source] ConfigError),
}

/// Why the keys of an issuer are not known.
#[derive(Debug, thiserror::Error)]
enum DiscoveryError {
    #[error("the issuer did not answer")]
    Egress(#[from] crestfall_core::egress::EgressError),
    #[error("the issuer's discovery is not that of OpenID Connect, or is of another issuer")]
    Document,
    #[error("the issuer's keys cannot be used")]
    Keys(#[from] ConfigError),
}

/// The issuers of the settings.
pub(crate) struct Issuers(Vec<Issuer>);

struct Issuer {
    config: IssuerConfig,
    /// None until the issuer was asked where its keys are.
    verifier: ArcSwapOption<Verifier>,
    /// When it was last asked; whoever holds it asks.
    asked: Mutex<Option<Instant>>,
    /// Claims made into ours, by those of the token.
    made: Cache<usize, (Identity, Identity)>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuers {
    pub(super) fn new(configs: &[IssuerConfig]) -> Result<Self, IssuerError> {
        configs
            .iter()
            .map(Issuer::new)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn of(&self, token: &[u8]) -> Option<&Issuer> {
        let named = claimed_issuer(token)?;
        self.0.iter().find(|issuer| issuer.config.issuer == named)
    }
}

/// The `iss` of a token that is not yet verified.
fn claimed_issuer(token: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let payload = token.split(|byte| *byte == b'.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Claimed>(&payload)
        .ok()
        .map(|claimed| claimed.iss)
}

impl Issuer {
    fn new(config: &IssuerConfig) -> Result<Self, IssuerError> {
        let complete = !config.issuer.is_empty()
            && !config.audience.is_empty()
            && !config.role.is_empty()
            && config.role_claim.is_empty() == config.roles.is_empty();
        if !complete {
            return Err(IssuerError::Incomplete(config.issuer.clone()));
        }
        let verifier = match config.jwks_url.as_str() {
            "" => None,
            url => {
                let wrong = |error| IssuerError::Verifier(config.issuer.clone(), error);
                Some(Arc::new(verifier(config, url).map_err(wrong)?))
            }
        };
        Ok(Self {
            config: config.clone(),
            verifier: ArcSwapOption::new(verifier),
            asked: Mutex::new(None),
            made: Cache::new(10_000),
        })
    }

    async fn identify(&self, token: &[u8], egress: &Egress) -> Result<Identity, Error> {
        let verifier = match self.verifier.load_full() {
            Some(verifier) => verifier,
            None => self.discover(egress).await?,
        };
        let theirs = verifier.verify_or_refresh(token).await?;
        // As long as the verifier remembers the token, its claims are at one address; what is kept
        // here holds them, so that no others come to lie there.
        let address = Arc::as_ptr(theirs.shared_claims()).addr();
        if let Some((_, ours)) = self.made.get(&address) {
            return Ok(ours);
        }
        let ours = self.translate(&theirs)?;
        self.made.insert(address, (theirs, ours.clone()));
        Ok(ours)
    }

    fn translate(&self, theirs: &Identity) -> Result<Identity, Error> {
        let role = theirs.role();
        if role != self.config.role && !self.config.roles.iter().any(|allowed| allowed == role) {
            return Err(Error::RoleNotAllowed);
        }
        let all = theirs.claims().as_value();
        if !is_for(all, &self.config.audience) {
            return Err(Error::NotInAudience);
        }
        let mut claims = all.as_object().cloned().unwrap_or_else(Map::new);
        claims.retain(|name, _| !OURS.contains(&name.as_str()));
        claims.insert("aal".into(), "aal1".into());
        for (name, pointer) in &self.config.claims {
            match all.pointer(pointer) {
                Some(value) => claims.insert(name.clone(), value.clone()),
                None => claims.remove(name),
            };
        }
        Ok(Identity::from_token(role.into(), claims))
    }

    /// Asks the issuer where its keys are; one request at a time does.
    async fn discover(&self, egress: &Egress) -> Result<Arc<Verifier>, Error> {
        let mut asked = self.asked.lock().await;
        if let Some(verifier) = self.verifier.load_full() {
            return Ok(verifier);
        }
        if asked.is_some_and(|at| at.elapsed() < COOLDOWN) {
            return Err(Error::KeysUnavailable);
        }
        *asked = Some(Instant::now());
        match self.ask(egress).await {
            Ok(verifier) => {
                let verifier = Arc::new(verifier);
                self.verifier.store(Some(Arc::clone(&verifier)));
                Ok(verifier)
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    issuer = self.config.issuer,
                    "an issuer's keys are not known"
                );
                Err(Error::KeysUnavailable)
            }
        }
    }

    async fn ask(&self, egress: &Egress) -> Result<Verifier, DiscoveryError> {
        let issuer = self.config.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let answer = egress.get(&url).await?;
        let document: Option<Discovery> = match answer.status.is_success() {
            true => serde_json::from_slice(&answer.body).ok(),
            false => None,
        };
        let document = document
            .filter(|document| document.issuer == self.config.issuer)
            .ok_or(DiscoveryError::Document)?;
        egress.check(&document.jwks_uri)?;
        Ok(verifier(&self.config, &document.jwks_uri)?)
    }
}

fn verifier(config: &IssuerConfig, jwks_url: &str) -> Result<Verifier, ConfigError> {
    let role_claim = match config.role_claim.as_str() {
        "" => NOWHERE,
        path => path,
    };
    Verifier::builder()
        .jwks_url(jwks_url)
        .issuer(&config.issuer)
        .audience(&config.audience)
        .role_claim(role_claim)
        .anonymous_role(&config.role)
        .require_exp(true)
        .build()
}

/// Whether `aud` is there and names us.
fn is_for(claims: &Value, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

impl Auth {
    /// Whom a bearer token describes: one of ours, or of an issuer of the settings.
    pub(crate) async fn identify_token(&self, token: &[u8]) -> Result<Identity, Problem> {
        let own = self.verifier().load().verify(token);
        let error = match own {
            Ok(identity) => {
                check_claims(self, &identity).map_err(refused)?;
                self.check_session(&identity)?;
                return Ok(identity);
            }
            Err(error) => error,
        };
        // Only what our keys did not sign can be another's.
        let is_foreign = matches!(
            error,
            Error::Key(KeyProblem::NotFound | KeyProblem::WrongSignature)
        );
        match self.authenticators().issuers.of(token) {
            Some(issuer) if is_foreign => Ok(issuer.identify(token, self.egress()).await?),
            _ => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer() -> Issuer {
        Issuer::new(&IssuerConfig {
            issuer: "https://id.example.org".into(),
            audience: "us".into(),
            jwks_url: String::new(),
            role: "authenticated".into(),
            role_claim: "$.groups[0]".into(),
            roles: vec!["editor".into()],
            claims: [("email".to_owned(), "/upn".to_owned())].into(),
        })
        .expect("an issuer")
    }

    fn translate(role: &str, claims: Value) -> Result<Identity, Error> {
        let claims = claims.as_object().expect("an object").clone();
        issuer().translate(&Identity::from_token(role.into(), claims))
    }

    #[test]
    fn what_only_we_say_is_not_taken_from_a_foreign_token() {
        let claims = json!({
            "aud": ["others", "us"], "sub": "x", "upn": "ada@example.org", "aal": "aal2",
            "session_id": "s", "scope": "*:*", "app_metadata": { "admin": true }, "email": "else",
        });
        let identity = translate("editor", claims).expect("an identity");
        let expected = json!({
            "aal": "aal1", "aud": ["others", "us"], "email": "ada@example.org", "role": "editor",
            "sub": "x", "upn": "ada@example.org",
        });
        assert_eq!(identity.claims().as_value(), &expected);
    }

    #[test]
    fn a_role_that_is_not_listed_and_a_token_for_nobody_are_refused() {
        let refused = translate("service_role", json!({ "aud": "us" }));
        assert_eq!(refused, Err(Error::RoleNotAllowed));
        assert!(translate("authenticated", json!({ "aud": "us" })).is_ok());
        for aud in [json!(null), json!("them"), json!([]), json!(1)] {
            let refused = translate("editor", json!({ "aud": aud }));
            assert_eq!(refused, Err(Error::NotInAudience), "{aud}");
        }
        assert!(translate("editor", json!({})).is_err());
    }
}
