//! A link of a mail: shown when it is opened, followed when its button is pressed.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, REFERRER_POLICY};
use url::Url;

use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::one_time;
use crate::proof::{self, Proved};
use crate::redirect::{with_fragment, with_query};
use crate::session::{self, SessionOptions};
use crate::store::one_time_tokens::OneTimeToken;
use crate::store::{one_time_tokens, used_links, users};
use crate::token::TokenResponse;
use crate::user::User;
use crate::verification::Verification;

use super::code::redeem;
use super::page::Shown;
use super::{Parameters, page};

/// What is said when one of two addresses has confirmed a change.
pub(super) const FIRST_OF_TWO: &str =
    "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// A link that was opened. Where it leads in the end is decided at once, so that no branch leads
/// elsewhere (SEC-07).
pub(super) struct Link<'a> {
    token: &'a str,
    verification: Result<Verification>,
    kind: &'a str,
    target: Url,
}

impl<'a> Link<'a> {
    /// # Errors
    /// No token or no type: there is nothing to say to an application.
    pub(super) fn of(auth: &Auth, parameters: &'a Parameters) -> Result<Self> {
        let token = match parameters.token.as_str() {
            "" => parameters.token_hash.as_str(),
            token => token,
        };
        if parameters.kind.is_empty() {
            return Err(Error::invalid("Verify requires a verification type"));
        }
        if token.is_empty() {
            return Err(Error::invalid("Verify requires a token or a token hash"));
        }
        let known = Verification::parse(&parameters.kind).filter(|known| !known.is_by_phone());
        let asked = Some(parameters.redirect_to.as_str());
        Ok(Self {
            token,
            verification: known.ok_or_else(|| Error::invalid("Invalid email verification type")),
            kind: &parameters.kind,
            target: auth.redirects().choose([asked]),
        })
    }

    /// Whether only the program that asked for it can finish what the link continues.
    fn is_pkce(&self) -> bool {
        self.token.starts_with("pkce_")
    }

    /// The page with the button; an application that is told what is wrong if the link is none any
    /// more. Changes nothing.
    pub(super) async fn show(&self, auth: &Auth, caller: &Caller) -> Response {
        match self.look(auth).await {
            Err(error) => self.refuse(&error),
            Ok((token, user)) => {
                let accepted = caller.languages.as_deref();
                let languages = crate::mail::languages(&user.user_metadata, accepted);
                let shown = Shown {
                    token: &token,
                    target: &self.target,
                    is_pkce: self.is_pkce(),
                    keeps_password: proof::keeps_password(&token, &user),
                };
                page::show(&shown, &languages)
            }
        }
    }

    /// The token as it is, and its user.
    async fn look(&self, auth: &Auth) -> Result<(OneTimeToken, User)> {
        let verification = self.verification.clone()?;
        let mut db = auth.pool().acquire().await?;
        let hash = one_time::hash(self.token);
        let token = one_time_tokens::peek_by_hash(&mut db, &hash)
            .await?
            .filter(|token| verification.tokens().contains(&token.kind))
            .filter(|token| token.expires_at > chrono::Utc::now())
            .ok_or_else(proof::invalid)?;
        let user = users::find(&mut db, token.user_id)
            .await?
            .ok_or_else(proof::invalid)?;
        if user.is_banned() {
            return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
        }
        Ok((token, user))
    }

    /// Uses the link up and goes on to the application. A second press of the same page's button
    /// within seconds goes where the first went.
    pub(super) async fn follow(&self, auth: &Auth, caller: &Caller, press: &str) -> Response {
        match self.try_follow(auth, caller, press).await {
            Ok(location) => go(&location),
            Err(error) => match self.pressed_before(auth, press).await {
                Ok(Some(location)) => go(&location),
                _ => self.refuse(&error),
            },
        }
    }

