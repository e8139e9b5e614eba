//! Settings. Each field says its meaning, its unit and GoTrue's variable for the same.

mod api_keys;
mod basic;
mod captcha;
mod cleanup;
mod cookies;
mod email_validation;
mod forward_auth;
mod hooks;
mod issuers;
mod lock_out;
mod mfa;
mod oauth_server;
mod passkeys;
mod password;
mod providers;
mod rate_limits;
mod scim;

use std::collections::BTreeMap;

use crestfall_core::Secret;
use crestfall_core::egress::EgressConfig;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mail::MailConfig;
use crate::sms::SmsConfig;
pub use api_keys::ApiKeysConfig;
pub use basic::BasicConfig;
pub use captcha::{Captcha, CaptchaProvider};
pub use cleanup::Cleanup;
pub use cookies::CookiesConfig;
pub use email_validation::EmailValidation;
pub use forward_auth::{
    ForwardAuthConfig, ForwardAuthPolicy, ForwardAuthRule, QueryOperator, QueryRule,
};
pub use hooks::{HookConfig, Hooks};
pub use issuers::IssuerConfig;
pub use lock_out::LockOut;
pub use mfa::{Mfa, PhoneFactors, TotpFactors, WebAuthnFactors};
pub use oauth_server::OauthServer;
pub(crate) use passkeys::NoModel;
pub use passkeys::{Passkeys, RelyingPartyConfig, WebAuthn};
pub use password::Password;
pub use providers::{External, Provider};
pub use rate_limits::{Limit, RateLimits};
pub use scim::{ScimClient, ScimConfig};

/// What the service does and allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the application is: redirects go here when no other address is asked for and allowed
    /// (`SITE_URL`).
    pub site_url: String,
    /// The address of this service as its clients see it, with its path, such as
    /// `https://example.org/auth/v1`: links in mails begin with it, and it is the tokens' issuer
    /// unless `tokens.issuer` says else (`API_EXTERNAL_URL`). Never taken from a request.
    pub external_url: String,
    /// Further addresses that redirects may go to; `*`, `**` and `?` are wildcards
    /// (`URI_ALLOW_LIST`).
    pub redirect_urls: Vec<String>,
    /// No new users, but those an administrator makes (`DISABLE_SIGNUP`).
    pub disable_signup: bool,
    /// `GET /admin/users` without `page` and `per_page` gives pages by cursor, which cost the same
    /// however many users there are (`EXPERIMENTAL_CURSOR_PAGINATION_ENABLED`). With `limit` or
    /// `cursor` in the query it does so in any case.
    pub cursor_pages: bool,
    /// Users without an address or password (`EXTERNAL_ANONYMOUS_USERS_ENABLED`).
    pub anonymous_users: bool,
    /// A user may link further identities by hand (`SECURITY_MANUAL_LINKING_ENABLED`).
    pub manual_linking: bool,
    /// A new password needs the old one beside it (`SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD`).
    pub require_current_password: bool,
    /// A new password needs a code from `/reauthenticate`, once a session is a day old
    /// (`SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION`).
    pub require_reauthentication: bool,
    /// Seals what is secret in the database: TOTP secrets, keys of sessions, signing keys. At least
    /// 32 bytes of text, the same on every node (`SECURITY_DB_ENCRYPTION_ENCRYPTION_KEY`).
    pub encryption_key: Secret,
    /// Former values of `encryption_key`, still read.
    pub previous_encryption_keys: Vec<Secret>,
    /// Access tokens.
    pub tokens: Tokens,
    /// Sessions and their refresh tokens.
    pub sessions: Sessions,
    /// Users with a mail address.
    pub email: Email,
    /// Users with a phone number.
    pub phone: Phone,
    /// What passwords must be, and how they are kept.
    pub password: Password,
    /// What users may prove besides.
    pub mfa: Mfa,
    /// Sign-in without a password.
    pub passkeys: Passkeys,
    /// Whom authenticators talk to.
    pub webauthn: WebAuthn,
    /// How mail is sent, and in which words.
    pub mail: MailConfig,
    /// How text messages are sent.
    pub sms: SmsConfig,
    /// Which addresses this service may call: hooks, providers, captchas.
    pub egress: EgressConfig,
    /// Other applications' sign-in with the users of this service (OAuth 2.1, OpenID Connect).
    pub oauth_server: OauthServer,
    /// Users kept by an identity provider (SCIM 2.0).
    pub scim: ScimConfig,
    /// How often what may be asked.
    pub rate_limits: RateLimits,
    /// When signing in to an account is stopped for a while.
    pub lock_out: LockOut,
    /// Whether requests must come with a solved captcha.
    pub captcha: Captcha,
    /// Calls to the application at certain moments.
    pub hooks: Hooks,
    /// What is removed when it is of no use any more.
    pub cleanup: Cleanup,
    /// Issuers besides ourselves whose tokens are accepted.
    pub issuers: Vec<IssuerConfig>,
    /// Keys that users and administrators make for machines and tools.
    pub api_keys: ApiKeysConfig,
    /// `Authorization: Basic`.
    pub basic: BasicConfig,
    /// Session cookies of browser apps.
    pub cookies: CookiesConfig,
    /// Answers a reverse proxy that asks who may see a page, and the login page for it.
    pub forward_auth: ForwardAuthConfig,
    /// Providers that users may sign in with, by name.
    pub providers: BTreeMap<String, Provider>,
    /// What holds for all of them.
    pub external: External,
}

