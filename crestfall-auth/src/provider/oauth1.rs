//! OAuth 1.0a (RFC 5849), which Twitter's older API speaks: each request is signed with HMAC-SHA1, and a
//! sign-in begins with a token that is asked for before the user is sent there.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;
use url::{Position, Url, form_urlencoded};

use super::{Provider, ProviderError, ProviderTokens, is_reserved};
use crate::auth::Auth;
use crate::token;

/// All but unreserved characters (RFC 5849, section 3.6).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A token and what signs with it.
pub(crate) struct Credentials {
    pub(crate) token: String,
    pub(crate) secret: String,
}

/// What the browser brings back.
pub(crate) struct Verifier<'a> {
    pub(crate) token: &'a str,
    pub(crate) verifier: &'a str,
}

/// A request that is to be signed.
struct Signed<'a> {
    method: Method,
    url: &'a Url,
    /// Parameters of the protocol, besides those that each request has.
    protocol: &'a [(&'a str, &'a str)],
    /// Parameters of a form in the body.
    form: &'a [(&'a str, &'a str)],
    nonce: String,
    /// Seconds of the epoch.
    timestamp: i64,
}

impl Provider {
    /// Whether it speaks OAuth 1.0a.
    pub(crate) fn speaks_oauth1(&self) -> bool {
        self.request_token.is_some()
    }

    /// Asks for the token with which a user is sent there; the provider sends them back with this state.
    ///
    /// # Errors
    /// The provider refuses, or does not answer as it should.
    pub(crate) async fn begin_oauth1(
        &self,
        auth: &Auth,
        state: &str,
    ) -> Result<Credentials, ProviderError> {
        let url = self.request_token.as_deref();
        let url = address(url.ok_or(ProviderError::Setting("url"))?)?;
        let mut callback = address(&self.redirect_uri)?;
        callback.query_pairs_mut().append_pair("state", state);
        let protocol = [("oauth_callback", callback.as_str())];
        let answer = self.post_signed(auth, &url, None, &protocol, &[]).await?;
        // Without it the provider speaks 1.0, in which a sign-in can be begun by one and ended by another.
        if value(&answer, "oauth_callback_confirmed") != Some("true") {
            return Err(ProviderError::Missing("oauth_callback_confirmed"));
        }
        credentials(&answer)
    }

    /// Where to send a user with the token.
    ///
    /// # Errors
    /// The setting of the provider's address is malformed.
    pub(crate) fn oauth1_url(
        &self,
        token: &str,
        further: &[(String, String)],
    ) -> Result<Url, ProviderError> {
        let mut url = address(&self.authorization)?;
        url.query_pairs_mut().append_pair("oauth_token", token);
        let further = further
            .iter()
            .filter(|(name, _)| !is_reserved(name) && !name.starts_with("oauth_"));
        url.query_pairs_mut()
            .extend_pairs(further.map(|(name, value)| (name, value)));
        Ok(url)
    }

    /// Exchanges what the browser brought back, for the token that it was sent with.
    ///
    /// # Errors
    /// It was sent with another token; the provider refuses, or does not answer as it should.
    pub(crate) async fn exchange_oauth1(
        &self,
        auth: &Auth,
        returned: &Verifier<'_>,
        sent: &Credentials,
    ) -> Result<ProviderTokens, ProviderError> {
        if !bool::from(returned.token.as_bytes().ct_eq(sent.token.as_bytes())) {
            return Err(ProviderError::Refused("another token came back".to_owned()));
        }
        let url = address(&self.token)?;
        let form = [("oauth_verifier", returned.verifier)];
        let answer = self.post_signed(auth, &url, Some(sent), &[], &form).await?;
        let Credentials { token, secret } = credentials(&answer)?;
        Ok(ProviderTokens {
            access_token: token,
            // As GoTrue hands it on: who asks the provider needs both.
            refresh_token: Some(secret),
            id_token: None,
            answer: serde_json::Value::Null,
        })
    }

