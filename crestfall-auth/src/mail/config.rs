//! Settings of mail.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MailKind;

/// Mail: who sends it, by which server, in which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The server that takes our mail.
    pub smtp: SmtpConfig,
    /// The address mail comes from. GoTrue: `SMTP_ADMIN_EMAIL`.
    pub sender_email: String,
    /// The name mail comes from. GoTrue: `SMTP_SENDER_NAME`.
    pub sender_name: String,
    /// Where answers go; empty: to the sender.
    pub reply_to: String,
    /// Extra headers. `$messageType` in a value becomes the kind of mail. GoTrue: `SMTP_HEADERS`.
    pub headers: BTreeMap<String, Vec<String>>,
    /// A folder with `<language>/<kind>.html`, `.txt` and `.subject`, or `<kind>.…` for the default
    /// language, in Go's template syntax; what is missing is built in. A changed file counts at once.
    pub templates: Option<PathBuf>,
    /// Addresses of HTML in the default language, by kind; a path is the site's. They are fetched as the
    /// service starts and every ten minutes; until then, and while one cannot be had, the text from
    /// before or the built-in one goes out. A file of `templates` goes first. GoTrue:
    /// `MAILER_TEMPLATES_*`.
    pub template_urls: BTreeMap<MailKind, String>,
    /// The language of those who asked for none that there is.
    pub default_language: String,
    /// Subjects in the default language, where no file has one. GoTrue: `MAILER_SUBJECTS_*`.
    pub subjects: BTreeMap<MailKind, String>,
    /// Paths of links below the service's own URL; default `verify`. GoTrue: `MAILER_URLPATHS_*`.
    pub url_paths: BTreeMap<MailKind, String>,
    /// Notices that are sent or not; one not named is sent. GoTrue: `MAILER_NOTIFICATIONS_*_ENABLED`,
    /// which are off.
    pub notices: BTreeMap<MailKind, bool>,
    /// How often a mail is tried until it is given up, with pauses from 5 seconds to 10 minutes:
    /// 40 are about five hours.
    pub max_attempts: u32,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            smtp: SmtpConfig::default(),
            sender_email: String::new(),
            sender_name: String::new(),
            reply_to: String::new(),
            headers: BTreeMap::new(),
            templates: None,
            template_urls: BTreeMap::new(),
            default_language: "en".into(),
            subjects: BTreeMap::new(),
            url_paths: BTreeMap::new(),
            notices: BTreeMap::new(),
            max_attempts: 40,
        }
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required`; instead of the rest.
    pub url: Secret,
    /// Its name; empty: no mail is sent. GoTrue: `SMTP_HOST`.
    pub host: String,
    /// Its port; default 587, with implicit TLS 465, without TLS 25. GoTrue: `SMTP_PORT`, 587.
    pub port: Option<u16>,
    /// Who we are; empty: we do not say. GoTrue: `SMTP_USER`.
    pub user: String,
    /// And the password. GoTrue: `SMTP_PASS`.
    pub password: Secret,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// A file with certificates (PEM) of authorities that vouch for the server besides those that
    /// this machine trusts: for a mail server of your own. Not beside `url`.
    pub ca_file: Option<PathBuf>,
    /// How long connecting or one command may take.
    pub timeout: Duration,
    /// Connections at most.
    pub connections: u32,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            host: String::new(),
            port: None,
            user: String::new(),
            password: Secret::default(),
            tls: SmtpTls::default(),
            ca_file: None,
            timeout: Duration::seconds(15),
            connections: 4,
        }
    }
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// TLS from the first byte (RFC 8314), usually on port 465.
    Implicit,
    /// TLS by `STARTTLS`; no mail without it.
    #[default]
    Starttls,
    /// TLS if the server offers it: anybody between can prevent it. As GoTrue does.
    Opportunistic,
    /// None: for a server on the same machine.
    None,
}

impl SmtpConfig {
    /// Whether there is a server.
    pub fn is_set(&self) -> bool {
        !self.url.is_empty() || !self.host.is_empty()
    }
}
