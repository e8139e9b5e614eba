//! What can go wrong, as clients of GoTrue know it: a status, a code that never changes its
//! meaning, and a sentence.

mod form;

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

pub(crate) use form::{ApiVersion, answer_in_the_callers_form};

/// The codes, with the status that each usually has. Names: GoTrue's error codes.
macro_rules! codes {
    ($($variant:ident = $code:literal, $status:ident;)*) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is its own name")]
        #[non_exhaustive]
        pub enum ErrorCode { $($variant,)* }

        impl ErrorCode {
            /// As clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The status it usually comes with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }
        }
    };
}

codes! {
    AnonymousProviderDisabled = "anonymous_provider_disabled", UNPROCESSABLE_ENTITY;
    BadCodeVerifier = "bad_code_verifier", BAD_REQUEST;
    BadJson = "bad_json", BAD_REQUEST;
    BadJwt = "bad_jwt", FORBIDDEN;
    BadOauthCallback = "bad_oauth_callback", BAD_REQUEST;
    BadOauthState = "bad_oauth_state", BAD_REQUEST;
    CaptchaFailed = "captcha_failed", BAD_REQUEST;
    Conflict = "conflict", CONFLICT;
    CurrentPasswordInvalid = "current_password_invalid", BAD_REQUEST;
    CurrentPasswordRequired = "current_password_required", BAD_REQUEST;
    CustomProviderNotFound = "custom_provider_not_found", NOT_FOUND;
    EmailAddressInvalid = "email_address_invalid", BAD_REQUEST;
    EmailAddressNotAuthorized = "email_address_not_authorized", BAD_REQUEST;
    EmailAddressNotProvided = "email_address_not_provided", BAD_REQUEST;
    EmailConflictIdentityNotDeletable = "email_conflict_identity_not_deletable", UNPROCESSABLE_ENTITY;
    EmailExists = "email_exists", UNPROCESSABLE_ENTITY;
    EmailNotConfirmed = "email_not_confirmed", BAD_REQUEST;
    EmailProviderDisabled = "email_provider_disabled", UNPROCESSABLE_ENTITY;
    FeatureDisabled = "feature_disabled", UNPROCESSABLE_ENTITY;
    FlowStateAlreadyUsed = "flow_state_already_used", BAD_REQUEST;
    FlowStateExpired = "flow_state_expired", UNPROCESSABLE_ENTITY;
    FlowStateNotFound = "flow_state_not_found", NOT_FOUND;
    HookPayloadInvalidContentType = "hook_payload_invalid_content_type", INTERNAL_SERVER_ERROR;
    HookPayloadOverSizeLimit = "hook_payload_over_size_limit", UNPROCESSABLE_ENTITY;
    HookTimeout = "hook_timeout", UNPROCESSABLE_ENTITY;
    HookTimeoutAfterRetry = "hook_timeout_after_retry", UNPROCESSABLE_ENTITY;
    IdentityAlreadyExists = "identity_already_exists", UNPROCESSABLE_ENTITY;
    IdentityNotFound = "identity_not_found", UNPROCESSABLE_ENTITY;
    InsufficientAal = "insufficient_aal", UNAUTHORIZED;
    InvalidCredentials = "invalid_credentials", BAD_REQUEST;
    InviteNotFound = "invite_not_found", NOT_FOUND;
    ManualLinkingDisabled = "manual_linking_disabled", NOT_FOUND;
    MfaChallengeExpired = "mfa_challenge_expired", UNPROCESSABLE_ENTITY;
    MfaFactorNameConflict = "mfa_factor_name_conflict", UNPROCESSABLE_ENTITY;
    MfaFactorNotFound = "mfa_factor_not_found", NOT_FOUND;
    MfaIpAddressMismatch = "mfa_ip_address_mismatch", UNPROCESSABLE_ENTITY;
    MfaPhoneEnrollNotEnabled = "mfa_phone_enroll_not_enabled", UNPROCESSABLE_ENTITY;
    MfaPhoneVerifyNotEnabled = "mfa_phone_verify_not_enabled", UNPROCESSABLE_ENTITY;
    MfaTotpEnrollNotEnabled = "mfa_totp_enroll_not_enabled", UNPROCESSABLE_ENTITY;
    MfaTotpVerifyNotEnabled = "mfa_totp_verify_not_enabled", UNPROCESSABLE_ENTITY;
    MfaVerificationFailed = "mfa_verification_failed", UNPROCESSABLE_ENTITY;
    MfaVerificationRejected = "mfa_verification_rejected", UNPROCESSABLE_ENTITY;
    MfaVerifiedFactorExists = "mfa_verified_factor_exists", UNPROCESSABLE_ENTITY;
    MfaWebauthnEnrollNotEnabled = "mfa_webauthn_enroll_not_enabled", UNPROCESSABLE_ENTITY;
    MfaWebauthnVerifyNotEnabled = "mfa_webauthn_verify_not_enabled", UNPROCESSABLE_ENTITY;
    NoAuthorization = "no_authorization", UNAUTHORIZED;
    NotAdmin = "not_admin", FORBIDDEN;
    OauthAuthorizationNotFound = "oauth_authorization_not_found", NOT_FOUND;
    OauthClientNotFound = "oauth_client_not_found", NOT_FOUND;
    OauthClientStateExpired = "oauth_client_state_expired", UNPROCESSABLE_ENTITY;
    OauthClientStateNotFound = "oauth_client_state_not_found", NOT_FOUND;
    OauthConsentNotFound = "oauth_consent_not_found", NOT_FOUND;
    OauthDynamicClientRegistrationDisabled = "oauth_dynamic_client_registration_disabled", FORBIDDEN;
    OauthInvalidState = "oauth_invalid_state", BAD_REQUEST;
    OauthProviderNotSupported = "oauth_provider_not_supported", BAD_REQUEST;
    OtpDisabled = "otp_disabled", UNPROCESSABLE_ENTITY;
    OtpExpired = "otp_expired", FORBIDDEN;
    OverCustomProviderQuota = "over_custom_provider_quota", UNPROCESSABLE_ENTITY;
    OverEmailSendRateLimit = "over_email_send_rate_limit", TOO_MANY_REQUESTS;
    OverRequestRateLimit = "over_request_rate_limit", TOO_MANY_REQUESTS;
    OverSmsSendRateLimit = "over_sms_send_rate_limit", TOO_MANY_REQUESTS;
    PasskeyDisabled = "passkey_disabled", NOT_FOUND;
    PhoneExists = "phone_exists", UNPROCESSABLE_ENTITY;
    PhoneNotConfirmed = "phone_not_confirmed", BAD_REQUEST;
    PhoneProviderDisabled = "phone_provider_disabled", UNPROCESSABLE_ENTITY;
    ProviderDisabled = "provider_disabled", BAD_REQUEST;
    ProviderEmailNeedsVerification = "provider_email_needs_verification", FORBIDDEN;
    ReauthenticationNeeded = "reauthentication_needed", BAD_REQUEST;
    ReauthenticationNotValid = "reauthentication_not_valid", UNPROCESSABLE_ENTITY;
    RefreshTokenAlreadyUsed = "refresh_token_already_used", BAD_REQUEST;
    RefreshTokenNotFound = "refresh_token_not_found", BAD_REQUEST;
    RequestEntityTooLarge = "request_entity_too_large", PAYLOAD_TOO_LARGE;
    RequestTimeout = "request_timeout", GATEWAY_TIMEOUT;
    SamePassword = "same_password", UNPROCESSABLE_ENTITY;
    SamlProviderDisabled = "saml_provider_disabled", NOT_FOUND;
    SessionExpired = "session_expired", BAD_REQUEST;
    SessionNotFound = "session_not_found", FORBIDDEN;
    SignupDisabled = "signup_disabled", UNPROCESSABLE_ENTITY;
    SingleIdentityNotDeletable = "single_identity_not_deletable", UNPROCESSABLE_ENTITY;
    SmsSendFailed = "sms_send_failed", UNPROCESSABLE_ENTITY;
    SsoProviderDisabled = "sso_provider_disabled", UNPROCESSABLE_ENTITY;
    SsoProviderNotFound = "sso_provider_not_found", NOT_FOUND;
    TooManyEnrolledMfaFactors = "too_many_enrolled_mfa_factors", UNPROCESSABLE_ENTITY;
    TooManyPasskeys = "too_many_passkeys", UNPROCESSABLE_ENTITY;
    UnexpectedAudience = "unexpected_audience", BAD_REQUEST;
    UnexpectedFailure = "unexpected_failure", INTERNAL_SERVER_ERROR;
    Unknown = "unknown", BAD_REQUEST;
    UserAlreadyExists = "user_already_exists", UNPROCESSABLE_ENTITY;
    UserBanned = "user_banned", FORBIDDEN;
    UserNotFound = "user_not_found", NOT_FOUND;
    UserSsoManaged = "user_sso_managed", UNPROCESSABLE_ENTITY;
    ValidationFailed = "validation_failed", BAD_REQUEST;
    WeakPassword = "weak_password", UNPROCESSABLE_ENTITY;
    Web3ProviderDisabled = "web3_provider_disabled", UNPROCESSABLE_ENTITY;
    Web3UnsupportedChain = "web3_unsupported_chain", BAD_REQUEST;
    WebauthnChallengeExpired = "webauthn_challenge_expired", BAD_REQUEST;
    WebauthnChallengeNotFound = "webauthn_challenge_not_found", BAD_REQUEST;
    WebauthnCredentialExists = "webauthn_credential_exists", UNPROCESSABLE_ENTITY;
    WebauthnCredentialNotFound = "webauthn_credential_not_found", NOT_FOUND;
    WebauthnVerificationFailed = "webauthn_verification_failed", BAD_REQUEST;
    // Ours.
    ApiKeyNotFound = "api_key_not_found", NOT_FOUND;
    CrossSite = "cross_site", FORBIDDEN;
    RecoveryCodeInvalid = "recovery_code_invalid", UNPROCESSABLE_ENTITY;
    ServiceBusy = "service_busy", SERVICE_UNAVAILABLE;
}

