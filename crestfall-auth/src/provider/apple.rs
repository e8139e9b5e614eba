//! Apple's client secret: a JWT that we sign ourselves.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_core::Secret;
use serde_json::{Value, json};

use super::known::Known;
use super::profile::ExternalUser;
use super::{Provider, ProviderError};
use crate::config;
use crate::signing_key::{Algorithm, SigningKey};
use crate::token;

/// How long a client secret holds, in seconds.
const LIFETIME: i64 = 300;

/// The secret to use: what the settings say, but for Apple's private key.
pub(super) fn secret_of(
    known: &Known,
    settings: &config::Provider,
) -> Result<Secret, ProviderError> {
    let secret = settings.secret.expose().trim();
    match known.name == "apple" && secret.starts_with("-----BEGIN") {
        true => client_secret(secret, settings).map(Secret::new),
        false => Ok(settings.secret.clone()),
    }
}

/// "Creating a client secret" of Sign in with Apple.
fn client_secret(pem: &str, settings: &config::Provider) -> Result<String, ProviderError> {
    if settings.team_id.is_empty() || settings.key_id.is_empty() {
        return Err(ProviderError::Setting("team_id and key_id"));
    }
    let encoded: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let der = BASE64_STANDARD.decode(encoded);
    let der = der.map_err(|_| ProviderError::Setting("secret"))?;
    let key = SigningKey::from_pkcs8(Some(settings.key_id.clone()), Algorithm::Es256, &der)?;
    let now = token::now();
    Ok(key.sign(&json!({
        "iss": settings.team_id,
        "iat": now,
        "exp": now + LIFETIME,
        "aud": "https://appleid.apple.com",
        "sub": settings.client_id.first(),
    }))?)
}

impl Provider {
    /// Apple tells the name once, beside the code and by the browser: a name and nothing else is
    /// taken from there.
    pub(crate) fn add_browsers_word(&self, user: &mut ExternalUser, text: &str) {
        if self.name != "apple" {
            return;
        }
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let part = |pointer| value.pointer(pointer).and_then(Value::as_str);
        let parts = [part("/name/firstName"), part("/name/lastName")];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        user.name(name.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::known;
    use crestfall_core::jwt::{KeySet, Verifier};

    #[test]
    fn a_private_key_makes_the_client_secret() {
        let key = SigningKey::generate(Algorithm::Es256).expect("a key");
        let der = key.to_bytes().expect("PKCS#8");
        let body = BASE64_STANDARD.encode(&*der);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        let settings = config::Provider {
            client_id: vec!["com.example.web".into()],
            secret: Secret::new(pem),
            team_id: "TEAM".into(),
            key_id: "KEY".into(),
            ..config::Provider::default()
        };
        let apple = known::find("apple").expect("Apple");
        let secret = secret_of(apple, &settings).expect("a secret");
        let mut jwk = key.public_jwk().expect("a public key");
        jwk["kid"] = "KEY".into();
        let keys = KeySet::published(&json!({ "keys": [jwk] })).expect("keys");
        let verifier = Verifier::builder()
            .keys(keys)
            .issuer("TEAM")
            .audience("https://appleid.apple.com")
            .anonymous_role("anon")
            .require_exp(true)
            .build()
            .expect("a verifier");
        let identity = verifier.verify(secret.expose()).expect("a good token");
        assert_eq!(
            identity.claims().get("sub"),
            Some(&"com.example.web".into())
        );
    }
}
