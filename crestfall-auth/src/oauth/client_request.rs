//! Requests that clients send themselves, and how they prove who they are (RFC 6749, section 2.3).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::client::{AuthMethod, Client};
use super::error::{OauthCode, OauthError};
use super::parameters::Parameters;
use crate::auth::Auth;
use crate::reconfigure::Live;
use crate::store::oauth_clients;

/// A request of a client that has proved who it is, as far as its kind can.
pub(crate) struct ClientRequest {
    pub(crate) client: Client,
    pub(crate) parameters: Parameters,
}

impl FromRequest<Live> for ClientRequest {
    type Rejection = OauthError;

    async fn from_request(request: Request, live: &Live) -> Result<Self, OauthError> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, live)
            .await
            .map_err(|_| OauthError::invalid_request("Could not read the request body"))?;
        let parameters = parameters(&headers, &body)?;
        let credentials = Credentials::of(&headers, &parameters)?;
        let client = credentials.authenticate(&live.0.now()).await?;
        Ok(Self { client, parameters })
    }
}

/// The body's parameters: a form, or JSON for those who say so.
pub(crate) fn parameters(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, OauthError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_json = content_type.is_some_and(|text| text.contains("application/json"));
    let parameters = match is_json {
        true => Parameters::from_json(body)
            .ok_or_else(|| OauthError::invalid_request("Invalid JSON body"))?,
        false => Parameters::from_urlencoded(body),
    };
    match parameters.repeated() {
        None => Ok(parameters),
        Some(name) => Err(OauthError::invalid_request(format!(
            "{} was sent more than once",
            name.escape_debug()
        ))),
    }
}

/// Who a client says it is.
struct Credentials {
    client_id: String,
    secret: String,
    method: AuthMethod,
}

fn invalid_client(description: impl Into<std::borrow::Cow<'static, str>>) -> OauthError {
    OauthError::new(OauthCode::InvalidClient, description)
}

impl Credentials {
    /// From the header or the body, never from both: nobody should have to guess which counts.
    fn of(headers: &HeaderMap, parameters: &Parameters) -> Result<Self, OauthError> {
        let in_body = parameters.get("client_id");
        let secret = parameters.get("client_secret");
        if let Some(credentials) = Self::basic(headers)? {
            if secret.is_some() {
                return Err(OauthError::invalid_request(
                    "the client used more than one way to authenticate",
                ));
            }
            return match in_body.is_none_or(|id| id == credentials.client_id) {
                true => Ok(credentials),
                false => Err(OauthError::invalid_request(
                    "client_id is not that of the Authorization header",
                )),
            };
        }
        let client_id = in_body.ok_or_else(|| invalid_client("client_id is required"))?;
        Ok(Self {
            client_id: client_id.to_owned(),
            secret: secret.unwrap_or_default().to_owned(),
            method: match secret {
                Some(_) => AuthMethod::ClientSecretPost,
                None => AuthMethod::None,
            },
        })
    }

    /// `Authorization: Basic`, whose parts are encoded as in a form first.
    fn basic(headers: &HeaderMap) -> Result<Option<Self>, OauthError> {
        let Some(value) = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) else {
            return Ok(None);
        };
        let Some((scheme, encoded)) = value.split_once(' ') else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(None);
        }
        let bad = || invalid_client("invalid basic auth format");
        let bytes = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| bad())?;
        let text = String::from_utf8(bytes).map_err(|_| bad())?;
        let (client_id, secret) = text.split_once(':').ok_or_else(bad)?;
        Ok(Some(Self {
            client_id: decode(client_id).ok_or_else(bad)?,
            secret: decode(secret).ok_or_else(bad)?,
            method: AuthMethod::ClientSecretBasic,
        }))
    }

    async fn authenticate(&self, auth: &Auth) -> Result<Client, OauthError> {
        let unknown = || invalid_client("Invalid client credentials");
        let id: Uuid = self.client_id.parse().map_err(|_| unknown())?;
        let mut db = auth.pool().acquire().await?;
        let client = oauth_clients::find(&mut db, id)
            .await?
            .ok_or_else(unknown)?;
        let registered = &client.token_endpoint_auth_method;
        if self.method.name() != registered {
            return Err(invalid_client(format!(
                "invalid authentication method: client is registered for '{registered}' but \
                 '{}' was used",
                self.method.name()
            )));
        }
        let is_proved = match self.method {
            AuthMethod::None => !client.is_confidential(),
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
                client.is_confidential() && client.has_secret(&self.secret)
            }
        };
        is_proved.then_some(client).ok_or_else(unknown)
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(authorization: &str, body: &str) -> Result<(String, String, AuthMethod), OauthCode> {
        let mut headers = HeaderMap::new();
        if !authorization.is_empty() {
            headers.insert(AUTHORIZATION, authorization.parse().expect("a header"));
        }
        let parameters = parameters(&headers, body.as_bytes()).map_err(|error| error.code)?;
        Credentials::of(&headers, &parameters)
            .map(|c| (c.client_id, c.secret, c.method))
            .map_err(|error| error.code)
    }

    #[test]
    fn credentials_are_in_the_header_or_in_the_body() {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("a%3Ab:s+%2B"));
        let from_header = ("a:b".into(), "s +".into(), AuthMethod::ClientSecretBasic);
        assert_eq!(of(&basic, ""), Ok(from_header.clone()));
        assert_eq!(of(&basic, "client_id=a%3Ab"), Ok(from_header));
        assert_eq!(
            of("", "client_id=a&client_secret=s"),
            Ok(("a".into(), "s".into(), AuthMethod::ClientSecretPost))
        );
        assert_eq!(
            of("", "client_id=a&client_secret="),
            Ok(("a".into(), String::new(), AuthMethod::None))
        );
    }

    #[test]
    fn credentials_that_could_be_read_two_ways_are_refused() {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("a:s"));
        for (header, body, code) in [
            (basic.as_str(), "client_secret=s", OauthCode::InvalidRequest),
            (&basic, "client_id=b", OauthCode::InvalidRequest),
            ("", "client_id=a&client_id=b", OauthCode::InvalidRequest),
            ("", "", OauthCode::InvalidClient),
            ("Basic !", "client_id=a", OauthCode::InvalidClient),
            ("Basic YQ==", "client_id=a", OauthCode::InvalidClient),
        ] {
            assert_eq!(of(header, body), Err(code), "{header} {body}");
        }
    }
}