/// Access tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    /// How long an access token holds (`JWT_EXP`).
    pub lifetime: Duration,
    /// Their issuer, `iss`; empty is `external_url` (`JWT_ISSUER`).
    pub issuer: String,
    /// Their audience, `aud` (`JWT_AUD`).
    pub audience: String,
    /// The role of new users (`JWT_DEFAULT_GROUP_NAME`).
    pub default_role: String,
    /// Roles whose tokens may administer users (`JWT_ADMIN_ROLES`).
    pub admin_roles: Vec<String>,
    /// A shared secret of 32 bytes or more: its HS256 tokens are accepted, and it signs when there
    /// is no other key (`JWT_SECRET`).
    pub secret: Secret,
    /// Signing keys as a JSON array of private JWKs; the one with `"key_ops": ["sign"]` signs
    /// (`JWT_KEYS`). Empty: keys are made and kept in the database, and rotated with
    /// `crestfall keys rotate`.
    pub keys: Secret,
}

/// Sessions and their refresh tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// How long after its successor was given out a refresh token still gives that same successor
    /// (`SECURITY_REFRESH_TOKEN_REUSE_INTERVAL`).
    pub reuse_interval: Duration,
    /// A refresh token used twice, later than that, ends its session
    /// (`SECURITY_REFRESH_TOKEN_ROTATION_ENABLED`).
    pub rotation: bool,
    /// How long a session may last in all; `0s` is for ever (`SESSIONS_TIMEBOX`).
    pub timebox: Duration,
    /// How long a session may go without a refresh; `0s` is for ever
    /// (`SESSIONS_INACTIVITY_TIMEOUT`).
    pub inactivity_timeout: Duration,
    /// How long a user with a second factor may stay without proving it; `0s` is for ever
    /// (`SESSIONS_ALLOW_LOW_AAL`).
    pub allow_low_aal: Duration,
    /// A user has one session at a time, the newest (`SESSIONS_SINGLE_PER_USER`).
    pub single_per_user: bool,
    /// Ending a session takes effect on its access tokens at once. Off, they hold until they expire.
    pub immediate_revocation: bool,
}

/// Users with a mail address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Email {
    /// Sign-up and sign-in by mail address (`EXTERNAL_EMAIL_ENABLED`).
    pub enabled: bool,
    /// Sign-in by link or code (`EXTERNAL_EMAIL_MAGIC_LINK_ENABLED`).
    pub magic_link: bool,
    /// New addresses count as confirmed (`MAILER_AUTOCONFIRM`).
    pub autoconfirm: bool,
    /// Sign-in before the address is confirmed (`MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS`).
    pub allow_unverified_sign_in: bool,
    /// A change of address is confirmed at the old one too (`MAILER_SECURE_EMAIL_CHANGE_ENABLED`).
    pub secure_change: bool,
    /// How long links and codes hold (`MAILER_OTP_EXP`).
    pub otp_lifetime: Duration,
    /// Digits of a code, 6 to 10 (`MAILER_OTP_LENGTH`).
    pub otp_length: usize,
    /// Wrong codes after which a code is void.
    pub otp_attempts: u16,
    /// The least time between two mails of a kind to one address (`SMTP_MAX_FREQUENCY`).
    pub max_frequency: Duration,
    /// The only addresses that mails go to; empty is all (`EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES`).
    pub authorized_addresses: Vec<String>,
    /// A link counts as soon as it is opened, as in GoTrue. Off, it shows a page with a button, so
    /// that programs that open the links of a mail before its reader does not use them up.
    pub verify_on_get: bool,
    /// Who asks for a sign-in by link or code without a new user being made (`create_user` false, or
    /// `disable_signup`) is told when there is no such user, as in GoTrue. Off, nothing tells which
    /// addresses have accounts. Phone numbers too.
    pub reveal_unknown: bool,
    /// Whether mail can go to an address, before any is sent there.
    pub validation: EmailValidation,
}

