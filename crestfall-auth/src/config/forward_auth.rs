//! Forward auth: who may see what behind a reverse proxy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answers a reverse proxy (Caddy, nginx, Traefik) that asks before each request who may see a page,
/// and the login page for it. Off without `domains`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardAuthConfig {
    /// The domains that are guarded, with their subdomains, such as `example.org`. The login page
    /// leads back to addresses within them only.
    pub domains: Vec<String>,
    /// The address of the login page. Default: `/login` below `external_url`.
    pub login_url: String,
    /// Leads back to plain `http` addresses too. Only for trying things out.
    pub allow_http: bool,
    /// What holds where no rule fits. Default: `deny`.
    pub default_policy: ForwardAuthPolicy,
    /// Who may see what: the first rule that fits decides.
    pub rules: Vec<ForwardAuthRule>,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwardAuthPolicy {
    /// Nothing.
    Bypass,
    /// A signed-in user.
    OneFactor,
    /// A signed-in user who proved a second factor.
    TwoFactor,
    /// Nobody may.
    #[default]
    Deny,
}

/// One rule. It fits a request that meets each of its criteria; one that is empty is met by all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardAuthRule {
    /// Hosts, such as `app.example.org`; `*.example.org` is all below it, at any depth.
    pub domains: Vec<String>,
    /// Hosts as regular expressions, which have to match the whole name in lower case. Named groups
    /// `user` and `group` must be the user's own name or one of their groups.
    pub domain_regex: Vec<String>,
    /// Beginnings of paths, by whole segments: `/admin` is `/admin` and `/admin/x`.
    pub paths: Vec<String>,
    /// Path and query as regular expressions, anywhere unless anchored by `^` and `$`.
    pub resources: Vec<String>,
    /// Methods.
    pub methods: Vec<String>,
    /// Networks that the client is in, as CIDR or address.
    pub networks: Vec<String>,
    /// Parameters of the query; all of them.
    pub query: Vec<QueryRule>,
    /// Who: `user:<e-mail address, phone number or id>`, `group:<one of app_metadata.groups>`,
    /// `role:<database role>`. Each entry is a list, all of which must hold; one entry is enough.
    pub subjects: Vec<Vec<String>>,
    /// What it asks for.
    pub policy: ForwardAuthPolicy,
}

/// A criterion on one parameter of the query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueryRule {
    /// The parameter.
    pub key: String,
    /// How it is compared.
    pub operator: QueryOperator,
    /// With what: a text, or a regular expression for `pattern` and `not_pattern`.
    pub value: String,
}

/// How a parameter is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryOperator {
    /// It is this text.
    #[default]
    Equal,
    /// It is there and not this text, or is not there.
    NotEqual,
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// It matches.
    Pattern,
    /// It does not match, or is not there.
    NotPattern,
}
