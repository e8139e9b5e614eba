//! Signatures of calls over HTTP (Standard Webhooks 1.0.0).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_core::Secret;

/// What calls are signed with.
#[derive(Clone)]
pub(super) struct Signer(Vec<hmac::Key>);

impl Signer {
    /// From texts `v1,whsec_…`, each of which may hold several, separated by `|`. None when one is
    /// none.
    pub(super) fn new(secrets: &[Secret]) -> Option<Self> {
        let texts = secrets.iter().flat_map(|secret| secret.expose().split('|'));
        texts
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(key)
            .collect::<Option<_>>()
            .map(Self)
    }

    /// `webhook-signature`: one by each secret, separated by spaces.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let signatures: Vec<_> = self
            .0
            .iter()
            .map(|key| {
                let mut context = hmac::Context::with_key(key);
                context.update(head.as_bytes());
                context.update(body);
                format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
            })
            .collect();
        signatures.join(" ")
    }
}

fn key(text: &str) -> Option<hmac::Key> {
    let bytes = BASE64_STANDARD
        .decode(text.strip_prefix("v1,whsec_")?)
        .ok()?;
    // Standard Webhooks: 24 to 64 bytes.
    (24..=64)
        .contains(&bytes.len())
        .then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries' own tests.
    #[test]
    fn gt_092_signatures_are_those_of_standard_webhooks() {
        let secret = Secret::new("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signer = Signer::new(&[secret]).expect("a signer");
        let signature = signer.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn gt_092_each_secret_signs_while_one_replaces_another() {
        let one = "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let both = Secret::new(format!("{one}|v1,whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        let signature = Signer::new(&[both]).expect("a signer").sign("a", 1, b"{}");
        assert_eq!(signature.split(' ').count(), 2);
        assert!(Signer::new(&[Secret::new("whsec_abc")]).is_none());
        assert!(Signer::new(&[Secret::new("v1,whsec_c2hvcnQ=")]).is_none());
        assert_eq!(Signer::new(&[]).expect("a signer").sign("a", 1, b"{}"), "");
    }
}
