//! Who calls: found out for every request, and for sockets over and over.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use crestfall_core::identity::{Proof, SharedVerifier};
use crestfall_core::tx::RequestContext;
use crestfall_core::{Identity, Problem};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use parking_lot::Mutex;
use serde_json::Value as Json;

/// How long credentials that were found good are taken for good: some are looked up in the database.
const AGE: Duration = Duration::from_secs(1);

/// Says whom the credentials of a request prove.
#[async_trait]
pub trait Authenticate: Send + Sync + 'static {
    /// Whom the headers of a request prove, or nobody in particular. For a socket it is asked again
    /// and again, with the request that opened it and the token of its first message as bearer token:
    /// what has expired or was revoked since then is to be refused.
    ///
    /// # Errors
    /// The credentials are wrong.
    async fn authenticate(&self, parts: &Parts) -> Result<Identity, Problem>;
}

#[async_trait]
impl Authenticate for SharedVerifier {
    async fn authenticate(&self, parts: &Parts) -> Result<Identity, Problem> {
        let verifier = self.load_full();
        let identified = verifier.identify_or_refresh(&parts.headers).await;
        identified.map_err(Problem::from)
    }
}

/// Who sent a request.
pub(crate) struct Sender {
    pub(crate) identity: Identity,
    /// None when a layer has put the identity on the request.
    by: Option<Arc<dyn Authenticate>>,
}

impl Sender {
    /// Who sent this request.
    ///
    /// # Errors
    /// The credentials are wrong.
    pub(crate) async fn of(
        parts: &Parts,
        by: Option<&Arc<dyn Authenticate>>,
    ) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Identity>().cloned();
        let (by, identity) = match (known, by) {
            (Some(identity), _) => (None, identity),
            (None, None) => (None, Identity::default()),
            (None, Some(by)) => {
                let identity = by.authenticate(parts).await?;
                // A signature is good once; what it signed has no end but its own.
                let by = (identity.proof() != Proof::Signature).then(|| by.clone());
                (by, identity)
            }
        };
        Ok(Self { identity, by })
    }

    /// The same, who stays beyond the answer to the request.
    pub(crate) fn staying(self, parts: &Parts) -> Caller {
        Caller {
            parts: parts.clone(),
            by: self.by,
            identity: self.identity,
            checked: Arc::new(Mutex::new(Instant::now())),
        }
    }
}

/// Who holds a socket or an event stream.
#[derive(Clone)]
pub(crate) struct Caller {
    parts: Parts,
    /// None when a layer has put the identity on the request.
    by: Option<Arc<dyn Authenticate>>,
    pub(crate) identity: Identity,
    /// When the credentials were last found good.
    checked: Arc<Mutex<Instant>>,
}

impl Caller {
    /// Who sent this request.
    ///
    /// # Errors
    /// The credentials are wrong.
    pub(crate) async fn of(
        parts: &Parts,
        by: Option<&Arc<dyn Authenticate>>,
    ) -> Result<Self, Problem> {
        Ok(Sender::of(parts, by).await?.staying(parts))
    }

    /// The request that opened the connection.
    pub(crate) fn opening(&self) -> &Parts {
        &self.parts
    }

    /// What SQL is told of the request that opened the connection.
    pub(crate) fn context(&self) -> RequestContext {
        RequestContext::from_parts(&self.parts)
    }

    /// Whether the caller is still who it was.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) async fn check(&self) -> Result<(), Problem> {
        let Some(by) = &self.by else {
            return match has_expired(&self.identity) {
                true => Err(ended("the token has expired")),
                false => Ok(()),
            };
        };
        if self.checked.lock().elapsed() < AGE {
            return Ok(());
        }
        if by.authenticate(&self.parts).await? != self.identity {
            return Err(ended("the identity has changed: connect again"));
        }
        *self.checked.lock() = Instant::now();
        Ok(())
    }
}

fn ended(message: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
}

/// Seconds of the epoch, by which tokens expire.
fn has_expired(identity: &Identity) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(f64::MAX, |since| since.as_secs_f64());
    let expires = identity.claims().get("exp").and_then(Json::as_f64);
    expires.is_some_and(|expires| expires <= now)
}

