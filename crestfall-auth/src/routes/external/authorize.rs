//! `GET /authorize` (GT-018): to the provider.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, LOCATION, REFERER, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use url::Url;
use uuid::Uuid;

use crate::auth::Auth;
use crate::browser::{self, Browser};
use crate::error::{Error, ErrorCode, Result};
use crate::external_user::is_invite;
use crate::one_time;
use crate::pkce::Challenge;
use crate::provider::{Authorization, Provider, is_reserved};
use crate::query::Query;
use crate::store::flow_states::{self, NewFlowState};
use crate::store::{external, one_time_tokens};

/// The parameters of a query, in their order.
pub(super) type Parameters = Vec<(String, String)>;

/// Ours; everything else is passed on to the provider.
const OWN: [&str; 6] = [
    "provider",
    "scopes",
    "redirect_to",
    "invite_token",
    "skip_http_redirect",
    "flow_type",
];

pub(super) async fn redirect(
    State(auth): State<Auth>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<Response> {
    let browser = auth.config().external.bind_to_browser;
    let browser = browser.then(|| Browser::leaving(&auth, &headers));
    let begun = start(&auth, &headers, &parameters, None, browser).await?;
    begun.with_cookie(&auth, found(&begun.url))
}

/// A sign-in on its way.
pub(super) struct Begun {
    /// Where it goes on, at the provider.
    pub(super) url: Url,
    /// The browser that alone can end it.
    browser: Option<Browser>,
}

impl Begun {
    /// The answer, with what the browser is known by when it comes back.
    pub(super) fn with_cookie(&self, auth: &Auth, mut response: Response) -> Result<Response> {
        if let Some(browser) = &self.browser {
            let mut parameters = self.url.query_pairs();
            let by_post =
                parameters.any(|(name, value)| (&*name, &*value) == ("response_mode", "form_post"));
            let cookie = browser.set_cookie(auth, by_post)?;
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// An answer that sends the browser there, and is kept nowhere.
pub(super) fn found(url: &Url) -> Response {
    let headers = [(LOCATION, url.as_str()), (CACHE_CONTROL, "no-store")];
    (StatusCode::FOUND, headers).into_response()
}

/// Remembers a sign-in, or the linking of an identity to a user's account, and gives the address at
/// the provider where it goes on.
pub(super) async fn start(
    auth: &Auth,
    headers: &HeaderMap,
    parameters: &Parameters,
    link_to: Option<Uuid>,
    browser: Option<Browser>,
) -> Result<Begun> {
    let parameter = |name: &str| {
        let mut found = parameters.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    };
    let text = |name: &str| parameter(name).unwrap_or_default();
    let provider = Provider::find(auth, text("provider"), text("scopes")).await?;
    let browser = browser.filter(|_| browser::comes_back(auth, provider.redirect_uri()));
    let challenge = Challenge::new(
        text("code_challenge").to_owned(),
        text("code_challenge_method").to_owned(),
    );
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok());
    let redirect_to = auth.redirects().choose([parameter("redirect_to"), referer]);
    let verifier = secret();
    let nonce = secret();

    let mut tx = auth.begin().await?;
    let invite = match text("invite_token") {
        "" => None,
        token => Some(one_time::hash(token)),
    };
    if let Some(invite) = &invite {
        let token = one_time_tokens::peek_by_hash(&mut tx, invite).await?;
        if !token.as_ref().is_some_and(is_invite) {
            return Err(Error::new(
                ErrorCode::UserNotFound,
                "User identified by token not found",
            ));
        }
    }
    let client_state =
        external::insert_client_state(&mut tx, &provider.name, &verifier, &nonce).await?;
    let state = Uuid::new_v4();
    let id = match &browser {
        Some(browser) => browser.flow(state),
        None => state,
    };
    let flow = NewFlowState {
        id: Some(id),
        challenge: challenge.check()?,
        provider_type: &provider.name,
        authentication_method: "oauth",
        invite_token: invite.as_deref(),
        referrer: Some(redirect_to.as_str()),
        oauth_client_state_id: Some(client_state),
        linking_target_id: link_to,
        email_optional: provider.email_optional,
        ..NewFlowState::default()
    };
    flow_states::insert(&mut tx, &flow).await?;
    tx.commit().await?;

    let further: Parameters = parameters
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()) && !is_reserved(name))
        .map(|(name, value)| match name.as_str() {
            // WorkOS has a `provider` of its own.
            "workos_provider" => ("provider".to_owned(), value.clone()),
            _ => (name.clone(), value.clone()),
        })
        .collect();
    let unusable = |error| Error::internal("The provider cannot be used", error);
    if provider.speaks_oauth1() {
        let sent = provider.begin_oauth1(auth, &state.to_string()).await;
        let sent = sent.map_err(unusable)?;
        let mut db = auth.pool().acquire().await?;
        external::set_request_token(&mut db, client_state, &sent.token, &sent.secret).await?;
        let url = provider.oauth1_url(&sent.token, &further);
        let url = url.map_err(unusable)?;
        return Ok(Begun { url, browser });
    }
    let url = provider
        .authorization_url(&Authorization {
            state: &state.to_string(),
            challenge: &BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())),
            nonce: &nonce,
            further: &further,
        })
        .map_err(unusable)?;
    Ok(Begun { url, browser })
}

/// 256 random bits, as RFC 7636 wants a verifier to look.
fn secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
