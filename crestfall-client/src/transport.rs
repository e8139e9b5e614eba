//! One request from end to end: who asks, the signature, the network, asking again.

mod bearer;
mod request;
mod retry;

use std::time::Duration;

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
    let expired = matches!(&answer, Err(error) if says_expired(error));
    match (expired, &client.credential, bearer) {
        (true, Credential::Session, Some(used)) if request.as_session => {
            // The clocks differ, or the server's keys changed. It did nothing, so anything may be
            // asked again.
            match client.inner.sessions.renew(client, used.token()).await {
                Ok(Some(newer)) => persist(client, request, Some(&newer)).await,
                Ok(None) | Err(_) => answer,
            }
        }
        _ => answer,
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
    let built = build(client, request, bearer)?;
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

fn build(
    client: &Client,
    request: &Request,
    bearer: Option<&Bearer>,
) -> Result<reqwest::Request, Error> {
    let inner = &client.inner;
    let mut built = reqwest::Request::new(request.method.clone(), request.url.clone());
    set_timeout(&mut built, request.timeout.unwrap_or(inner.timeout));
    let headers = built.headers_mut();
    *headers = match inner.headers.is_empty() {
        true => request.headers.clone(),
        false => {
            let mut all = inner.headers.clone();
            all.extend(request.headers.clone());
            all
        }
    };
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

fn set_timeout(request: &mut reqwest::Request, timeout: Duration) {
    *request.timeout_mut() = Some(timeout);
}
