//! `GET` and `POST /callback` (GT-019): back from the provider. What comes of it is told to the
//! application, at the address that was checked when the sign-in began, and only there.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;

use super::authorize::found;
use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::external_user::{self, Entered, Proof};
use crate::pkce::Method;
use crate::provider::{
    Credentials, ExternalUser, Provider, ProviderError, ProviderTokens, Verifier,
};
use crate::redirect::{with_fragment, with_query};
use crate::session::{self, SessionOptions};
use crate::store::external::{self, ClientState};
use crate::store::flow_states::{self, FlowState, NewFlowState};
use crate::token::TokenResponse;
use crate::user::User;

/// Longest text of a provider's error that is passed on, in characters.
const MAX_ERROR: usize = 500;

/// What the browser brings from the provider.
#[derive(Default)]
struct Returned {
    state: String,
    code: String,
    error: String,
    error_description: String,
    /// Apple's word on the name.
    user: String,
    /// OAuth 1.0a's token and code.
    oauth_token: String,
    oauth_verifier: String,
}

/// Why a sign-in ends without a user.
enum Failure {
    /// The provider said so (RFC 6749, section 4.1.2.1).
    Provider(String, String),
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Ours(error.into())
    }
}

pub(super) async fn get(
    State(auth): State<Auth>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    finish(&auth, &caller, &Returned::parse(query.as_bytes())).await
}

pub(super) async fn post(State(auth): State<Auth>, caller: Caller, body: Bytes) -> Response {
    finish(&auth, &caller, &Returned::parse(&body)).await
}

impl Returned {
    fn parse(text: &[u8]) -> Self {
        let mut returned = Self::default();
        for (name, value) in url::form_urlencoded::parse(text) {
            let member = match &*name {
                "state" => &mut returned.state,
                "code" => &mut returned.code,
                "error" => &mut returned.error,
                "error_description" => &mut returned.error_description,
                "user" => &mut returned.user,
                "oauth_token" => &mut returned.oauth_token,
                "oauth_verifier" => &mut returned.oauth_verifier,
                // OAuth 1.0a has no word for it: Twitter sends the token.
                "denied" if returned.error.is_empty() => {
                    returned.error = "access_denied".to_owned();
                    returned.error_description = "The user denied access".to_owned();
                    continue;
                }
                _ => continue,
            };
            if member.is_empty() {
                *member = value.into_owned();
            }
        }
        returned
    }
}

async fn finish(auth: &Auth, caller: &Caller, returned: &Returned) -> Response {
    let (flow, client_state) = match take(auth, &returned.state).await {
        Ok(taken) => taken,
        Err(error) => return failed(auth.redirects().site().clone(), &Failure::Ours(error)),
    };
    let target = auth.redirects().choose([flow.referrer.as_deref()]);
    match complete(auth, caller, returned, &flow, client_state, target.clone()).await {
        Ok(url) => found(&url),
        Err(failure) => failed(target, &failure),
    }
}

/// The sign-in that this state stands for. It stands for it once, whatever comes of it.
async fn take(auth: &Auth, state: &str) -> Result<(FlowState, Option<ClientState>)> {
    if state.is_empty() {
        return Err(Error::new(
            ErrorCode::BadOauthCallback,
            "OAuth state parameter missing",
        ));
    }
    let invalid = || Error::new(ErrorCode::BadOauthState, "OAuth state parameter is invalid");
    let id: Uuid = state.parse().map_err(|_| invalid())?;
    let mut tx = auth.begin().await?;
    let taken = external::take_flow(&mut tx, id).await?;
    tx.commit().await?;
    let (flow, client_state) = taken
        .ok_or_else(|| Error::new(ErrorCode::BadOauthState, "OAuth state not found or expired"))?;
    match flow.is_expired(auth.config().external.flow_lifetime.get()) {
        true => Err(Error::new(
            ErrorCode::BadOauthState,
            "OAuth state has expired",
        )),
        false => Ok((flow, client_state)),
    }
}

async fn complete(
    auth: &Auth,
    caller: &Caller,
    returned: &Returned,
    flow: &FlowState,
    client_state: Option<ClientState>,
    target: Url,
) -> Result<Url, Failure> {
    if !returned.error.is_empty() {
        let cut = |text: &str| text.chars().take(MAX_ERROR).collect::<String>();
        return Err(Failure::Provider(
            cut(&returned.error),
            cut(&returned.error_description),
        ));
    }
    let (tokens, user) = ask(auth, returned, flow, client_state).await?;
    let proof = Proof {
        provider: &flow.provider_type,
        user: &user,
        email_optional: flow.email_optional,
        redirect_to: target.as_str(),
    };
    let mut tx = auth.begin().await?;
    let mut user = match admit(auth, &mut tx, caller, flow, &proof).await? {
        Entered::In(user) => *user,
        Entered::Refused(error) => {
            tx.commit().await?;
            return Err(Failure::Ours(error));
        }
    };
    let url = match flow.code_challenge.as_deref() {
        Some(challenge) => {
            let method = flow.code_challenge_method.unwrap_or(Method::S256);
            let code = code_for(auth, &mut tx, flow, (challenge, method), &user, &tokens).await?;
            with_query(target, [("code", code.as_str())])
        }
        None => {
            let options = SessionOptions::default();
            let session =
                session::begin(auth, &mut tx, caller, &mut user, "oauth", options).await?;
            with_session(target, &session, &tokens)
        }
    };
    tx.commit().await?;
    Ok(url)
}