/// A refusal or failure, ready to be answered.
#[derive(Clone, Debug)]
pub struct Error {
    status: StatusCode,
    code: ErrorCode,
    message: Cow<'static, str>,
    /// Why a password was too weak: `length`, `characters`, `pwned`.
    weak_password: Option<Vec<&'static str>>,
    /// After how many seconds it may be tried again.
    retry_after: Option<u64>,
    /// For the log alone.
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What a handler gives.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal with the usual status of its code. The message is said to the caller.
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: code.status(),
            code,
            message: message.into(),
            weak_password: None,
            retry_after: None,
            source: None,
        }
    }

    /// The request makes no sense: 400 `validation_failed`.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ValidationFailed, message)
    }

    /// A failure of ours: the caller is told nothing, the log all.
    pub(crate) fn internal(
        message: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let mut error = Self::new(ErrorCode::UnexpectedFailure, message);
        error.source = Some(Arc::from(source.into()));
        error
    }

    /// With another status than its code's usual one.
    #[must_use]
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With reasons why the password is too weak.
    #[must_use]
    pub(crate) fn with_reasons(mut self, reasons: Vec<&'static str>) -> Self {
        self.weak_password = Some(reasons);
        self
    }

    /// With the seconds after which it may be tried again.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With what caused it, for the log.
    #[must_use]
    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// After how many seconds it may be tried again.
    pub(crate) fn seconds(&self) -> Option<u64> {
        self.retry_after
    }

    /// Why a password was too weak.
    pub(crate) fn reasons(&self) -> &[&'static str] {
        self.weak_password.as_deref().unwrap_or_default()
    }

    /// Writes it to the log, when there is something to tell.
    pub(crate) fn log(&self) {
        let source = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        if self.status.is_server_error() {
            tracing::error!(
                code = self.code.as_str(),
                error = source,
                "{}",
                self.message
            );
        } else if source.is_some() {
            tracing::info!(
                code = self.code.as_str(),
                error = source,
                "{}",
                self.message
            );
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// The database could not be asked, or refused.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_unstorable_text(&error) {
            return Self::invalid(
                "There is text with a character that cannot be stored, such as U+0000",
            );
        }
        if is_unreadable_number(&error) {
            return Self::invalid("There is a number that is too large");
        }
        match is_passing(&error) {
            true => Self::new(ErrorCode::ServiceBusy, "The server is busy; try again")
                .retry_after(1)
                .caused_by(error),
            false => Self::internal(
                "Unexpected failure, please check server logs for more information",
                error,
            ),
        }
    }
}

/// Whether the same may succeed in a moment: nothing was done, and nothing is wrong with it.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // Connections, resources, shutting down or starting up; two that waited for each other.
            ["08", "53", "57P"]
                .iter()
                .any(|class| code.starts_with(class))
                || matches!(&*code, "40001" | "40P01" | "55P03")
        }
        _ => false,
    }
}

/// What a caller has sent holds a character that PostgreSQL has no place for.
fn is_unstorable_text(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // character_not_in_repertoire, untranslatable_character.
    matches!(code.as_deref(), Some("22021" | "22P05"))
}

/// PostgreSQL keeps any number in JSON, we read them up to some 1e308. Its JSON has no other fault.
fn is_unreadable_number(error: &sqlx::Error) -> bool {
    let sqlx::Error::ColumnDecode { source, .. } = error else {
        return false;
    };
    let source = source.downcast_ref::<serde_json::Error>();
    source.is_some_and(serde_json::Error::is_syntax)
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let mut response = form::body(&self, ApiVersion::Initial);
        response.extensions_mut().insert(self);
        response
    }
}