/// Users with a phone number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Phone {
    /// Sign-up and sign-in by phone number (`EXTERNAL_PHONE_ENABLED`).
    pub enabled: bool,
    /// New numbers count as confirmed (`SMS_AUTOCONFIRM`).
    pub autoconfirm: bool,
    /// How long codes hold (`SMS_OTP_EXP`).
    pub otp_lifetime: Duration,
    /// Digits of a code, 6 to 10 (`SMS_OTP_LENGTH`).
    pub otp_length: usize,
    /// Wrong codes after which a code is void.
    pub otp_attempts: u16,
    /// The least time between two messages to one number (`SMS_MAX_FREQUENCY`).
    pub max_frequency: Duration,
}

impl Config {
    /// The defaults, with the one setting that has none.
    pub fn new(encryption_key: Secret) -> Self {
        Self {
            encryption_key,
            ..Self::default()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            site_url: "http://localhost:3000".into(),
            external_url: "http://localhost:8000/auth/v1".into(),
            redirect_urls: Vec::new(),
            disable_signup: false,
            cursor_pages: false,
            anonymous_users: false,
            manual_linking: false,
            require_current_password: false,
            require_reauthentication: false,
            encryption_key: Secret::default(),
            previous_encryption_keys: Vec::new(),
            tokens: Tokens::default(),
            sessions: Sessions::default(),
            email: Email::default(),
            phone: Phone::default(),
            password: Password::default(),
            mfa: Mfa::default(),
            passkeys: Passkeys::default(),
            webauthn: WebAuthn::default(),
            mail: MailConfig::default(),
            sms: SmsConfig::default(),
            egress: EgressConfig::default(),
            oauth_server: OauthServer::default(),
            scim: ScimConfig::default(),
            rate_limits: RateLimits::default(),
            lock_out: LockOut::default(),
            captcha: Captcha::default(),
            hooks: Hooks::default(),
            cleanup: Cleanup::default(),
            issuers: Vec::new(),
            api_keys: ApiKeysConfig::default(),
            basic: BasicConfig::default(),
            cookies: CookiesConfig::default(),
            forward_auth: ForwardAuthConfig::default(),
            providers: BTreeMap::new(),
            external: External::default(),
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            lifetime: Duration::seconds(3600),
            issuer: String::new(),
            audience: "authenticated".into(),
            default_role: "authenticated".into(),
            admin_roles: vec!["service_role".into(), "supabase_admin".into()],
            secret: Secret::default(),
            keys: Secret::default(),
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            reuse_interval: Duration::seconds(10),
            rotation: true,
            timebox: Duration::seconds(0),
            inactivity_timeout: Duration::seconds(0),
            allow_low_aal: Duration::seconds(0),
            single_per_user: false,
            immediate_revocation: true,
        }
    }
}

impl Default for Email {
    fn default() -> Self {
        Self {
            enabled: true,
            magic_link: true,
            autoconfirm: false,
            allow_unverified_sign_in: false,
            secure_change: true,
            otp_lifetime: Duration::seconds(3600),
            otp_length: 6,
            otp_attempts: 5,
            max_frequency: Duration::seconds(60),
            authorized_addresses: Vec::new(),
            verify_on_get: false,
            reveal_unknown: true,
            validation: EmailValidation::default(),
        }
    }
}

impl Default for Phone {
    fn default() -> Self {
        Self {
            enabled: false,
            autoconfirm: false,
            otp_lifetime: Duration::seconds(300),
            otp_length: 6,
            otp_attempts: 5,
            max_frequency: Duration::seconds(60),
        }
    }
}
