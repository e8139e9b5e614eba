//! GoTrue's environment variables as our settings, for `crestfall auth` in its place.
//!
//! Which variable is which setting stands once: a setting whose documentation names a variable, as in
//! ``(`SITE_URL`)``, is set by it. The table here holds what has no such setting, or is not written
//! the same way.

mod value;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::settings;
pub(super) use value::{seconds, truth};

const PREFIX: &str = "GOTRUE_";

/// Variables of the process itself, and ours. Those with an asterisk count without the prefix too.
const PROCESS: [(&str, &str); 11] = [
    ("DATABASE_URL*", "database.url"),
    ("DB_DATABASE_URL", "database.url"),
    ("DB_MAX_POOL_SIZE", "auth.pool_size"),
    ("API_EXTERNAL_URL*", "auth.external_url"),
    ("API_HOST", "server.host"),
    ("HOST*", "server.host"),
    ("API_PORT", "server.port"),
    ("PORT*", "server.port"),
    ("LOG_LEVEL*", "log.level"),
    (RATE_LIMIT_HEADER, "server.client_ip_header"),
    (SB_FORWARDED_FOR, "server.client_ip_header"),
];

/// The header that says whom to count. GoTrue takes what is leftmost in a list, which anybody can write;
/// we take what the one proxy in front has appended.
const RATE_LIMIT_HEADER: &str = "RATE_LIMIT_HEADER";
const FORWARDED_FOR: (&str, &str) = ("server.trusted_proxies", "1");

/// Whether Supabase's header says whom to count.
const SB_FORWARDED_FOR: &str = "SECURITY_SB_FORWARDED_FOR_ENABLED";

/// What needs no setting here: what it asks for is so anyway, or is of no use.
const NEEDLESS: [&str; 30] = [
    "API_MAX_REQUEST_DURATION",
    "API_REQUEST_ID_HEADER",
    "AUDIT_LOG_DISABLE_POSTGRES",
    "CORS_ALLOWED_HEADERS",
    "DB_DRIVER",
    "DB_MIGRATIONS_PATH",
    "DB_NAMESPACE",
    "INSTANCE_ID",
    "JWT_ADMIN_GROUP_NAME",
    "JWT_KEY_ID",
    "JWT_VALIDMETHODS",
    "JWT_VALID_METHODS",
    "LOG_FILE",
    "LOG_DISABLE_COLORS",
    "METRICS_ENABLED",
    "OPERATOR_TOKEN",
    // Our check asks each time, under a name of its own.
    "PASSWORD_HIBP_BLOOM_ENABLED",
    "PASSWORD_HIBP_BLOOM_FALSE_POSITIVES",
    "PASSWORD_HIBP_BLOOM_ITEMS",
    "PASSWORD_HIBP_USER_AGENT",
    // Nothing in GoTrue gives a session a tag: all have the first.
    "SESSIONS_TAGS",
    // The folder is looked at every second; SIGUSR1 and SIGUSR2 always count.
    "RELOADING_GRACE_PERIOD_INTERVAL",
    "RELOADING_NOTIFY_ENABLED",
    "RELOADING_POLLER_ENABLED",
    "RELOADING_POLLER_INTERVAL",
    "RELOADING_SIGNAL_ENABLED",
    "RELOADING_SIGNAL_NUMBER",
    "SMTP_LOGGING_ENABLED",
    "TRACING_ENABLED",
    "MULTI_INSTANCE_MODE",
];

/// Endings of a provider's variables, longer before shorter, and its settings.
const PROVIDER: [(&str, &str); 8] = [
    ("_SKIP_NONCE_CHECK", "skip_nonce_check"),
    ("_EMAIL_OPTIONAL", "email_optional"),
    ("_REDIRECT_URI", "redirect_uri"),
    ("_CLIENT_ID", "client_id"),
    ("_API_URL", "api_url"),
    ("_ENABLED", "enabled"),
    ("_SECRET", "secret"),
    ("_URL", "url"),
];

/// What GoTrue assumes where we assume something else.
const DEFAULTS: [(&str, &str); 1] = [("auth.password.min_length", "6")];

/// A variable and the setting that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// Without the prefix; one `*` stands for the last part of the setting's name, in capitals.
    variable: String,
    setting: String,
}

/// What the environment says, as our settings.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Translated {
    /// The variable, the setting, its value.
    pub(crate) settings: Vec<(String, String, String)>,
    /// What the operator should know.
    pub(crate) warnings: Vec<String>,
}

