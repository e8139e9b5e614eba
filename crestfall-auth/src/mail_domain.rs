//! Whether mail can go to an address at all (GT-090): known mistakes, domains that take none, and what
//! a service of the operator's says. What cannot be found out is taken for good.

mod lookup;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use serde::Deserialize;
use serde_json::json;

use crate::auth::Auth;
use crate::config::EmailValidation;
use crate::error::{Error, ErrorCode, Result};
use lookup::Found;
pub(crate) use lookup::MailServers;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest answer of the service, in bytes.
const LONGEST: usize = 4096;

/// Addresses that people make up.
const MADE_UP: [&str; 4] = [
    "example@gmail.com",
    "someone@gmail.com",
    "test@email.com",
    "test@gmail.com",
];

/// Domains that take no mail, and those that only slips of the finger name.
const NO_MAIL: [&str; 8] = [
    "anonymous.com",
    "email.com",
    "example.com",
    "example.net",
    "example.org",
    "gamai.com",
    "gamil.com",
    "test.com",
];

/// Ends that no domain has (RFC 2606, RFC 6762).
const RESERVED: [&str; 5] = ["example", "invalid", "local", "localhost", "test"];

/// Domains that need no look-up.
const KNOWN: [&str; 9] = [
    "aol.com",
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "msn.com",
    "outlook.com",
    "yahoo.com",
];

/// # Errors
/// 400 for an address that mail cannot go to.
pub(crate) async fn check(auth: &Auth, address: &str) -> Result<()> {
    let settings = &auth.config().email.validation;
    if settings.extended && is_mistake(address) {
        return Err(invalid(address));
    }
    let checks = async {
        tokio::join!(
            takes_mail(auth, settings, address),
            service_agrees(auth, settings, address)
        )
    };
    match tokio::time::timeout(PATIENCE, checks).await {
        Ok((false, _) | (_, false)) => Err(invalid(address)),
        Ok((true, true)) | Err(_) => Ok(()),
    }
}

fn invalid(address: &str) -> Error {
    let message = format!("Email address \"{address}\" is invalid");
    Error::new(ErrorCode::EmailAddressInvalid, message)
}

/// What can be told without asking anybody. The address is in its normal form.
fn is_mistake(address: &str) -> bool {
    let Some((name, domain)) = address.rsplit_once('@') else {
        return true;
    };
    let end = domain.rsplit('.').next().unwrap_or_default();
    let short_of_gmail = domain == "gmail.com" && name.len() < 6;
    MADE_UP.contains(&address)
        || NO_MAIL.contains(&domain)
        || RESERVED.contains(&end)
        || !domain.contains('.')
        || short_of_gmail
}

/// Whether the domain has a server for mail, and none that is blocked.
async fn takes_mail(auth: &Auth, settings: &EmailValidation, address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default();
    if !settings.extended || KNOWN.contains(&domain) {
        return true;
    }
    match auth.mail_servers().of(domain).await {
        Found::Servers(servers) => !servers.iter().any(|server| is_blocked(settings, server)),
        Found::Nothing => false,
        Found::Unknown => true,
    }
}

fn is_blocked(settings: &EmailValidation, server: &str) -> bool {
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let mut blocked = settings.blocked_mx.iter();
    blocked.any(|blocked| plain(blocked) == plain(server))
}

#[derive(Deserialize)]
struct Verdict {
    valid: Option<bool>,
}

/// What the service says, if there is one and it says anything.
async fn service_agrees(auth: &Auth, settings: &EmailValidation, address: &str) -> bool {
    if settings.service_url.is_empty() {
        return true;
    }
    let verdict = ask(auth, settings, address).await;
    verdict.and_then(|verdict| verdict.valid).unwrap_or(true)
}

async fn ask(auth: &Auth, settings: &EmailValidation, address: &str) -> Option<Verdict> {
    let body = json!({ "email": address }).to_string();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&settings.service_url)
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .ok()?;
    for (name, value) in settings.headers() {
        request.headers_mut().append(name, value);
    }
    let egress = auth.egress().limited(PATIENCE, LONGEST);
    match egress.send(request).await {
        Ok(answer) if answer.status.is_success() => serde_json::from_slice(&answer.body).ok(),
        Ok(answer) => {
            let status = answer.status.as_u16();
            tracing::warn!(
                status,
                "the service that checks mail addresses is passed over"
            );
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the service that checks mail addresses is passed over");
            None
        }
    }
}

impl EmailValidation {
    /// The service's headers. Those that are none are left out; the settings are checked at the start.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let all = self.service_headers.iter();
        let all = all.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        all.filter_map(|(name, value)| {
            let mut value = HeaderValue::try_from(value.expose()).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::try_from(name).ok()?, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_found_gt_090() {
        for wrong in [
            "test@gmail.com",
            "ada@gmail.com",
            "ada@gamil.com",
            "ada@example.org",
            "ada@somewhere.test",
            "ada@localhost",
            "ada@nowhere",
        ] {
            assert!(is_mistake(wrong), "{wrong}");
        }
        for right in ["ada.lovelace@gmail.com", "ada@mail.example.com", "a@b.co"] {
            assert!(!is_mistake(right), "{right}");
        }
    }

    #[test]
    fn a_blocked_server_is_known_with_and_without_its_dot_gt_090() {
        let settings = EmailValidation {
            blocked_mx: vec!["MX.bad.net.".to_owned()],
            ..EmailValidation::default()
        };
        assert!(is_blocked(&settings, "mx.bad.net"));
        assert!(is_blocked(&settings, "mx.bad.net."));
        assert!(!is_blocked(&settings, "mx.good.net"));
    }
}
