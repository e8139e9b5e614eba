//! What a client asks for at `/oauth/authorize`, checked before anything is kept (GT-066).

use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;

use super::client::{AUTHORIZATION_CODE, Client};
use super::error::{OauthCode, OauthError};
use super::parameters::Parameters;
use super::redirect_uri;
use super::scope::{OPENID, Scopes};
use super::{id_token, redirect_uri::with_parameters};
use crate::auth::Auth;
use crate::config::Config;
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::{Challenge, Method};
use crate::store::oauth_clients;

const MAX_STATE: usize = 4096;
const MAX_NONCE: usize = 255;
const MAX_RESOURCE: usize = 2048;

/// Whom an answer can be sent to.
pub(crate) struct ReturnAddress {
    pub(crate) client: Client,
    pub(crate) redirect_uri: String,
}

/// What is asked for.
pub(crate) struct AuthorizationRequest {
    pub(crate) scopes: Scopes,
    pub(crate) resource: Option<String>,
    pub(crate) challenge: String,
    pub(crate) challenge_method: Method,
    pub(crate) nonce: Option<String>,
    /// How long ago the user may have proved who they are, in seconds.
    pub(crate) max_age: Option<i64>,
    /// `login`, `consent`, or both.
    pub(crate) prompt: Option<String>,
}

impl ReturnAddress {
    /// The client and the address of its that the user is to be sent back to.
    ///
    /// # Errors
    /// They are not known to belong together: then the user is sent nowhere, whatever else is wrong
    /// (RFC 6749, section 4.1.2.1).
    pub(crate) async fn find(db: &mut PgConnection, parameters: &Parameters) -> Result<Self> {
        let required = |name: &'static str| match parameters.get(name) {
            Some(_) if parameters.is_repeated(name) => {
                Err(Error::invalid(format!("{name} was sent more than once")))
            }
            Some(value) => Ok(value),
            None => Err(Error::invalid(format!("{name} is required"))),
        };
        let client_id = required("client_id")?;
        let redirect_uri = required("redirect_uri")?;
        let unknown = |message| {
            Error::new(ErrorCode::OauthClientNotFound, message)
                .with_status(http::StatusCode::BAD_REQUEST)
        };
        let client_id: Uuid = client_id
            .parse()
            .map_err(|_| unknown("invalid client_id format"))?;
        let client = oauth_clients::find(db, client_id)
            .await?
            .ok_or_else(|| unknown("invalid client_id"))?;
        // The second check is of what an import may have brought.
        if !client.may_redirect_to(redirect_uri) || redirect_uri::check(redirect_uri).is_err() {
            return Err(Error::invalid("invalid redirect_uri"));
        }
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            client,
        })
    }

    /// Where the browser takes a refusal.
    pub(crate) fn refusal(&self, auth: &Auth, error: &OauthError, state: Option<&str>) -> String {
        refusal(auth, &self.redirect_uri, error, state)
    }
}

/// Where the browser takes a refusal, with the issuer, so that a client of several servers knows which
/// refused (RFC 9207).
pub(crate) fn refusal(
    auth: &Auth,
    redirect_uri: &str,
    error: &OauthError,
    state: Option<&str>,
) -> String {
    let answer = [
        ("error", error.code.as_str()),
        ("error_description", &error.description),
    ];
    answer_to(auth, redirect_uri, answer, state)
}

/// Where the browser takes a code, with the issuer.
pub(crate) fn success(auth: &Auth, redirect_uri: &str, code: &str, state: Option<&str>) -> String {
    answer_to(auth, redirect_uri, [("code", code)], state)
}

fn answer_to<'a>(
    auth: &'a Auth,
    redirect_uri: &str,
    answer: impl IntoIterator<Item = (&'a str, &'a str)>,
    state: Option<&'a str>,
) -> String {
    let state = state.map(|state| ("state", state));
    let issuer = ("iss", auth.issuer());
    let answer = answer.into_iter().chain(state).chain([issuer]);
    with_parameters(redirect_uri, answer)
}

/// The `state` to send back; none when it is no good.
pub(crate) fn state(parameters: &Parameters) -> Option<&str> {
    let state = parameters.get("state")?;
    let is_good = state.len() <= MAX_STATE && !state.chars().any(char::is_control);
    (is_good && !parameters.is_repeated("state")).then_some(state)
}

