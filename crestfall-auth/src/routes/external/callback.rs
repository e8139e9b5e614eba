//! `GET` and `POST /callback` (GT-019): back from the provider. What comes of it is told to the
//! application, at the address that was checked when the sign-in began, and only there.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde_json::Map;
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;

use super::authorize::found;
use super::link_page;
use crate::auth::Auth;
use crate::auth_code;
use crate::browser::Browser;
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
use crate::store::users;
use crate::token::TokenResponse;
use crate::user::User;

/// Longest text of a provider's error that is passed on, in characters.
const MAX_ERROR: usize = 500;

/// What the browser brings from the provider.
#[derive(Default)]
pub(super) struct Returned {
    state: String,
    code: String,
    error: String,
    error_description: String,
    /// Apple's word on the name.
    user: String,
    /// OAuth 1.0a's token and code.
    oauth_token: String,
    oauth_verifier: String,
    /// That the button of our page was pressed.
    confirmation: String,
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
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let browser = Browser::returning(&auth, &headers, &http::Method::GET);
    finish(&auth, &caller, browser, &Returned::parse(query.as_bytes())).await
}

pub(super) async fn post(
    State(auth): State<Auth>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let returned = Returned::parse(&body);
    let method = match returned.confirmation.as_str() {
        "" => http::Method::POST,
        // Our own page sent it, whichever way the provider sent the browser there.
        _ => http::Method::GET,
    };
    let browser = Browser::returning(&auth, &headers, &method);
    finish(&auth, &caller, browser, &returned).await
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
                "confirmation" => &mut returned.confirmation,
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

    /// All of it that goes on with a sign-in, by name.
    pub(super) fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("state", &self.state),
            ("code", &self.code),
            ("user", &self.user),
            ("oauth_token", &self.oauth_token),
            ("oauth_verifier", &self.oauth_verifier),
        ]
    }
}

async fn finish(
    auth: &Auth,
    caller: &Caller,
    browser: Option<Browser>,
    returned: &Returned,
) -> Response {
    match ask_before_linking(auth, caller, browser.as_ref(), returned).await {
        Ok(None) => {}
        Ok(Some(page)) => return page,
        Err(error) => return failed(auth.redirects().site().clone(), &Failure::Ours(error)),
    }
    let (flow, client_state) = match take(auth, &returned.state, browser.as_ref()).await {
        Ok(taken) => taken,
        Err(error) => return failed(auth.redirects().site().clone(), &Failure::Ours(error)),
    };
    let target = auth.redirects().choose([flow.referrer.as_deref()]);
    match complete(auth, caller, returned, &flow, client_state, target.clone()).await {
        Ok(url) => found(&url),
        Err(failure) => failed(target, &failure),
    }
}

/// The page that asks whether to link an identity, where nothing shows that this browser asked for it
/// and the page was not answered yet.
async fn ask_before_linking(
    auth: &Auth,
    caller: &Caller,
    browser: Option<&Browser>,
    returned: &Returned,
) -> Result<Option<Response>> {
    let Ok(state) = returned.state.parse::<Uuid>() else {
        return Ok(None);
    };
    let is_confirmed =
        browser.is_some_and(|browser| browser.is_confirmed(state, &returned.confirmation));
    if !auth.config().external.confirm_links || is_confirmed || !returned.error.is_empty() {
        return Ok(None);
    }
    let mut db = auth.pool().acquire().await?;
    // A sign-in that is bound to a browser is not found under its state alone.
    let Some((target, provider)) = external::linking_target(&mut db, state).await? else {
        return Ok(None);
    };
    let Some(user) = users::find(&mut db, target).await? else {
        return Ok(None);
    };
    let id = user.id.to_string();
    let mut names = [user.email(), user.phone()].into_iter();
    let account = names.find(|name| !name.is_empty()).unwrap_or(&id);
    let browser = match browser {
        Some(browser) => browser,
        None => &Browser::leaving(auth, &HeaderMap::new()),
    };
    let languages = crate::mail::languages(&Map::new(), caller.languages.as_deref());
    let shown = link_page::Shown {
        provider: &provider,
        account,
        confirmation: &browser.confirmation(state),
        returned,
    };
    let mut page = link_page::show(&shown, &languages);
    let cookie = browser.set_cookie(auth, false)?;
    page.headers_mut().append(SET_COOKIE, cookie);
    Ok(Some(page))
}

/// The sign-in that this state stands for in this browser. It stands for it once, whatever comes of it.
async fn take(
    auth: &Auth,
    state: &str,
    browser: Option<&Browser>,
) -> Result<(FlowState, Option<ClientState>)> {
    if state.is_empty() {
        return Err(Error::new(
            ErrorCode::BadOauthCallback,
            "OAuth state parameter missing",
        ));
    }
    let invalid = || Error::new(ErrorCode::BadOauthState, "OAuth state parameter is invalid");
    let state: Uuid = state.parse().map_err(|_| invalid())?;
    let mut tx = auth.begin().await?;
    let mut taken = None;
    for id in browser
        .map(|browser| browser.flow(state))
        .into_iter()
        .chain([state])
    {
        if taken.is_none() {
            taken = external::take_flow(&mut tx, id).await?;
        }
    }
    tx.commit().await?;
    if taken.is_none() && browser.is_none() {
        tracing::info!(
            "a browser came back from a provider without the cookie of /authorize: it began \
             elsewhere, or at another host than that of external_url"
        );
    }
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
