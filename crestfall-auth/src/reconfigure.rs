//! Other settings while the service runs (GT-112).

use std::sync::Arc;

use axum::extract::FromRef;

use crate::auth::{Auth, StartError};
use crate::config::Config;
use crate::settled::Settled;

/// What routes hold: each request gets the settings that are in force as it comes.
#[derive(Clone, Debug)]
pub(crate) struct Live(pub(crate) Auth);

impl FromRef<Live> for Auth {
    fn from_ref(live: &Live) -> Self {
        live.0.now()
    }
}

impl Auth {
    /// Puts other settings in force, all at once: requests under way end with the former ones, those
    /// that come later begin with these. What embedders brought themselves stays. Gives the names of
    /// settings that differ and cannot change while the service runs; they keep their former values.
    ///
    /// # Errors
    /// A setting that makes no sense; then everything stays as it was.
    pub fn reconfigure(&self, mut config: Config) -> Result<Vec<&'static str>, StartError> {
        let before = self.now();
        let kept = keep_what_is_fixed(before.config(), &mut config);
        if *before.config() == config {
            return Ok(kept);
        }
        let settled = Settled::new(config, self.own(), self.limiter())?;
        settled.mails.keep_fetched(before.mails());
        self.revocations()
            .remember_for(settled.config.tokens.lifetime.get());
        self.settle(Arc::new(settled));
        Ok(kept)
    }
}

/// Gives what keys, caches and other services rely on its former value.
fn keep_what_is_fixed(before: &Config, config: &mut Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    macro_rules! fixed {
        ($($($part:ident).+),+ $(,)?) => {$(
            if config.$($part).+ != before.$($part).+ {
                config.$($part).+ = before.$($part).+.clone();
                kept.push(stringify!($($part).+));
            }
        )+};
    }
    fixed!(
        external_url,
        encryption_key,
        previous_encryption_keys,
        tokens.issuer,
        tokens.audience,
        tokens.secret,
        tokens.keys,
        password.hash_memory,
        password.hash_passes,
        password.hash_workers,
        password.max_waiting,
        password.max_wait,
        issuers,
        api_keys.scopes,
    );
    kept
}

#[cfg(test)]
mod tests {
    use crestfall_core::Secret;

    use super::*;

    #[test]
    fn what_is_fixed_keeps_its_value_and_is_named_gt_112() {
        let before = Config::new(Secret::new("a key of thirty-two bytes, or more"));
        let mut after = before.clone();
        after.disable_signup = true;
        after.tokens.secret = Secret::new("another");
        after.password.hash_memory += 1;
        after.password.min_length = 20;
        let kept = keep_what_is_fixed(&before, &mut after);
        assert_eq!(kept, ["tokens.secret", "password.hash_memory"]);
        let mut expected = before;
        expected.disable_signup = true;
        expected.password.min_length = 20;
        assert_eq!(after, expected);
    }
}