    async fn try_follow(&self, auth: &Auth, caller: &Caller, press: &str) -> Result<String> {
        let verification = self.verification.clone()?;
        let mut tx = auth.begin().await?;
        let (proved, token) = redeem(auth, &mut tx, caller, verification, self.token).await?;
        let location = match proved {
            Proved::FirstOfTwo => self.told(&[("message", FIRST_OF_TWO)]),
            Proved::User(user, _) if self.is_pkce() => {
                let gone = || {
                    Error::new(
                        ErrorCode::FlowStateNotFound,
                        "No associated flow state found",
                    )
                };
                let flow = token.flow_state_id.ok_or_else(gone)?;
                let code = auth_code::issue(&mut tx, flow, user.id).await?;
                with_query(self.target.clone(), [("code", code.as_str())])
            }
            Proved::User(mut user, method) => {
                let options = SessionOptions::default();
                let tokens =
                    session::begin(auth, &mut tx, caller, &mut user, method, options).await?;
                self.signed_in(&tokens)
            }
        };
        let location = String::from(location);
        if !press.is_empty() {
            let hash = one_time::hash(self.token);
            let sealed = auth.sealer().seal(location.as_bytes(), &owner(&hash));
            let sealed = sealed.map_err(|error| Error::internal("Unexpected failure", error))?;
            used_links::keep(&mut tx, &hash, &hash_press(press), &sealed).await?;
        }
        tx.commit().await?;
        Ok(location)
    }

    /// Browsers give up the first request when a button is pressed twice: the second must not fail.
    async fn pressed_before(&self, auth: &Auth, press: &str) -> Result<Option<String>> {
        if press.is_empty() {
            return Ok(None);
        }
        let hash = one_time::hash(self.token);
        let mut db = auth.pool().acquire().await?;
        let Some(sealed) = used_links::answer(&mut db, &hash, &hash_press(press)).await? else {
            return Ok(None);
        };
        let opened = auth.sealer().open(&sealed, &owner(&hash));
        let bytes = opened.map_err(|error| Error::internal("Unexpected failure", error))?;
        Ok(String::from_utf8(bytes.to_vec()).ok())
    }

    /// With the session in the fragment, which no server sees.
    fn signed_in(&self, tokens: &TokenResponse) -> Url {
        let expires_in = tokens.expires_in.to_string();
        let expires_at = tokens.expires_at.to_string();
        with_fragment(
            self.target.clone(),
            [
                ("access_token", tokens.access_token.as_str()),
                ("expires_at", &expires_at),
                ("expires_in", &expires_in),
                ("refresh_token", &tokens.refresh_token),
                ("sb", ""),
                ("token_type", tokens.token_type),
                ("type", self.kind),
            ],
        )
    }

    /// With something to tell, in the fragment and, for exchanges, in the query.
    fn told(&self, parameters: &[(&str, &str)]) -> Url {
        let parameters = parameters.iter().copied();
        let target = match self.is_pkce() {
            true => with_query(self.target.clone(), parameters.clone()),
            false => self.target.clone(),
        };
        with_fragment(target, parameters.chain([("sb", "")]))
    }

    /// To the application, which is told what is wrong.
    fn refuse(&self, error: &Error) -> Response {
        error.log();
        let kind = match error.status() {
            StatusCode::BAD_REQUEST => Some("invalid_request"),
            StatusCode::UNAUTHORIZED => Some("unauthorized_client"),
            StatusCode::FORBIDDEN => Some("access_denied"),
            StatusCode::INTERNAL_SERVER_ERROR => Some("server_error"),
            StatusCode::SERVICE_UNAVAILABLE => Some("temporarily_unavailable"),
            _ => None,
        };
        let mut parameters: Vec<(&str, &str)> = Vec::new();
        parameters.extend(kind.map(|kind| ("error", kind)));
        parameters.push(("error_code", error.code().as_str()));
        parameters.push(("error_description", error.message()));
        go(self.told(&parameters).as_str())
    }
}

fn owner(token_hash: &str) -> String {
    format!("auth.used_links.{token_hash}")
}

fn hash_press(press: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, press.as_bytes()))
}

fn go(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        let error = Error::internal("Unable to process request", "a URL is no header value");
        return error.into_response();
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