impl AuthorizationRequest {
    /// # Errors
    /// What the client is told, at its address.
    pub(crate) fn check(
        auth: &Auth,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Self, OauthError> {
        if let Some(name) = parameters.repeated() {
            let name = name.escape_debug();
            return Err(OauthError::invalid_request(format!(
                "{name} was sent more than once"
            )));
        }
        if parameters.get("state").is_some() && state(parameters).is_none() {
            return Err(OauthError::invalid_request(
                "state is too long or has control characters",
            ));
        }
        check_response(parameters)?;
        if !client.may_use(AUTHORIZATION_CODE) {
            return Err(OauthError::new(
                OauthCode::UnauthorizedClient,
                "the client may not use the authorization code grant",
            ));
        }
        let (challenge, challenge_method) = challenge(auth.config(), parameters)?;
        Ok(Self {
            scopes: scopes(auth, parameters)?,
            resource: resource(auth.config(), parameters)?,
            challenge,
            challenge_method,
            nonce: nonce(parameters)?,
            max_age: max_age(parameters)?,
            prompt: prompt(parameters)?,
        })
    }
}

fn check_response(parameters: &Parameters) -> Result<(), OauthError> {
    if parameters.get("response_type").unwrap_or("code") != "code" {
        return Err(OauthError::new(
            OauthCode::UnsupportedResponseType,
            "only response_type=code is supported",
        ));
    }
    if parameters.get("response_mode").unwrap_or("query") != "query" {
        return Err(OauthError::invalid_request(
            "only response_mode=query is supported",
        ));
    }
    match parameters.get("request").or(parameters.get("request_uri")) {
        None => Ok(()),
        Some(_) => Err(OauthError::invalid_request(
            "request objects are not supported",
        )),
    }
}

/// What is asked for, or else the default.
///
/// # Errors
/// Nothing, or what users cannot be asked for.
pub(crate) fn scopes(auth: &Auth, parameters: &Parameters) -> Result<Scopes, OauthError> {
    let default = &auth.config().oauth_server.default_scope;
    let scopes = Scopes::parse(parameters.get("scope").unwrap_or(default));
    let refused = |message: String| Err(OauthError::new(OauthCode::InvalidScope, message));
    if let Some(scope) = scopes.unsupported() {
        return refused(format!("unsupported scope: {}", scope.escape_debug()));
    }
    if scopes.is_empty() {
        return refused("scope parameter cannot be empty".to_owned());
    }
    if scopes.contains(OPENID) && !id_token::can_be_signed(auth) {
        return refused(
            "unsupported scope: openid (tokens are signed with a shared secret here)".to_owned(),
        );
    }
    Ok(scopes)
}

/// Whom the tokens are for as well (RFC 8707): the address of a service.
///
/// # Errors
/// It is none, or none that tokens are given out for.
pub(crate) fn resource(
    config: &Config,
    parameters: &Parameters,
) -> Result<Option<String>, OauthError> {
    let Some(resource) = parameters.get("resource") else {
        return Ok(None);
    };
    let refused = |message| Err(OauthError::new(OauthCode::InvalidTarget, message));
    if resource.len() > MAX_RESOURCE || !resource.bytes().all(|b| b.is_ascii_graphic()) {
        return refused("resource must be a valid URI");
    }
    if Url::parse(resource).is_err() {
        return refused("resource must be an absolute URI");
    }
    if resource.contains('#') {
        return refused("resource must not include a fragment component");
    }
    if resource.contains('?') {
        return refused("resource must not include a query component");
    }
    let known = &config.oauth_server.resources;
    match known.is_empty() || known.iter().any(|known| known == resource) {
        true => Ok(Some(resource.to_owned())),
        false => refused("no tokens are given out for this resource"),
    }
}

/// PKCE is asked of every client (OAuth 2.1, section 4.1.1).
fn challenge(config: &Config, parameters: &Parameters) -> Result<(String, Method), OauthError> {
    let text = |name| parameters.get(name).unwrap_or_default().to_owned();
    let challenge = Challenge::new(text("code_challenge"), text("code_challenge_method"));
    let checked = challenge
        .check()
        .map_err(|error| OauthError::invalid_request(error.message().to_owned()))?;
    match checked {
        None => Err(OauthError::invalid_request(
            "PKCE flow requires both code_challenge and code_challenge_method",
        )),
        Some((_, Method::Plain)) if !config.oauth_server.allow_plain_pkce => Err(
            OauthError::invalid_request("code_challenge_method must be 'S256'"),
        ),
        Some((challenge, method)) => Ok((challenge.to_owned(), method)),
    }
}

fn nonce(parameters: &Parameters) -> Result<Option<String>, OauthError> {
    let nonce = parameters.get("nonce");
    let is_good =
        |nonce: &str| nonce.chars().count() <= MAX_NONCE && !nonce.chars().any(char::is_control);
    match nonce.is_none_or(is_good) {
        true => Ok(nonce.map(str::to_owned)),
        false => Err(OauthError::invalid_request(
            "nonce is too long or has control characters",
        )),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<i64>, OauthError> {
    let max_age = parameters.get("max_age").map(str::parse::<u32>);
    match max_age.transpose() {
        Ok(max_age) => Ok(max_age.map(i64::from)),
        Err(_) => Err(OauthError::invalid_request(
            "max_age must be a number of seconds",
        )),
    }
}

/// Who is signed in is known to the page alone, so there is no answer without one.
fn prompt(parameters: &Parameters) -> Result<Option<String>, OauthError> {
    let prompt = Scopes::parse(parameters.get("prompt").unwrap_or_default());
    if prompt.contains("none") {
        return Err(OauthError::new(
            OauthCode::InteractionRequired,
            "the user has to be asked",
        ));
    }
    let known = ["login", "consent"].into_iter();
    let asked: Vec<&str> = known.filter(|word| prompt.contains(word)).collect();
    Ok((!asked.is_empty()).then(|| asked.join(" ")))
}
