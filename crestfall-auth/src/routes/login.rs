//! `/login`: the page that forward auth leads to.
//!
//! It is a client of the service's own endpoints: it asks them for a session, and puts that into the
//! session cookie.

use axum::Router;
use axum::extract::{Form, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use crestfall_core::Identity;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::cookie::end_session;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::Result;
use crate::forward_auth::Subject;
use crate::login_page::{LoginPage, PASSKEY_SCRIPT, Step};
use crate::own_api::Answer;
use crate::query::Query;
use crate::reconfigure::Live;
use crate::session;
use crate::store::users;

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/login/code", post(second_factor))
        .route("/login/mail", post(send_mail))
        .route("/login/mail-code", post(mail_code))
        .route("/login/sign-out", post(sign_out))
        .route("/login/passkey.js", get(passkey_script))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    /// Where to go then.
    rd: String,
    /// `two_factor`, when one who is signed in has to prove more.
    need: String,
    email: String,
    password: String,
    code: String,
}

impl Fields {
    /// The page, with what was typed in.
    fn page(&self, auth: &Auth, step: Step) -> LoginPage {
        LoginPage {
            step,
            destination: auth.forward_auth().domains().safe_return(&self.rd),
            email: self.email.trim().to_owned(),
            ..LoginPage::default()
        }
    }

    /// 303 to where it goes then.
    fn leave(&self, auth: &Auth, cookie: Option<HeaderValue>) -> Result<Response> {
        let destination = auth.forward_auth().domains().safe_return(&self.rd);
        let destination = destination.unwrap_or_else(|| auth.redirects().site().clone());
        Ok(see_other(&destination, cookie))
    }
}

fn see_other(to: &Url, cookie: Option<HeaderValue>) -> Response {
    let location = HeaderValue::try_from(to.as_str());
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    let cookies: Vec<_> = cookie
        .into_iter()
        .map(|cookie| (SET_COOKIE, cookie))
        .collect();
    let headers = AppendHeaders(cookies);
    (StatusCode::SEE_OTHER, [(LOCATION, location)], headers).into_response()
}

/// Whose session the request's cookie is of, and the cookie's successor.
async fn who(auth: &Auth, parts: &Parts) -> (Option<Identity>, Option<HeaderValue>) {
    let cookie = auth.cookies().cookie();
    let Some(value) = cookie.and_then(|cookie| cookie.read(&parts.headers)) else {
        return (None, None);
    };
    match auth.identify_cookie(value, parts).await {
        Ok((identity, renewed)) => (Some(identity), renewed),
        Err(_) => (None, auth.cleared_cookie()),
    }
}

/// Whether there are passkeys to sign in with, as `/settings` says.
async fn has_passkeys(auth: &Auth, parts: &Parts) -> bool {
    let asked = auth.ask_own(parts, (Method::GET, "/settings"), None, &Value::Null);
    let answer = asked.await.map(|answer| answer.body).unwrap_or_default();
    answer.get("passkeys_enabled") == Some(&Value::Bool(true))
}