/// The request that opened a socket, with the credentials of its first message in place of its own:
/// browsers cannot send headers with a socket. What the message does not name stays as it was.
pub(crate) fn with_credentials(mut parts: Parts, payload: &Json) -> Parts {
    let found = authorization(payload).or_else(|| authorization(payload.get("headers")?));
    if let Some(mut value) = found.and_then(|value| HeaderValue::from_str(&value).ok()) {
        value.set_sensitive(true);
        parts.headers.insert(AUTHORIZATION, value);
        // It goes before what a layer has found in the opening request.
        parts.extensions.remove::<Identity>();
    }
    parts
}

/// The forms in which clients send a token.
fn authorization(payload: &Json) -> Option<String> {
    let members = payload.as_object()?;
    let member = |wanted: &str| {
        let mut members = members.iter();
        let found = members.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_str())
    };
    if let Some(value) = member("authorization") {
        return Some(value.to_owned());
    }
    let token = ["token", "authToken", "access_token", "apikey"]
        .into_iter()
        .find_map(member)?;
    Some(format!("Bearer {token}"))
}

/// Takes away the cookies of a socket that a page of another origin opens: the browser sends them
/// along, and no preflight asks us whether that page may.
pub(crate) fn without_foreign_cookies(parts: &mut Parts) {
    let is_foreign = match parts.headers.get(ORIGIN) {
        Some(origin) => !is_same_origin(origin, &parts.headers, &parts.uri),
        None => false,
    };
    if is_foreign && parts.headers.remove(COOKIE).is_some() {
        parts.extensions.remove::<Identity>();
    }
}

fn is_same_origin(origin: &HeaderValue, headers: &HeaderMap, uri: &Uri) -> bool {
    let host = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let own = host(HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (origin, own) {
        (Some((_, origin)), Some(own)) => origin.eq_ignore_ascii_case(own),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_first_message_may_name_its_token_in_many_ways() {
        for payload in [
            json!({ "Authorization": "Bearer a.b.c" }),
            json!({ "headers": { "authorization": "Bearer a.b.c" } }),
            json!({ "token": "a.b.c" }),
            json!({ "apiKey": "a.b.c" }),
        ] {
            let parts = with_credentials(parts(&[("authorization", "Bearer old")]), &payload);
            assert_eq!(parts.headers[AUTHORIZATION], "Bearer a.b.c", "{payload}");
        }
        for payload in [json!(null), json!({}), json!({ "token": 7 }), json!([])] {
            let parts = with_credentials(parts(&[("authorization", "Bearer old")]), &payload);
            assert_eq!(parts.headers[AUTHORIZATION], "Bearer old", "{payload}");
        }
    }

    #[test]
    fn cookies_of_another_origins_page_count_for_nothing_sec_28() {
        let kept = |origin: &str| {
            let mut parts = parts(&[("host", "a.example"), ("origin", origin), ("cookie", "s=1")]);
            parts.extensions.insert(Identity::anonymous("member"));
            without_foreign_cookies(&mut parts);
            parts.headers.contains_key(COOKIE) && parts.extensions.get::<Identity>().is_some()
        };
        assert!(kept("https://a.example"));
        for foreign in [
            "https://b.example",
            "null",
            "https://a.example.evil",
            "a.example",
        ] {
            assert!(!kept(foreign), "{foreign}");
        }
    }

    #[tokio::test]
    async fn an_identity_that_a_layer_found_ends_with_its_token() {
        let identity = |exp: i64| {
            let claims = json!({ "exp": exp });
            Identity::from_token("member".into(), claims.as_object().unwrap().clone())
        };
        for (exp, is_over) in [(1, true), (4_102_444_800, false)] {
            let mut parts = parts(&[]);
            parts.extensions.insert(identity(exp));
            let caller = Caller::of(&parts, None).await.unwrap();
            assert_eq!(caller.check().await.is_err(), is_over);
        }
    }
}
