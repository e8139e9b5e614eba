//! Calls to the application at certain moments (GT-092 to GT-097).

use crestfall_core::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Calls to the application at certain moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hooks {
    /// Changes what an access token says (`HOOK_CUSTOM_ACCESS_TOKEN_*`).
    pub custom_access_token: HookConfig,
    /// Hears of each try of a second factor, and may refuse it
    /// (`HOOK_MFA_VERIFICATION_ATTEMPT_*`).
    pub mfa_verification_attempt: HookConfig,
    /// Hears of each try of a password, and may refuse it
    /// (`HOOK_PASSWORD_VERIFICATION_ATTEMPT_*`).
    pub password_verification_attempt: HookConfig,
    /// May refuse a new user (`HOOK_BEFORE_USER_CREATED_*`).
    pub before_user_created: HookConfig,
    /// Hears of a new user, in the transaction that makes it (`HOOK_AFTER_USER_CREATED_*`).
    pub after_user_created: HookConfig,
    /// Sends text messages instead of the service (`HOOK_SEND_SMS_*`).
    pub send_sms: HookConfig,
    /// Sends mail instead of the service (`HOOK_SEND_EMAIL_*`).
    pub send_email: HookConfig,
}

/// Who is called, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HookConfig {
    /// Call at all (`…_ENABLED`).
    pub enabled: bool,
    /// A function in the database, `pg-functions://postgres/schema/function`, which takes one `jsonb`
    /// and returns one and has 2 seconds; or an address `https://…`, which has 5 seconds. `http://`
    /// only to this machine and to hosts of `egress.allow` (`…_URI`).
    pub uri: String,
    /// What calls over HTTP are signed with (Standard Webhooks): `v1,whsec_` and base64. With
    /// several, each call carries a signature by each, so that one can replace another
    /// (`…_SECRETS`, separated by `|`).
    pub secrets: Vec<Secret>,
    /// Go on as if there were no hook when it does not answer or fails. What it says counts all the
    /// same. Not for hooks that send. By default a failing hook fails what it is asked about.
    pub fail_open: bool,
}
