//! One request from end to end: who asks, the signature, the network, asking again.

mod bearer;
mod request;
mod retry;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, StatusCode};

pub(crate) use bearer::{Bearer, Key};
pub(crate) use request::Request;
pub use retry::Retry;

use crate::client::{Client, Credential};
use crate::error::{ApiError, Error, is_temporary, retry_after};
use crate::platform;

const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// What came back, and is no error.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request: again, if it is one that may be repeated and the server is away; and once more,
/// if the token had expired on the way.
///
/// # Errors
/// No answer, or one that is a refusal.
pub(crate) async fn send(client: &Client, request: &Request) -> Result<Response, Error> {
    let bearer = bearer(client, request).await?;
    let answer = persist(client, request, bearer.as_ref()).await;
    match newer(client, request, answer.as_ref().err(), bearer).await {
        Some(newer) => persist(client, request, Some(&newer)).await,
        None => answer,
    }
}

/// Sends a request whose answer is read as it comes, in time of its own. It is sent once more if the token
/// had expired on the way.
///
/// # Errors
/// No answer, or one that is a refusal.
pub(crate) async fn open(client: &Client, request: &Request) -> Result<reqwest::Response, Error> {
    let bearer = bearer(client, request).await?;
    let answer = begin(client, request, bearer.as_ref()).await;
    match newer(client, request, answer.as_ref().err(), bearer).await {
        Some(newer) => begin(client, request, Some(&newer)).await,
        None => answer,
    }
}

/// A newer token, if the one that was used had expired on the way: the clocks differ, or the server's keys
/// changed. It did nothing, so anything may be asked again.
async fn newer(
    client: &Client,
    request: &Request,
    error: Option<&Error>,
    used: Option<Bearer>,
) -> Option<Bearer> {
    let expired = error.is_some_and(says_expired) && request.as_session;
    match (expired, &client.credential, used) {
        (true, Credential::Session, Some(used)) => {
            let newer = client.inner.sessions.renew(client, used.token()).await;
            newer.unwrap_or_default()
        }
        _ => None,
    }
}

/// The bearer token of a request, if it has one.
async fn bearer(client: &Client, request: &Request) -> Result<Option<Bearer>, Error> {
    let key = || client.inner.key.as_ref().map(|key| key.bearer.clone());
    match &client.credential {
        Credential::Session if client.inner.signer.is_some() => Ok(None),
        Credential::Session if request.as_session => {
            let token = client.inner.sessions.token(client).await?;
            Ok(token.or_else(key))
        }
        Credential::Token(token) if request.as_session => Bearer::new(token).map(Some),
        Credential::Session | Credential::Token(_) => Ok(key()),
    }
}

/// `PGRST303`: a claim does not hold, such as `exp`. `bad_jwt` is what the service for users says.
fn says_expired(error: &Error) -> bool {
    let Some(error) = error.api() else {
        return false;
    };
    match error.code.as_deref() {
        Some("PGRST303") => true,
        Some("bad_jwt") => error.message.contains("expired"),
        _ => false,
    }
}

async fn persist(
    client: &Client,
    request: &Request,
    bearer: Option<&Bearer>,
) -> Result<Response, Error> {
    let retry = &client.inner.retry;
    let mut failures = 0;
    loop {
        let answer = attempt(client, request, bearer).await;
        let (again, after) = match &answer {
            Ok(response) => (
                is_temporary(response.status),
                retry_after(&response.headers),
            ),
            Err(Error::Transport { .. } | Error::Timeout) => (true, None),
            Err(_) => (false, None),
        };
        let pause = match again && request.repeatable {
            true => retry.pause(failures, after),
            false => None,
        };
        match pause {
            Some(pause) => platform::sleep(pause).await,
            None => return refused(answer?),
        }
        failures += 1;
    }
}

fn refused(response: Response) -> Result<Response, Error> {
    match response.status.is_success() || response.status == StatusCode::NOT_MODIFIED {
        true => Ok(response),
        false => {
            let error = ApiError::read(response.status, &response.headers, &response.body);
            Err(Error::Api(Box::new(error)))
        }
    }
}

/// Asks once.
async fn attempt(
    client: &Client,
    request: &Request,
    bearer: Option<&Bearer>,
) -> Result<Response, Error> {
    let mut built = build(client, request, bearer)?;
    *built.timeout_mut() = Some(request.timeout.unwrap_or(client.inner.timeout));
    let mut response = client.inner.http.execute(built).await?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = response.bytes().await?;
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// Asks once, until the answer begins.
async fn begin(
    client: &Client,
    request: &Request,
    bearer: Option<&Bearer>,
) -> Result<reqwest::Response, Error> {
    let built = build(client, request, bearer)?;
    let limit = request.timeout.unwrap_or(client.inner.timeout);
    let answer = async {
        let mut response = client.inner.http.execute(built).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let error = ApiError::read(status, &headers, &response.bytes().await?);
        Err(Error::Api(Box::new(error)))
    };
    let answer = platform::within(limit, answer).await;
    answer.unwrap_or(Err(Error::Timeout))
}

/// Headers that a request has besides its own: those of who asks, and what is below adds.
const MORE_HEADERS: usize = 6;

fn build(
    client: &Client,
    request: &Request,
    bearer: Option<&Bearer>,
) -> Result<reqwest::Request, Error> {
    let inner = &client.inner;
    let mut built = reqwest::Request::new(request.method.clone(), request.url.clone());
    let headers = built.headers_mut();
    headers.reserve(inner.headers.len() + request.headers().len() + MORE_HEADERS);
    if !inner.headers.is_empty() {
        headers.extend(inner.headers.clone());
    }
    for (name, value) in request.headers() {
        headers.insert(name, value.clone());
    }
    match (bearer, &inner.signer) {
        // A signature is a credential, and two are one too many.
        (None, Some(signer)) => {
            let body = request.body.as_deref().unwrap_or_default();
            signer.sign(&request.method, &request.url, headers, body)?;
        }
        _ => {
            if let Some(key) = &inner.key {
                headers.insert(API_KEY, key.header.clone());
            }
            if let Some(bearer) = bearer {
                headers.insert(AUTHORIZATION, bearer.header());
            }
        }
    }
    if let Some(body) = &request.body {
        *built.body_mut() = Some(body.clone().into());
    }
    Ok(built)
}
