//! Signing in through other providers (GT-018, GT-056): where to send users, how to learn who came
//! back, and what their provider vouches for.
//!
//! What a provider is like stands as data in [`known`]; a function is written only for what no data
//! can say. Providers that administrators add ([`custom`]) become the same [`Provider`].

mod apple;
mod custom;
mod document;
mod exchange;
mod id_token;
mod known;
mod oauth1;
mod profile;
mod quirk;
mod request;

use crestfall_core::Secret;
use crestfall_core::egress::EgressError;

use crate::auth::Auth;
use crate::config::{self, Config};
use crate::error::{Error, ErrorCode, Result};

pub(crate) use custom::{CustomProvider, discover, secret_owner};
pub(crate) use document::Documents;
pub(crate) use exchange::ProviderTokens;
pub(crate) use id_token::{NonceCheck, unverified_issuer};
pub(crate) use known::of_issuer;
pub(crate) use oauth1::{Credentials, Verifier};
pub(crate) use profile::{ExternalEmail, ExternalUser};
pub(crate) use request::{Authorization, is_reserved};

use id_token::Issuer;
use known::{KNOWN, Known, Source, UserInfo};
use profile::{Mapping, Profile};

/// A provider, ready to be used.
pub(crate) struct Provider {
    /// `google`, `custom:acme`: the `provider` of identities.
    pub(crate) name: String,
    /// Users without an address may sign in.
    pub(crate) email_optional: bool,
    /// This application's ids there, the one used in a browser first.
    client_ids: Vec<String>,
    secret: Secret,
    redirect_uri: String,
    authorization: String,
    token: String,
    /// Where OAuth 1.0a begins; none with OAuth 2.
    request_token: Option<String>,
    client_auth: ClientAuth,
    scopes: Vec<String>,
    /// Further parameters of the address that users are sent to.
    parameters: Vec<(String, String)>,
    /// Whether it knows PKCE: an unknown parameter fails with a few.
    pkce: bool,
    /// Whether its ID tokens repeat a nonce.
    nonce: bool,
    skip_nonce_check: bool,
    trust_email: bool,
    issuer: Option<Issuer>,
    source: Source,
    user_info: Option<String>,
    reading: Reading,
}

/// How a profile is read.
enum Reading {
    Known {
        known: &'static Known,
        profile: &'static Profile,
        /// Where its API is.
        api: String,
    },
    Custom(Box<Mapping>),
}

/// How we prove to a provider who asks for tokens (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientAuth {
    /// In the body.
    Post,
    /// In a header.
    Basic,
    /// In a header, and if that is refused in the body.
    Either,
}