/// Who came back, as the provider says.
async fn ask(
    auth: &Auth,
    returned: &Returned,
    flow: &FlowState,
    client_state: Option<ClientState>,
) -> Result<(ProviderTokens, ExternalUser)> {
    if returned.code.is_empty() && returned.oauth_verifier.is_empty() {
        return Err(Error::new(
            ErrorCode::BadOauthCallback,
            "OAuth callback with missing authorization code missing",
        ));
    }
    let client_state = client_state.ok_or_else(|| {
        Error::new(ErrorCode::OauthClientStateNotFound, "OAuth state not found")
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)
    })?;
    if client_state.provider_type != flow.provider_type {
        return Err(Error::new(
            ErrorCode::OauthInvalidState,
            "OAuth provider mismatch",
        ));
    }
    let provider = Provider::find(auth, &flow.provider_type, "").await?;
    let tokens = exchange(auth, &provider, returned, &client_state)
        .await
        .map_err(|error| Error::internal("Unable to exchange external code", error))?;
    let nonce = client_state
        .nonce
        .as_deref()
        .filter(|_| provider.knows_nonce());
    let mut user = provider.user(auth, &tokens, nonce).await.map_err(|error| {
        Error::internal("Error getting user profile from external provider", error)
    })?;
    provider.add_browsers_word(&mut user, &returned.user);
    Ok((tokens, user))
}

async fn exchange(
    auth: &Auth,
    provider: &Provider,
    returned: &Returned,
    sent: &ClientState,
) -> std::result::Result<ProviderTokens, ProviderError> {
    let verifier = sent.code_verifier.as_deref();
    if !provider.speaks_oauth1() {
        return provider.exchange(auth, &returned.code, verifier).await;
    }
    let sent = Credentials {
        token: sent.nonce.clone().unwrap_or_default(),
        secret: verifier.unwrap_or_default().to_owned(),
    };
    let returned = Verifier {
        token: &returned.oauth_token,
        verifier: &returned.oauth_verifier,
    };
    provider.exchange_oauth1(auth, &returned, &sent).await
}

/// Lets the user in: to link, by an invitation, or as the rules of accounts say.
async fn admit(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    flow: &FlowState,
    proof: &Proof<'_>,
) -> Result<Entered> {
    if let Some(target) = flow.linking_target_id {
        return external_user::link(auth, db, caller, target, proof).await;
    }
    match flow.invite_token.as_deref() {
        Some(invite) => {
            let user = external_user::accept_invite(db, caller, invite, proof).await?;
            Ok(Entered::In(Box::new(user)))
        }
        None => external_user::enter(auth, db, caller, proof).await,
    }
}

/// A code for the program that began the sign-in, which alone can exchange it.
async fn code_for(
    auth: &Auth,
    db: &mut PgConnection,
    flow: &FlowState,
    challenge: (&str, Method),
    user: &User,
    tokens: &ProviderTokens,
) -> Result<String> {
    let id = flow_states::insert(
        db,
        &NewFlowState {
            user_id: Some(user.id),
            challenge: Some(challenge),
            provider_type: &flow.provider_type,
            authentication_method: &flow.authentication_method,
            ..NewFlowState::default()
        },
    )
    .await?;
    let refresh_token = tokens.refresh_token.as_deref();
    auth_code::keep_provider_tokens(auth, db, id, &tokens.access_token, refresh_token).await?;
    auth_code::issue(db, id, user.id).await
}

fn with_session(target: Url, session: &TokenResponse, tokens: &ProviderTokens) -> Url {
    let (expires_in, expires_at) = (
        session.expires_in.to_string(),
        session.expires_at.to_string(),
    );
    let mut parameters = vec![
        ("access_token", session.access_token.as_str()),
        ("expires_at", &expires_at),
        ("expires_in", &expires_in),
        ("provider_token", &tokens.access_token),
        ("refresh_token", &session.refresh_token),
        ("sb", ""),
        ("token_type", session.token_type),
    ];
    if let Some(refresh_token) = &tokens.refresh_token {
        parameters.push(("provider_refresh_token", refresh_token));
    }
    with_fragment(target, parameters)
}

/// Tells the application, in the query and in the fragment: it may read either.
fn failed(target: Url, failure: &Failure) -> Response {
    let (error, description, code) = match failure {
        Failure::Provider(error, description) => (error.as_str(), description.as_str(), ""),
        Failure::Ours(error) => {
            error.log();
            (oauth_error(error), error.message(), error.code().as_str())
        }
    };
    let parameters = [
        ("error", error),
        ("error_code", code),
        ("error_description", description),
    ];
    let said = parameters
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    let url = with_query(target, said.clone());
    found(&with_fragment(url, said.chain([("sb", "")])))
}

/// RFC 6749, section 4.1.2.1.
fn oauth_error(error: &Error) -> &'static str {
    match (error.code(), error.status()) {
        (
            ErrorCode::SignupDisabled
            | ErrorCode::UserBanned
            | ErrorCode::ProviderEmailNeedsVerification,
            _,
        ) => "access_denied",
        (_, StatusCode::BAD_REQUEST) => "invalid_request",
        (_, StatusCode::UNAUTHORIZED) => "unauthorized_client",
        (_, StatusCode::FORBIDDEN) => "access_denied",
        (_, StatusCode::SERVICE_UNAVAILABLE) => "temporarily_unavailable",
        _ => "server_error",
    }
}
