//! A page to try operations on: an editor, the schema, answers as they come. It is part of the binary,
//! and asks nobody but this server.

use axum::body::Body;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};

/// Scripts and styles of this page, and requests to this server; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page, by what follows the page's own path: nothing, `/ui.js` or `/ui.css`. The page
/// is to stand at the endpoint's path with `/ui` after it.
pub fn ui(rest: &str) -> Response<Body> {
    let (media_type, text) = match rest {
        "" => ("text/html; charset=utf-8", include_str!("ui/page.html")),
        "/ui.js" => ("text/javascript; charset=utf-8", include_str!("ui/ui.js")),
        "/ui.css" => ("text/css; charset=utf-8", include_str!("ui/ui.css")),
        _ => {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_FOUND;
            return answer;
        }
    };
    let mut answer = Response::new(Body::from(text));
    for (name, value) in [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ] {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(name, value);
    }
    answer
}