/// Reads the variables of GoTrue.
pub(crate) fn translate(environment: impl Iterator<Item = (String, String)>) -> Translated {
    let schema = settings::schema();
    let known = known(&schema);
    let mut translated = Translated::default();
    let environment: BTreeMap<_, _> = environment.collect();
    for (name, text) in &environment {
        let Some(variable) = variable(name) else {
            continue;
        };
        if NEEDLESS.contains(&variable) || text.is_empty() {
            continue;
        }
        let mut keys = settings_of(&known, variable);
        if let (true, Some((provider, setting))) = (keys.is_empty(), provider_setting(variable)) {
            if !is_enabled(&environment, provider) {
                continue;
            }
            keys.push(setting);
        }
        let mut text = text.as_str();
        if variable == RATE_LIMIT_HEADER && text.eq_ignore_ascii_case("x-forwarded-for") {
            let (key, value) = FORWARDED_FOR;
            (keys, text) = (vec![key.to_owned()], value);
        }
        if variable == SB_FORWARDED_FOR {
            match value::truth(text) {
                Some(true) => text = "Sb-Forwarded-For",
                _ => continue,
            }
        }
        let mut is_known = false;
        for key in keys {
            let Some(kind) = settings::at(&schema, &key) else {
                continue;
            };
            is_known = true;
            match value::ours(variable, text, kind) {
                Some(value) => translated.settings.push((name.clone(), key, value)),
                None => {
                    let warning = format!("{name} is not understood and is passed over");
                    translated.warnings.push(warning);
                }
            }
        }
        if !is_known {
            let warning = format!("{name} has no counterpart and is passed over");
            translated.warnings.push(warning);
        }
    }
    if translated.is_in_its_place() {
        translated.complete();
    }
    translated
}

impl Translated {
    /// Whether somebody speaks to GoTrue here.
    pub(crate) fn is_in_its_place(&self) -> bool {
        let mut names = self.settings.iter().map(|(name, ..)| name);
        names.any(|name| name.starts_with(PREFIX))
    }

    fn value(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(_, known, _)| known == key);
        found.map(|(_, _, value)| value.as_str())
    }

    fn assume(&mut self, key: &str, value: String) {
        if self.value(key).is_none() {
            let setting = ("GoTrue's default".to_owned(), key.to_owned(), value);
            self.settings.insert(0, setting);
        }
    }

    /// What GoTrue does without being told.
    fn complete(&mut self) {
        for (key, value) in DEFAULTS {
            self.assume(key, value.to_owned());
        }
        let Some(secret) = self.value("auth.tokens.secret").map(str::to_owned) else {
            return;
        };
        // Its tokens are signed with the shared secret, unless there are keys.
        self.assume("auth.tokens.keys", value::shared_key(&secret));
        if self.value("auth.encryption_key").is_none() {
            self.assume("auth.encryption_key", format!("encryption, not {secret}"));
            self.warnings.push(
                "GOTRUE_SECURITY_DB_ENCRYPTION_ENCRYPTION_KEY is not set: secrets in the database \
                 are sealed with a key made of GOTRUE_JWT_SECRET, which must not change then"
                    .to_owned(),
            );
        }
    }
}

/// The name without its prefix, of what may be a variable of GoTrue.
fn variable(name: &str) -> Option<&str> {
    let plain = || {
        let mut known = PROCESS
            .iter()
            .filter_map(|(known, _)| known.strip_suffix('*'));
        known.any(|known| known == name).then_some(name)
    };
    name.strip_prefix(PREFIX).or_else(plain)
}

impl Known {
    /// The setting, if the variable is this one.
    fn setting(&self, variable: &str) -> Option<String> {
        let Some((before, after)) = self.variable.split_once('*') else {
            return (self.variable == variable).then(|| self.setting.clone());
        };
        let part = variable.strip_prefix(before)?.strip_suffix(after)?;
        let is_name = !part.is_empty();
        is_name.then(|| format!("{}.{}", self.setting, part.to_lowercase()))
    }
}

/// Every setting that names the variable, else the one whose pattern fits best.
fn settings_of(known: &[Known], variable: &str) -> Vec<String> {
    let named = known.iter().filter(|known| known.variable == variable);
    let named: Vec<String> = named.map(|known| known.setting.clone()).collect();
    if !named.is_empty() {
        return named;
    }
    let fits = known.iter().find_map(|known| known.setting(variable));
    fits.into_iter().collect()
}

