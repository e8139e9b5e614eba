//! Who calls an API of this server besides the authentication service: whom its tokens, sessions
//! and keys prove, refused in PostgREST's words.

use std::convert::Infallible;
use std::future::{Ready, ready};

use async_trait::async_trait;
use axum::body::Body;
use axum::response::IntoResponse as _;
use crestfall_auth::{Auth, RenewedCookie};
use crestfall_core::client_ip::ClientIpLayer;
use crestfall_core::identity::SharedVerifier;
use crestfall_core::{Identity, Problem};
use crestfall_graphql::Authenticate;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, SET_COOKIE};
use http::request::Parts;
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};

/// Says who calls.
#[derive(Clone)]
pub(crate) struct Callers {
    auth: Auth,
    client_ip: ClientIpLayer,
}

impl Callers {
    /// By this service.
    pub(crate) fn new(auth: Auth, client_ip: ClientIpLayer) -> Self {
        Self { auth, client_ip }
    }

    /// Answers as `answer` does, which gets the identity that the request's credentials prove in the
    /// extensions. Without any, it decides. Wrong ones are refused as PostgREST refuses them.
    pub(crate) async fn identify(
        &self,
        request: Request<Body>,
        answer: impl AsyncFnOnce(Request<Body>) -> Response<Body>,
    ) -> Response<Body> {
        self.identify_or(request, answer, refusal).await
    }

    /// The same, in whose words wrong credentials are refused is the API's business.
    pub(crate) async fn identify_or(
        &self,
        request: Request<Body>,
        answer: impl AsyncFnOnce(Request<Body>) -> Response<Body>,
        refuse: impl FnOnce(Problem) -> Response<Body>,
    ) -> Response<Body> {
        let request = self.located(request).await;
        let (mut request, identity) = match self.auth.identify_request(request).await {
            Ok(found) => found,
            Err(problem) => return refuse(problem),
        };
        if identity.is_authenticated() {
            request.extensions_mut().insert(identity);
        }
        let renewed = request.extensions_mut().remove::<RenewedCookie>();
        let mut response = answer(request).await;
        if let Some(RenewedCookie(cookie)) = renewed {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }

    /// With the client's address, which a key may be bound to.
    async fn located(&self, request: Request<Body>) -> Request<Body> {
        let give_back =
            service_fn(|request| -> Ready<Result<_, Infallible>> { ready(Ok(request)) });
        let Ok(request) = self.client_ip.layer(give_back).oneshot(request).await;
        request
    }
}

/// Says again and again who holds a connection: what has expired or was revoked since ends it.
pub(crate) struct Reconnected {
    callers: Callers,
    verifier: SharedVerifier,
}

impl Reconnected {
    /// By this service; without credentials of it, the verifier decides.
    pub(crate) fn new(callers: Callers, verifier: SharedVerifier) -> Self {
        Self { callers, verifier }
    }
}

#[async_trait]
impl Authenticate for Reconnected {
    async fn authenticate(&self, parts: &Parts) -> Result<Identity, Problem> {
        let request = Request::from_parts(parts.clone(), Body::empty());
        let (parts, _) = self.callers.located(request).await.into_parts();
        match self.callers.auth.identify(&parts).await? {
            identity if identity.is_authenticated() => Ok(identity),
            _ => self.verifier.authenticate(&parts).await,
        }
    }
}

/// A problem in the form of PostgREST's errors.
fn refusal(problem: Problem) -> Response<Body> {
    let told = serde_json::to_value(&problem).unwrap_or_default();
    let body = serde_json::json!({
        "code": told["code"],
        "details": told["details"],
        "hint": told["hint"],
        "message": told["message"],
    });
    let (mut head, _) = problem.into_response().into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    Response::from_parts(head, Body::from(body.to_string()))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_refusal_has_postgrests_form_and_keeps_its_challenge() {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "CF401", "The session has ended")
            .header(http::header::WWW_AUTHENTICATE, challenge.clone());
        let response = refusal(problem);
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], challenge);
        let body = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = serde_json::json!({
            "code": "CF401", "details": null, "hint": null, "message": "The session has ended",
        });
        assert_eq!(body, expected);
    }
}
