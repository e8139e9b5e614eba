//! The login page: plain forms that work without scripts, under a strict policy.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use minijinja::{Environment, context};
use url::Url;

use crate::auth::Auth;
use crate::error::{Error, Result};

const PAGE: &str = include_str!("login_page/page.html");
const STYLE: &str = include_str!("login_page/page.css");
/// What signs in with a passkey.
pub(crate) const PASSKEY_SCRIPT: &str = include_str!("login_page/passkey.js");

/// What the page asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    /// Who signs in.
    #[default]
    Password,
    /// The code of a mail that was sent.
    Mailed,
    /// The code of an authenticator app.
    Code,
    /// Nothing more.
    Done,
}

/// The page at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoginPage {
    pub(crate) step: Step,
    /// Where to go then; the site without it.
    pub(crate) destination: Option<Url>,
    /// The address that was typed in.
    pub(crate) email: String,
    /// Who is signed in.
    pub(crate) user: String,
    pub(crate) error: Option<String>,
    pub(crate) notice: Option<&'static str>,
    /// Whether there are passkeys to sign in with.
    pub(crate) passkeys: bool,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Mailed => "mailed",
            Self::Code => "code",
            Self::Done => "done",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Password => "Sign in",
            Self::Mailed => "Check your mail",
            Self::Code => "Second step",
            Self::Done => "Signed in",
        }
    }
}

impl LoginPage {
    /// The page as an answer. Its status says whether something was refused.
    pub(crate) fn answer(&self, auth: &Auth, status: StatusCode) -> Result<Response> {
        let failed = |error| Error::internal("Unexpected failure", error);
        let mut environment = Environment::new();
        environment
            .add_template("page.html", PAGE)
            .map_err(failed)?;
        let page = environment.get_template("page.html").map_err(failed)?;
        let config = auth.config();
        let destination = self.destination.as_ref();
        let html = page
            .render(context! {
                step => self.step.name(),
                title => self.step.title(),
                style => STYLE,
                base => base(auth),
                rd => destination.map_or("", Url::as_str),
                site => auth.redirects().site().as_str(),
                destination => destination.and_then(Url::host_str),
                email => &self.email,
                user => &self.user,
                error => &self.error,
                notice => self.notice,
                passkeys => self.passkeys,
                mail => config.email.enabled && config.email.magic_link,
                open_mail => false,
            })
            .map_err(failed)?;
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        let policy = HeaderValue::try_from(policy(auth, self.passkeys));
        let policy = policy.map_err(|error| Error::internal("Unexpected failure", error))?;
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        for (name, value) in [
            (X_FRAME_OPTIONS, "DENY"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "same-origin"),
            (CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Ok(response)
    }
}

/// The path below which browsers see this service.
pub(crate) fn base(auth: &Auth) -> String {
    let url = Url::parse(&auth.config().external_url);
    let path = url.map_or(String::new(), |url| url.path().to_owned());
    path.trim_end_matches('/').to_owned()
}

/// Our own style and nothing else; forms may lead to us, and from us to where one may be led back.
fn policy(auth: &Auth, script: bool) -> String {
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let site = auth.redirects().site().origin().ascii_serialization();
    let mut sources = auth.forward_auth().domains().sources();
    sources.push(site);
    let scripts = if script {
        "; script-src 'self'; connect-src 'self'"
    } else {
        ""
    };
    format!(
        "default-src 'none'; style-src 'sha256-{style}'{scripts}; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self' {}",
        sources.join(" ")
    )
}