/// What a variable of an OAuth provider sets, such as `EXTERNAL_GITHUB_SECRET`: the provider in
/// capitals, and the setting.
fn provider_setting(variable: &str) -> Option<(&str, String)> {
    let rest = variable.strip_prefix("EXTERNAL_")?;
    let found = PROVIDER.iter().find_map(|(ending, field)| {
        let provider = rest.strip_suffix(ending)?;
        Some((provider, field))
    });
    let (provider, field) = found.filter(|(provider, _)| !provider.is_empty())?;
    let key = format!("auth.providers.{}.{field}", provider.to_lowercase());
    Some((provider, key))
}

/// A provider that is off need not be one that there is.
fn is_enabled(environment: &BTreeMap<String, String>, provider: &str) -> bool {
    let name = format!("{PREFIX}EXTERNAL_{provider}_ENABLED");
    let text = environment.get(&name);
    text.and_then(|text| value::truth(text)).unwrap_or(false)
}

/// Every variable there is a setting for: whole names before patterns, longer patterns before shorter.
fn known(schema: &Value) -> Vec<Known> {
    let mut known = Vec::new();
    for (variable, setting) in PROCESS {
        known.push(Known {
            variable: variable.trim_end_matches('*').to_owned(),
            setting: setting.to_owned(),
        });
    }
    let sections = schema["properties"].as_object();
    if let Some(auth) = sections.and_then(|sections| sections.get("auth")) {
        documented("auth", auth, &mut known);
    }
    known.sort_by_key(|known| {
        let is_pattern = known.variable.contains('*');
        (is_pattern, usize::MAX - known.variable.len())
    });
    known
}

/// Those that the documentation of settings names.
fn documented(path: &str, schema: &Value, known: &mut Vec<Known>) {
    let empty = Map::new();
    for (key, schema) in schema["properties"].as_object().unwrap_or(&empty) {
        let path = format!("{path}.{key}");
        let text = schema["description"].as_str().unwrap_or_default();
        for variable in variables(text) {
            let setting = path.clone();
            let found = Known { variable, setting };
            if !known.contains(&found) {
                known.push(found);
            }
        }
        documented(&path, schema, known);
    }
}

/// The names between backticks that look like variables: `SITE_URL`, `MAILER_SUBJECTS_*`.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| is_variable(name)).map(str::to_owned)
}

fn is_variable(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_*".contains(&byte);
    name.contains('_') && name.bytes().all(allowed) && name.matches('*').count() < 2
}

/// A page that lists every variable with its setting.
pub(crate) fn page() -> String {
    let mut page = String::from(
        "# GoTrue's variables\n\n\
         Generated by `crestfall settings gotrue`.\n\n\
         `crestfall auth` reads these as GoTrue does, with the prefix `GOTRUE_`; \
         `API_EXTERNAL_URL`, `DATABASE_URL`, `HOST`, `LOG_LEVEL` and `PORT` without it too. They are \
         stronger than `crestfall.toml` and weaker than `CRESTFALL_*` and flags. Numbers of seconds \
         and Go's durations are understood where a setting is a duration. A variable that is not \
         listed is told at the start and passed over. The schema in the database is always \
         `auth`.\n\n\
         With them, and unless they say otherwise, tokens are signed with `GOTRUE_JWT_SECRET` \
         (HS256) and a password needs 6 characters, as there.\n\n\
         `--config-dir` names a folder of files with them (`*.env`), which count more than the \
         environment and are read again when they change.\n\n\
         `RATE_LIMIT_HEADER=X-Forwarded-For` is `server.trusted_proxies = 1`: what is leftmost in that \
         header, which GoTrue counts by, anybody can write. `EXPERIMENTAL_SCIM_ENABLED` opens \
         `/scim/v2`, where users can be kept besides, by those whom `auth.scim.clients` names. SAML and \
         Web3 have no counterpart.\n\n\
         | variable | setting |\n|---|---|\n",
    );
    let mut all = known(&settings::schema());
    all.sort_by(|a, b| a.variable.cmp(&b.variable));
    for (ending, field) in PROVIDER {
        let row =
            format!("| `EXTERNAL_<PROVIDER>{ending}` | `auth.providers.<provider>.{field}` |\n");
        page.push_str(&row);
    }
    for Known { variable, setting } in all {
        let any = if variable.contains('*') { ".…" } else { "" };
        page.push_str(&format!("| `{variable}` | `{setting}{any}` |\n"));
    }
    page
}

#[cfg(test)]
mod tests;