    async fn post_signed(
        &self,
        auth: &Auth,
        url: &Url,
        with: Option<&Credentials>,
        protocol: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Vec<(String, String)>, ProviderError> {
        let signed = Signed::now(Method::POST, url, protocol, form);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = http::Request::post(url.as_str())
            .header(AUTHORIZATION, self.authorize(&signed, with)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/x-www-form-urlencoded");
        let answer = auth.egress().send(request.body(Bytes::from(body))?).await?;
        match answer.status.is_success() {
            true => Ok(form_urlencoded::parse(&answer.body).into_owned().collect()),
            false => Err(ProviderError::Status(answer.status)),
        }
    }

    /// The header that asks for this address in a user's name.
    pub(super) fn authorize_get(
        &self,
        url: &str,
        tokens: &ProviderTokens,
    ) -> Result<HeaderValue, ProviderError> {
        let credentials = Credentials {
            token: tokens.access_token.clone(),
            secret: tokens.refresh_token.clone().unwrap_or_default(),
        };
        let signed = Signed::now(Method::GET, &address(url)?, &[], &[])
            .header(self.consumer(), Some(&credentials));
        HeaderValue::try_from(signed).map_err(|error| ProviderError::Request(error.into()))
    }

    fn authorize(
        &self,
        signed: &Signed<'_>,
        with: Option<&Credentials>,
    ) -> Result<HeaderValue, ProviderError> {
        let header = signed.header(self.consumer(), with);
        HeaderValue::try_from(header).map_err(|error| ProviderError::Request(error.into()))
    }

    /// This application's name and secret there.
    fn consumer(&self) -> (&str, &str) {
        let name = self.client_ids.first().map_or("", String::as_str);
        (name, self.secret.expose())
    }
}

impl<'a> Signed<'a> {
    fn now(
        method: Method,
        url: &'a Url,
        protocol: &'a [(&'a str, &'a str)],
        form: &'a [(&'a str, &'a str)],
    ) -> Self {
        Self {
            method,
            url,
            protocol,
            form,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            timestamp: token::now(),
        }
    }

    /// `OAuth oauth_consumer_key="…", …` (RFC 5849, section 3.5.1).
    fn header(&self, consumer: (&str, &str), with: Option<&Credentials>) -> String {
        let timestamp = self.timestamp.to_string();
        let mut parameters = vec![
            ("oauth_consumer_key", consumer.0),
            ("oauth_nonce", &self.nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &timestamp),
            ("oauth_version", "1.0"),
        ];
        parameters.extend(with.map(|with| ("oauth_token", with.token.as_str())));
        parameters.extend(self.protocol);
        let secret = with.map_or("", |with| with.secret.as_str());
        let signature = self.signature(&parameters, (consumer.1, secret));
        parameters.push(("oauth_signature", &signature));
        let parts = parameters
            .iter()
            .map(|(name, value)| format!("{}=\"{}\"", encode(name), encode(value)));
        format!("OAuth {}", parts.collect::<Vec<_>>().join(", "))
    }

    /// RFC 5849, section 3.4.2.
    fn signature(&self, parameters: &[(&str, &str)], secrets: (&str, &str)) -> String {
        let key = format!("{}&{}", encode(secrets.0), encode(secrets.1));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        BASE64_STANDARD.encode(hmac::sign(&key, self.base(parameters).as_bytes()))
    }

    /// What is signed (section 3.4.1).
    fn base(&self, parameters: &[(&str, &str)]) -> String {
        let query = self.url.query_pairs();
        let query = query.map(|(name, value)| (encode(&name), encode(&value)));
        let others = parameters.iter().chain(self.form);
        let others = others.map(|(name, value)| (encode(name), encode(value)));
        let mut all: Vec<_> = query.chain(others).collect();
        all.sort_unstable();
        let pairs: Vec<_> = all
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let place = &self.url[..Position::AfterPath];
        format!(
            "{}&{}&{}",
            self.method,
            encode(place),
            encode(&pairs.join("&"))
        )
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn address(text: &str) -> Result<Url, ProviderError> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or(ProviderError::Setting("url"))
}

fn value<'a>(answer: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = answer.iter().find(|(known, _)| known == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

fn credentials(answer: &[(String, String)]) -> Result<Credentials, ProviderError> {
    let text = |name| value(answer, name).ok_or(ProviderError::Missing(name));
    Ok(Credentials {
        token: text("oauth_token")?.to_owned(),
        secret: text("oauth_token_secret")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5849, section 1.2.
    #[test]
    fn the_requests_of_the_rfc_are_signed_as_there() {
        let url = Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original");
        let url = url.expect("a URL");
        let signed = Signed {
            method: Method::GET,
            url: &url,
            protocol: &[],
            form: &[],
            nonce: String::new(),
            timestamp: 0,
        };
        let parameters = [
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131202"),
            ("oauth_nonce", "chapoH"),
        ];
        let secrets = ("kd94hf93k423kf44", "pfkkdhi9sl3r4s00");
        let signature = signed.signature(&parameters, secrets);
        assert_eq!(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    /// RFC 5849, section 3.4.1.1.
    #[test]
    fn what_is_signed_has_every_parameter_in_order() {
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
        let url = url.expect("a URL");
        let signed = Signed {
            method: Method::POST,
            url: &url,
            protocol: &[],
            form: &[("c2", ""), ("a3", "2 q")],
            nonce: String::new(),
            timestamp: 0,
        };
        let parameters = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        assert_eq!(
            signed.base(&parameters),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
             %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
             %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }
}
