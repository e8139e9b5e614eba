//! Forward auth: what a reverse proxy is told about a request that it holds back (AU-001 to AU-006).

mod policy;
mod target;

use crestfall_core::Identity;
use serde_json::Value;
use url::Url;

use crate::config::{Config, ForwardAuthPolicy};
use crate::require_scope::scopes_of;

pub(crate) use policy::{Decision, PolicyError, Rules};
pub(crate) use target::{Domains, Form, Target};

/// The scope that an API key needs to pass.
const SCOPE: &str = "forward-auth:access";

/// The settings, understood.
#[derive(Debug)]
pub(crate) struct ForwardAuth {
    domains: Domains,
    login: Url,
    rules: Rules,
}

/// The settings make no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("forward_auth.login_url is no http(s) URL")]
    Login,
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// A user as guarded applications see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
    pub(crate) role: String,
    /// Whether a second factor was proved.
    pub(crate) second_factor: bool,
}

impl ForwardAuth {
    pub(crate) fn new(config: &Config) -> Result<Self, SettingsError> {
        let settings = &config.forward_auth;
        let login = match settings.login_url.as_str() {
            "" => format!("{}/login", config.external_url.trim_end_matches('/')),
            url => url.to_owned(),
        };
        let login = Url::parse(&login).ok();
        let login = login.filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(Self {
            domains: Domains::new(&settings.domains, settings.allow_http),
            login: login.ok_or(SettingsError::Login)?,
            rules: Rules::new(&settings.rules, settings.default_policy)?,
        })
    }

    /// Where one may be led back to.
    pub(crate) fn domains(&self) -> &Domains {
        &self.domains
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The login page, from which one is led back to the target.
    pub(crate) fn login_for(&self, target: &Target, policy: ForwardAuthPolicy) -> Url {
        let mut login = self.login.clone();
        let mut query = login.query_pairs_mut();
        query.append_pair("rd", target.url().as_str());
        if policy == ForwardAuthPolicy::TwoFactor {
            query.append_pair("need", "two_factor");
        }
        drop(query);
        login
    }
}

impl Subject {
    /// The user that an identity is; none for what is no known user of ours: an application's key, an
    /// anonymous user, a session that another application has, a key without the scope.
    pub(crate) fn of(identity: &Identity) -> Option<Self> {
        let claims = identity.claims();
        let text = |name: &str| {
            let claim = claims.get(name).and_then(Value::as_str);
            claim.unwrap_or_default().to_owned()
        };
        let id = text("sub");
        let is_anonymous = claims.get("is_anonymous") == Some(&Value::Bool(true));
        let has_scope = SCOPE
            .parse()
            .is_ok_and(|scope| scopes_of(identity).covers(&scope));
        let known = identity.is_authenticated()
            && !id.is_empty()
            && !is_anonymous
            && claims.get("client_id").is_none()
            && has_scope;
        let metadata = |object: &str, name: &str| {
            let value = claims.get(object)?.get(name)?.as_str()?;
            Some(value.to_owned())
        };
        let name = metadata("user_metadata", "full_name").or(metadata("user_metadata", "name"));
        let groups = claims
            .get("app_metadata")
            .and_then(|data| data.get("groups"));
        let groups = groups.and_then(Value::as_array).into_iter().flatten();
        known.then(|| Self {
            id,
            email: text("email"),
            phone: text("phone"),
            name: name.unwrap_or_default(),
            groups: groups
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            role: identity.role().to_owned(),
            second_factor: matches!(text("aal").as_str(), "aal2" | "aal3"),
        })
    }

    /// The name that applications know the user by: address, number or id.
    pub(crate) fn user(&self) -> &str {
        let names = [&self.email, &self.phone, &self.id];
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", |name| name)
    }
}