async fn show(
    State(auth): State<Auth>,
    Query(fields): Query<Fields>,
    parts: Parts,
) -> Result<Response> {
    let (identity, cookie) = who(&auth, &parts).await;
    let mut page = fields.page(&auth, Step::Password);
    match identity.as_ref().and_then(Subject::of) {
        None => page.passkeys = has_passkeys(&auth, &parts).await,
        Some(subject) => {
            page.user = subject.user().to_owned();
            page.step = match !subject.second_factor && has_totp(&auth, &subject).await? {
                true => Step::Code,
                false => Step::Done,
            };
            if fields.need == "two_factor" && page.step == Step::Done && !subject.second_factor {
                page.error = Some(
                    "The page needs a second factor, and your account has none yet.".to_owned(),
                );
            }
        }
    }
    let mut response = page.answer(&auth, StatusCode::OK)?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn has_totp(auth: &Auth, subject: &Subject) -> Result<bool> {
    Ok(totp_factor(auth, subject).await?.is_some())
}

/// The user's first verified authenticator app.
async fn totp_factor(auth: &Auth, subject: &Subject) -> Result<Option<uuid::Uuid>> {
    let Ok(id) = subject.id.parse() else {
        return Ok(None);
    };
    let mut db = auth.pool().acquire().await?;
    let user = users::find(&mut db, id).await?;
    let factors = user.map(|user| user.factors.0).unwrap_or_default();
    let mut totp = factors
        .iter()
        .filter(|factor| factor.factor_type == "totp" && factor.status == "verified");
    Ok(totp.next().map(|factor| factor.id))
}

async fn sign_in(
    State(auth): State<Auth>,
    parts: Parts,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    auth.check_own_page(&parts)?;
    let body = json!({ "email": fields.email.trim(), "password": fields.password });
    let endpoint = (Method::POST, "/token?grant_type=password");
    let answer = auth.ask_own(&parts, endpoint, None, &body).await?;
    let again = fields.page(&auth, Step::Password);
    begin(&auth, &parts, &fields, &answer, again).await
}

/// Puts the session that an endpoint gave into the cookie, and goes on; or shows the page `again` with
/// what was wrong.
async fn begin(
    auth: &Auth,
    parts: &Parts,
    fields: &Fields,
    answer: &Answer,
    mut again: LoginPage,
) -> Result<Response> {
    if !answer.is_ok() || answer.text("refresh_token").is_empty() {
        again.error = Some(wrong(answer));
        again.passkeys = again.step == Step::Password && has_passkeys(auth, parts).await;
        return again.answer(auth, refusal_status(answer));
    }
    let cookie = auth.session_cookie(answer.text("refresh_token"))?;
    let identity = auth
        .identify_token(answer.text("access_token").as_bytes())
        .await;
    let subject = identity.ok().as_ref().and_then(Subject::of);
    let needs_code = match &subject {
        Some(subject) if !subject.second_factor => has_totp(auth, subject).await?,
        _ => false,
    };
    match needs_code {
        false => fields.leave(auth, Some(cookie)),
        true => {
            let mut page = fields.page(auth, Step::Code);
            page.user = subject.map(|s| s.user().to_owned()).unwrap_or_default();
            let mut response = page.answer(auth, StatusCode::OK)?;
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
    }
}

fn refusal_status(answer: &Answer) -> StatusCode {
    match answer.status {
        status if status.is_success() => StatusCode::BAD_REQUEST,
        status => status,
    }
}

/// What went wrong, in words for a person.
fn wrong(answer: &Answer) -> String {
    match answer.code() {
        "invalid_credentials" => "The e-mail address or password is wrong.".to_owned(),
        "otp_expired" | "mfa_verification_failed" | "mfa_verification_rejected" => {
            "The code is wrong or has expired.".to_owned()
        }
        "over_request_rate_limit" | "over_email_send_rate_limit" => {
            "That was tried too often. Please wait a moment.".to_owned()
        }
        _ if answer.status.is_server_error() => {
            "The service cannot answer right now. Please try again.".to_owned()
        }
        _ => match (answer.text("msg"), answer.text("message")) {
            ("", "") => "That did not work.".to_owned(),
            ("", message) | (message, _) => message.to_owned(),
        },
    }
}

async fn second_factor(
    State(auth): State<Auth>,
    parts: Parts,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    auth.check_own_page(&parts)?;
    let (identity, _) = who(&auth, &parts).await;
    let subject = identity.as_ref().and_then(Subject::of);
    let factor = match &subject {
        Some(subject) => totp_factor(&auth, subject).await?,
        None => None,
    };
    let (Some(factor), Some(held)) = (factor, auth.held_cookie(&parts)) else {
        return fields
            .page(&auth, Step::Password)
            .answer(&auth, StatusCode::UNAUTHORIZED);
    };
    let caller = Caller::of(&parts);
    let tokens = session::refresh_own(&auth, &caller, &held.refresh_token).await?;
    let token = tokens.access_token.as_str();
    let path = format!("/factors/{factor}/challenge");
    let challenge = auth
        .ask_own(&parts, (Method::POST, &path), Some(token), &json!({}))
        .await?;
    let path = format!("/factors/{factor}/verify");
    let code: String = fields.code.chars().filter(|c| !c.is_whitespace()).collect();
    let body = json!({ "challenge_id": challenge.text("id"), "code": code });
    let answer = auth
        .ask_own(&parts, (Method::POST, &path), Some(token), &body)
        .await?;
    let mut again = fields.page(&auth, Step::Code);
    again.user = subject.map(|s| s.user().to_owned()).unwrap_or_default();
    let mut response = begin(&auth, &parts, &fields, &answer, again).await?;
    if !answer.is_ok() {
        // The token was used up all the same.
        let cookie = auth.session_cookie(&tokens.refresh_token)?;
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Sends a link and a code, and says the same whether there is such a user or not.
async fn send_mail(
    State(auth): State<Auth>,
    parts: Parts,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    auth.check_own_page(&parts)?;
    let body = json!({ "email": fields.email.trim(), "create_user": false });
    let answer = auth
        .ask_own(&parts, (Method::POST, "/otp"), None, &body)
        .await?;
    let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
    if limited || answer.status.is_server_error() {
        let mut page = fields.page(&auth, Step::Password);
        page.error = Some(wrong(&answer));
        return page.answer(&auth, answer.status);
    }
    let mut page = fields.page(&auth, Step::Mailed);
    page.notice = Some("If there is an account with this address, a mail is on its way.");
    page.answer(&auth, StatusCode::OK)
}

async fn mail_code(
    State(auth): State<Auth>,
    parts: Parts,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    auth.check_own_page(&parts)?;
    let code: String = fields.code.chars().filter(|c| !c.is_whitespace()).collect();
    let body = json!({ "type": "email", "email": fields.email.trim(), "token": code });
    let answer = auth
        .ask_own(&parts, (Method::POST, "/verify"), None, &body)
        .await?;
    let again = fields.page(&auth, Step::Mailed);
    begin(&auth, &parts, &fields, &answer, again).await
}

async fn sign_out(
    State(auth): State<Auth>,
    parts: Parts,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    auth.check_own_page(&parts)?;
    end_session(&auth, &parts).await?;
    let mut page = fields.page(&auth, Step::Password);
    page.notice = Some("You are signed out.");
    page.passkeys = has_passkeys(&auth, &parts).await;
    let mut response = page.answer(&auth, StatusCode::OK)?;
    if let Some(cookie) = auth.cleared_cookie() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn passkey_script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (http::header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, PASSKEY_SCRIPT)
}