/// Why a provider's answer is of no use. For the log; callers are told little.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("the provider could not be asked")]
    Egress(#[from] EgressError),
    #[error("the provider answered {0}")]
    Status(http::StatusCode),
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the provider's answer is no JSON")]
    NotJson,
    #[error("the provider's answer has no `{0}`")]
    Missing(&'static str),
    #[error("the document says that its issuer is `{0}`")]
    Issuer(String),
    #[error("the issuer's keys cannot be used")]
    Keys(#[from] crestfall_core::jwt::ConfigError),
    #[error("the ID token is for another application")]
    Audience,
    #[error("the ID token has no nonce, or one that was not asked for")]
    NonceMissing,
    #[error("the ID token has another nonce")]
    NonceWrong,
    #[error("the ID token is not good: {0}")]
    IdToken(&'static str),
    #[error("the ID token is not good")]
    Token(#[from] crestfall_core::jwt::Error),
    #[error("the request could not be made")]
    Request(#[from] http::Error),
    #[error("the key of the client secret cannot be used")]
    Secret(#[from] crate::signing_key::KeyError),
    #[error("the setting `{0}` is missing or malformed")]
    Setting(&'static str),
}

/// A setting of a provider that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no provider `{0}`")]
pub(crate) struct UnknownProvider(String);

/// The first name in the settings that is no provider's.
pub(crate) fn unknown_provider(config: &Config) -> Option<UnknownProvider> {
    let mut names = config.providers.keys();
    let unknown = names.find(|name| known::find(name).is_none())?;
    Some(UnknownProvider(unknown.clone()))
}

/// The providers that are built in, and whether each may be used (GT-002).
pub(crate) fn enabled(config: &Config) -> impl Iterator<Item = (&'static str, bool)> {
    KNOWN.iter().map(|known| {
        let settings = config.providers.get(known.name);
        (
            known.name,
            settings.is_some_and(|settings| settings.enabled),
        )
    })
}

fn unsupported(reason: impl std::fmt::Display) -> Error {
    Error::invalid(format!("Unsupported provider: {reason}"))
}

impl Provider {
    /// The provider of this name, with the scopes that the client asks for besides.
    ///
    /// # Errors
    /// There is none, it may not be used, or cannot be asked about itself.
    pub(crate) async fn find(auth: &Auth, name: &str, scopes: &str) -> Result<Self> {
        let name = name.to_ascii_lowercase();
        let scopes = scopes
            .split([',', ' '])
            .map(str::trim)
            .filter(|scope| !scope.is_empty());
        if name.starts_with("custom:") {
            return custom::find(auth, &name, scopes).await;
        }
        let known = known::find(&name)
            .ok_or_else(|| unsupported(format!("Provider {name} could not be found")))?;
        let settings = settings(auth, known).map_err(unsupported)?;
        if settings.secret.is_empty() {
            return Err(unsupported("missing OAuth secret"));
        }
        Self::of(auth, known, settings, scopes)
            .await
            .map_err(unreachable_provider)
    }

    async fn of(
        auth: &Auth,
        known: &'static Known,
        settings: &config::Provider,
        scopes: impl Iterator<Item = &str>,
    ) -> Result<Self, ProviderError> {
        let place = known.place(settings);
        let issuer = known.issuer(settings);
        let (authorization, token, user_info) = match (&known.endpoints, &issuer) {
            (Some((authorization, token)), _) => (
                place.fill(authorization),
                place.fill(token),
                known.user_info_url(&place),
            ),
            (None, Some(issuer)) => {
                let document = issuer.document(auth).await?;
                (
                    document.endpoint("authorization_endpoint")?,
                    document.endpoint("token_endpoint")?,
                    document.endpoint("userinfo_endpoint").ok(),
                )
            }
            (None, None) => return Err(ProviderError::Setting("url")),
        };
        let user_info = match known.user_info {
            UserInfo::Published => match &issuer {
                Some(issuer) => issuer
                    .document(auth)
                    .await?
                    .endpoint("userinfo_endpoint")
                    .ok(),
                None => user_info,
            },
            _ => user_info,
        };
        let own = known.scopes.iter().copied();
        Ok(Self {
            name: known.name.to_owned(),
            email_optional: settings.email_optional,
            client_ids: settings.client_id.clone(),
            secret: apple::secret_of(known, settings)?,
            redirect_uri: redirect_uri(auth, &settings.redirect_uri),
            authorization,
            token,
            request_token: known.request_token.map(|template| place.fill(template)),
            client_auth: known.client_auth,
            scopes: own.chain(scopes).map(str::to_owned).collect(),
            parameters: known
                .parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            pkce: known.pkce,
            nonce: known.nonce,
            skip_nonce_check: settings.skip_nonce_check,
            trust_email: settings.trust_email,
            issuer,
            source: known.source,
            user_info,
            reading: Reading::Known {
                known,
                profile: &known.profile,
                api: place.api,
            },
        })
    }

    /// What checks ID tokens that a client brings itself (GT-009): no secret is needed.
    ///
    /// # Errors
    /// There is no such provider, it may not be used, or gives no ID tokens.
    pub(crate) async fn for_id_tokens(auth: &Auth, name: &str) -> Result<IdTokens> {
        if name.starts_with("custom:") {
            return custom::for_id_tokens(auth, name).await;
        }
        let not_allowed = || Error::invalid(format!("Custom OIDC provider \"{name}\" not allowed"));
        let known = known::find(name).ok_or_else(not_allowed)?;
        let disabled = || {
            let issuer = known.issuer.as_ref().map_or(name, |issuer| issuer.url);
            let message = format!("Provider (issuer \"{issuer}\") is not enabled");
            Error::new(ErrorCode::ProviderDisabled, message)
        };
        let settings = auth.config().providers.get(known.name);
        let settings = settings
            .filter(|settings| settings.enabled)
            .ok_or_else(disabled)?;
        let issuer = known.issuer(settings).ok_or_else(not_allowed)?;
        let mut client_ids = settings.client_id.clone();
        if known.name == "apple" {
            client_ids.push(auth.config().external.ios_bundle_id.clone());
        }
        client_ids.retain(|id| !id.is_empty());
        Ok(IdTokens {
            name: known.name.to_owned(),
            issuer,
            client_ids,
            skip_nonce_check: settings.skip_nonce_check || !known.native_nonce,
            email_optional: settings.email_optional,
            trust_email: settings.trust_email,
            reading: Reading::Known {
                known,
                profile: known.token_profile(),
                api: String::new(),
            },
        })
    }

    /// Who came back with these tokens, as far as the provider vouches for it.
    ///
    /// # Errors
    /// An ID token that is not good, a provider that does not answer as it should.
    pub(crate) async fn user(
        &self,
        auth: &Auth,
        tokens: &ProviderTokens,
        nonce: Option<&str>,
    ) -> Result<ExternalUser, ProviderError> {
        let profile = match self.source {
            Source::IdToken => self.id_token_profile(auth, tokens, nonce).await?,
            Source::UserInfo => self.user_info_profile(auth, tokens).await?,
            Source::Answer(pointer) => tokens
                .answer
                .pointer(pointer)
                .cloned()
                .ok_or(ProviderError::Missing("profile"))?,
        };
        let mut user = self.reading.read(&profile, self.trust_email)?;
        if let Reading::Known { known, api, .. } = &self.reading {
            let further = request::Request {
                auth,
                provider: self,
                tokens,
            };
            quirk::more_emails(known, api, &further, &mut user).await?;
        }
        Ok(user)
    }

    /// The claims of the ID token; with what only the user-info endpoint says.
    async fn id_token_profile(
        &self,
        auth: &Auth,
        tokens: &ProviderTokens,
        nonce: Option<&str>,
    ) -> Result<serde_json::Value, ProviderError> {
        let Some(id_token) = &tokens.id_token else {
            return match self.reading {
                Reading::Custom(_) => self.user_info_profile(auth, tokens).await,
                Reading::Known { .. } => Err(ProviderError::Missing("id_token")),
            };
        };
        let issuer = self
            .issuer
            .as_ref()
            .ok_or(ProviderError::Setting("issuer"))?;
        let check = match nonce {
            Some(nonce) if self.skip_nonce_check => NonceCheck::IfPresent(nonce),
            Some(nonce) => NonceCheck::Required(nonce),
            None => NonceCheck::None,
        };
        let mut claims = issuer
            .verify(
                auth,
                id_token,
                &self.client_ids,
                check,
                Some(&tokens.access_token),
            )
            .await?;
        let asks = match &self.reading {
            Reading::Known { known, .. } => known.user_info == UserInfo::Published,
            Reading::Custom(mapping) => mapping.needs_user_info(&claims),
        };
        if asks && self.user_info.is_some() {
            let info = self.user_info_profile(auth, tokens).await?;
            // OpenID Connect Core, 5.3.2: an answer about another subject is not to be used.
            if info.get("sub") != claims.get("sub") {
                return Err(ProviderError::IdToken("userinfo is about somebody else"));
            }
            for (name, value) in info.as_object().into_iter().flatten() {
                claims.insert(name.clone(), value.clone());
            }
        }
        Ok(serde_json::Value::Object(claims))
    }

    async fn user_info_profile(
        &self,
        auth: &Auth,
        tokens: &ProviderTokens,
    ) -> Result<serde_json::Value, ProviderError> {
        let url = self
            .user_info
            .as_deref()
            .ok_or(ProviderError::Missing("userinfo_endpoint"))?;
        let request = request::Request {
            auth,
            provider: self,
            tokens,
        };
        request.get(url).await
    }
}

impl Reading {
    fn read(
        &self,
        profile: &serde_json::Value,
        trust_email: bool,
    ) -> Result<ExternalUser, ProviderError> {
        match self {
            Self::Known {
                known,
                profile: rules,
                api,
            } => {
                let mut user = rules.read(profile, api, trust_email)?;
                if std::ptr::eq(*rules, &known.profile) {
                    quirk::adjust(known, profile, &mut user);
                }
                Ok(user)
            }
            Self::Custom(mapping) => mapping.read(profile),
        }
    }
}

/// What checks the ID tokens of one issuer for one application.
pub(crate) struct IdTokens {
    /// The `provider` of identities.
    pub(crate) name: String,
    pub(crate) skip_nonce_check: bool,
    pub(crate) email_optional: bool,
    issuer: Issuer,
    client_ids: Vec<String>,
    trust_email: bool,
    reading: Reading,
}

impl IdTokens {
    /// For an issuer that the settings allow, whose client the request names.
    pub(crate) fn of_allowed_issuer(issuer: &str, client_id: &str) -> Self {
        Self {
            name: issuer.to_owned(),
            skip_nonce_check: false,
            email_optional: false,
            issuer: Issuer::exactly(issuer),
            client_ids: vec![client_id.to_owned()],
            trust_email: false,
            reading: Reading::Custom(Box::default()),
        }
    }

    /// Whether the issuer's tokens may say this.
    pub(crate) fn may_be_issued_by(&self, issuer: &str) -> bool {
        self.issuer.may_be(issuer)
    }

    /// Whose token it is. The nonce is checked by the caller.
    ///
    /// # Errors
    /// A token that is not good, or for another application.
    pub(crate) async fn verify(
        &self,
        auth: &Auth,
        token: &str,
        access_token: Option<&str>,
        nonce: NonceCheck<'_>,
    ) -> Result<ExternalUser, ProviderError> {
        let claims = self
            .issuer
            .verify(auth, token, &self.client_ids, nonce, access_token)
            .await?;
        self.reading
            .read(&serde_json::Value::Object(claims), self.trust_email)
    }
}

impl Provider {
    /// Where it sends users back to.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }
}

/// What a provider's settings are, if it may be used.
fn settings<'a>(auth: &'a Auth, known: &Known) -> Result<&'a config::Provider, &'static str> {
    let settings = auth.config().providers.get(known.name);
    let settings = settings
        .filter(|settings| settings.enabled)
        .ok_or("provider is not enabled")?;
    match settings.client_id.first().is_some_and(|id| !id.is_empty()) {
        true => Ok(settings),
        false => Err("missing OAuth client ID"),
    }
}

fn redirect_uri(auth: &Auth, setting: &str) -> String {
    match setting {
        "" => format!(
            "{}/callback",
            auth.config().external_url.trim_end_matches('/')
        ),
        setting => setting.to_owned(),
    }
}

fn unreachable_provider(error: ProviderError) -> Error {
    Error::internal("The provider could not be asked about itself", error)
}

#[cfg(test)]
mod tests;
