//! What is kept of a factor's key: ours, or GoTrue's from before an import.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::factor::webauthn::{Base64Url, Credential};
use crate::store::factors::Factor;

/// As GoTrue keeps it: what its library for Go writes, bytes in Base64.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    id: String,
    public_key: String,
    #[serde(default)]
    attestation_type: String,
    transport: Option<Vec<String>>,
    flags: Flags,
    authenticator: Authenticator,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flags {
    #[serde(default)]
    user_verified: bool,
    #[serde(default)]
    backup_eligible: bool,
    #[serde(default)]
    backup_state: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authenticator {
    #[serde(rename = "AAGUID")]
    aaguid: Option<String>,
    #[serde(default)]
    sign_count: u32,
}

/// The key of a factor that was set up.
pub(super) fn read(factor: &Factor) -> Option<Credential> {
    let kept = &factor.web_authn_credential.as_ref()?.0;
    match kept.get("publicKey") {
        Some(_) => import(factor, kept),
        None => serde_json::from_value(kept.clone()).ok(),
    }
}

fn import(factor: &Factor, kept: &Value) -> Option<Credential> {
    let kept: Imported = serde_json::from_value(kept.clone()).ok()?;
    let bytes = |text: &str| BASE64_STANDARD.decode(text).ok();
    let aaguid = kept.authenticator.aaguid.as_deref().and_then(bytes);
    let aaguid = aaguid.and_then(|bytes| Uuid::from_slice(&bytes).ok());
    Some(Credential {
        id: Base64Url(bytes(&kept.id)?),
        public_key: Base64Url(bytes(&kept.public_key)?),
        counter: kept.authenticator.sign_count,
        aaguid: aaguid.unwrap_or_default(),
        attestation: kept.attestation_type,
        transports: kept.transport.unwrap_or_default(),
        backup_eligible: kept.flags.backup_eligible,
        backed_up: kept.flags.backup_state,
        user_verified: kept.flags.user_verified,
        name: factor.friendly_name.clone().unwrap_or_default(),
        created_at: factor.created_at,
        last_used_at: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::factors::FactorType;
    use chrono::Utc;
    use serde_json::json;
    use sqlx::types::Json;

    fn factor(kept: Value) -> Factor {
        Factor {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            friendly_name: Some("key".into()),
            kind: FactorType::Webauthn,
            verified: true,
            created_at: Utc::now(),
            updated_at: Utc::now(),
            secret: None,
            phone: None,
            last_challenged_at: None,
            web_authn_credential: Some(Json(kept)),
        }
    }

    #[test]
    fn gt_035_a_key_that_gotrue_kept_is_read() {
        let kept = json!({
            "id": "+/8=", "publicKey": "AQID", "attestationType": "none", "transport": null,
            "flags": { "userPresent": true, "userVerified": true, "backupEligible": true, "backupState": false },
            "authenticator": { "AAGUID": "+iuZ3J45QleC+XpKMNI8QRg=", "signCount": 7, "cloneWarning": false },
        });
        let read = read(&factor(kept)).expect("a key");
        assert_eq!(read.id.0, [0xfb, 0xff]);
        assert_eq!(read.public_key.0, [1, 2, 3]);
        assert_eq!((read.counter, read.backup_eligible), (7, true));
        // And it is ours once it was used.
        let ours = serde_json::to_value(&read).expect("JSON");
        assert_eq!(super::read(&factor(ours)), Some(read));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for kept in [json!(null), json!({ "publicKey": "!" }), json!({ "id": 7 })] {
            assert_eq!(read(&factor(kept)), None);
        }
    }
}
