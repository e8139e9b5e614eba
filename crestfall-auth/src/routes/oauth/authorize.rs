//! `/oauth/authorize` (GT-066): where a client sends the user's browser.

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderName, LOCATION, REFERRER_POLICY};
use http::{Method, StatusCode};

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::oauth::authorization::new_id;
use crate::oauth::authorization_request::{AuthorizationRequest, ReturnAddress, state};
use crate::oauth::parameters::Parameters;
use crate::oauth::redirect_uri::with_parameters;
use crate::oauth::{OauthCode, OauthError};
use crate::store::oauth_authorizations::{self, NewAuthorization};

/// Keeps what is asked for and sends the browser to the page that asks the user.
pub(super) async fn begin(State(auth): State<Auth>, request: Request) -> Result<Response> {
    let parameters = read(request).await?;
    let mut db = auth.pool().acquire().await?;
    let address = ReturnAddress::find(&mut db, &parameters).await?;
    drop(db);
    let location = match keep(&auth, &address, &parameters).await {
        Ok(page) => page,
        Err(error) => {
            error.log();
            address.refusal(&auth, &error, state(&parameters))
        }
    };
    Ok(redirect(&location))
}

/// The query, or the form that OpenID Connect allows as well.
async fn read(request: Request) -> Result<Parameters> {
    if request.method() != Method::POST {
        let query = request.uri().query().unwrap_or_default();
        return Ok(Parameters::from_urlencoded(query.as_bytes()));
    }
    let body = Bytes::from_request(request, &())
        .await
        .map_err(|_| Error::invalid("Could not read the request body"))?;
    Ok(Parameters::from_urlencoded(&body))
}

async fn keep(
    auth: &Auth,
    address: &ReturnAddress,
    parameters: &Parameters,
) -> Result<String, OauthError> {
    let asked = AuthorizationRequest::check(auth, &address.client, parameters)?;
    let page = page(auth)?;
    let id = new_id();
    let mut db = auth.pool().acquire().await?;
    let lifetime = auth.config().oauth_server.authorization_ttl.get();
    oauth_authorizations::insert(
        &mut db,
        &NewAuthorization {
            authorization_id: &id,
            client_id: address.client.id,
            redirect_uri: &address.redirect_uri,
            scope: &asked.scopes.to_string(),
            state: state(parameters),
            resource: asked.resource.as_deref(),
            challenge: &asked.challenge,
            challenge_method: asked.challenge_method,
            nonce: asked.nonce.as_deref(),
            max_age: asked.max_age,
            prompt: asked.prompt.as_deref(),
            seconds: lifetime.as_secs_f64().max(1.0),
        },
    )
    .await?;
    Ok(with_parameters(&page, [("authorization_id", id.as_str())]))
}

/// The application's page that asks the user.
pub(super) fn page(auth: &Auth) -> Result<String, OauthError> {
    let path = auth.config().oauth_server.authorization_path.as_str();
    if path.is_empty() {
        return Err(OauthError::new(
            OauthCode::ServerError,
            "oauth authorization path not configured",
        ));
    }
    let site = auth.config().site_url.trim_end_matches('/');
    Ok(format!("{site}/{}", path.trim_start_matches('/')))
}

fn redirect(location: &str) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (LOCATION, location),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::FOUND, headers).into_response()
}
