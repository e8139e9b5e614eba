//! What is written to people, in which words, and how it reaches them.
//!
//! A mail is rendered where it is promised, inside the caller's transaction, and waits in the
//! queue of [`crestfall_core::job`] as it will be sent. Rendering it there, and not when it is
//! sent, has reasons: it says what was meant at that moment; what cannot be rendered fails before
//! its cause, not silently in a queue; its `Message-ID` and date are the same in every attempt; and
//! nodes of two versions need not agree about templates while one replaces the other. The price is
//! that the queue holds codes for as long as a mail waits: rows leave it when a mail is sent, and
//! lose their content when it is given up.

mod builtin;
mod catcher;
mod config;
mod error;
mod kind;
mod language;
mod library;
mod mailer;
mod plain;
mod smtp;
pub(crate) mod template;
mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crestfall_core::egress::Egress;
use crestfall_core::job::Job;
use sqlx::postgres::PgConnection;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

pub use builtin::Source;
pub use catcher::Catcher;
pub use config::{MailConfig, SmtpConfig, SmtpTls};
pub use error::MailError;
pub use kind::MailKind;
pub use language::languages;
pub use mailer::{Delivery, Discard, Mailer, OutgoingMail, RenderedMail, SendError};
pub use smtp::Smtp;
pub use variables::Variables;

use library::{Library, remote};

/// Writes mails and promises them. Clones share the templates.
#[derive(Clone)]
pub struct Mails(Arc<Inner>);

struct Inner {
    config: MailConfig,
    site_url: String,
    /// Of the service, with a slash at the end.
    base: Url,
    library: Library,
    template_urls: BTreeMap<MailKind, Url>,
}

impl std::fmt::Debug for Mails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mails")
    }
}

/// A mail to be written.
#[derive(Clone)]
pub struct Mail {
    /// What it is about.
    pub kind: MailKind,
    /// The address.
    pub to: String,
    /// In which language, the best first; see [`languages`].
    pub languages: Vec<String>,
    /// What it can say.
    pub variables: Variables,
    /// When its code expires: afterwards it is not sent.
    pub expires_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Mails {
    /// The kind of job that [`Delivery`] does.
    pub const JOB: &'static str = "auth.mail";

    /// Reads all templates. `site_url` is the application's, `external_url` that of this service as
    /// the world sees it: links lead there and nowhere else, whatever a request's headers say.
    ///
    /// # Errors
    /// When a template is not understood, or a setting makes no sense.
    pub fn new(config: MailConfig, site_url: &str, external_url: &str) -> Result<Self, MailError> {
        let wrong =
            |name: &str, url: &str| MailError::Setting(format!("{name}: `{url}` is no URL"));
        let base = format!("{}/", external_url.trim_end_matches('/'));
        let base = Url::parse(&base).map_err(|_| wrong("external_url", external_url))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong("external_url", external_url));
        }
        for (kind, path) in &config.url_paths {
            let name = format!("mail.url_paths.{}", kind.name());
            base.join(path).map_err(|_| wrong(&name, path))?;
        }
        Ok(Self(Arc::new(Inner {
            library: Library::new(&config)?,
            template_urls: remote::addresses(&config, site_url)?,
            config,
            site_url: site_url.to_owned(),
            base,
        })))
    }

    /// Keeps the templates of `template_urls` current, until told to end.
    pub(crate) async fn keep_templates(&self, egress: &Egress, end: CancellationToken) {
        remote::keep(&self.0.library, &self.0.template_urls, egress, end).await;
    }

    /// Takes over what others fetched from the same addresses, so that no mail is written in other
    /// words until it is fetched again.
    pub(crate) fn keep_fetched(&self, before: &Self) {
        for (kind, url) in &self.0.template_urls {
            if before.0.template_urls.get(kind) == Some(url) {
                self.0.library.take_over(*kind, &before.0.library);
            }
        }
    }

    /// Where templates are fetched from.
    pub(crate) fn template_urls(&self) -> impl Iterator<Item = &Url> {
        self.0.template_urls.values()
    }

    /// Promises a mail in the caller's transaction: it is sent if that commits, and only then. Does
    /// nothing for a notice that is turned off.
    ///
    /// # Errors
    /// When it cannot be written, or the database refuses.
    pub async fn enqueue(
        &self,
        connection: &mut PgConnection,
        mail: &Mail,
    ) -> Result<(), MailError> {
        if !self.is_enabled(mail.kind) {
            return Ok(());
        }
        let outgoing = self.write(mail)?;
        let payload = serde_json::to_value(outgoing)
            .map_err(|error| MailError::Setting(error.to_string()))?;
        Job::new(Self::JOB, payload)
            .confidential()
            .max_attempts(self.0.config.max_attempts)
            .enqueue(connection)
            .await?;
        Ok(())
    }

    /// Whether mails of this kind are sent.
    pub fn is_enabled(&self, kind: MailKind) -> bool {
        let setting = self.0.config.notices.get(&kind);
        !kind.is_notice() || setting.copied().unwrap_or(true)
    }

    /// The mail as it will be sent.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn write(&self, mail: &Mail) -> Result<OutgoingMail, MailError> {
        let link = self.link_of(mail.kind, &mail.variables);
        let data = mail
            .variables
            .for_template(&self.0.site_url, &link, &mail.to);
        Ok(OutgoingMail {
            message_id: format!("<{}@{}>", Uuid::new_v4(), self.domain()),
            kind: mail.kind,
            to: mail.to.clone(),
            written_at: Utc::now(),
            expires_at: mail.expires_at,
            content: self.0.library.render(mail.kind, &mail.languages, &data)?,
        })
    }

    /// A mail with made-up contents, to be looked at.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn preview(&self, kind: MailKind, language: &str) -> Result<RenderedMail, MailError> {
        let variables = Variables::sample(kind);
        let link = self.link_of(kind, &variables);
        let mut data = variables.for_template(&self.0.site_url, &link, &variables.email);
        if kind.is_notice() {
            data["Token"] = "".into();
        }
        self.0
            .library
            .render(kind, &[language::normal(language)], &data)
    }

    /// The languages there are mails in, in whole or in part.
    pub fn languages(&self) -> Vec<String> {
        self.0.library.languages()
    }

    /// The link a mail carries, as `generate_link` gives it to administrators. The address of
    /// the service comes from the settings alone.
    pub fn link(&self, kind: MailKind, token_hash: &str, redirect_to: &str) -> Option<String> {
        let verification = verification(kind)?;
        let path = self
            .0
            .config
            .url_paths
            .get(&kind)
            .map_or("verify", String::as_str);
        let mut url = self
            .0
            .base
            .join(path)
            .unwrap_or_else(|_| self.0.base.clone());
        let mut query = url.query_pairs_mut();
        query
            .append_pair("token", token_hash)
            .append_pair("type", verification);
        // As GoTrue writes it, a plain address stays as it is.
        let is_plain = redirect_to
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte));
        if !redirect_to.is_empty() && !is_plain {
            query.append_pair("redirect_to", redirect_to);
        }
        drop(query);
        if !redirect_to.is_empty() && is_plain {
            let query = format!(
                "{}&redirect_to={redirect_to}",
                url.query().unwrap_or_default()
            );
            url.set_query(Some(&query));
        }
        Some(url.into())
    }

    fn link_of(&self, kind: MailKind, variables: &Variables) -> String {
        if variables.token_hash.is_empty() {
            return String::new();
        }
        self.link(kind, &variables.token_hash, &variables.redirect_to)
            .unwrap_or_default()
    }

    /// What stands after the `@` of our message ids.
    fn domain(&self) -> &str {
        let sender = self
            .0
            .config
            .sender_email
            .rsplit_once('@')
            .map(|(_, domain)| domain);
        sender
            .filter(|domain| !domain.is_empty())
            .or(self.0.base.host_str())
            .unwrap_or("localhost")
    }
}

/// The `type` that `/verify` takes.
fn verification(kind: MailKind) -> Option<&'static str> {
    match kind {
        MailKind::Confirmation => Some("signup"),
        MailKind::Invite => Some("invite"),
        MailKind::Recovery => Some("recovery"),
        MailKind::MagicLink | MailKind::AccountLocked => Some("magiclink"),
        MailKind::EmailChangeCurrent | MailKind::EmailChangeNew => Some("email_change"),
        MailKind::Reauthentication
        | MailKind::PasswordChanged
        | MailKind::EmailChanged
        | MailKind::PhoneChanged
        | MailKind::IdentityLinked
        | MailKind::IdentityUnlinked
        | MailKind::MfaFactorEnrolled
        | MailKind::MfaFactorUnenrolled
        | MailKind::RecoveryCodeUsed
        | MailKind::NewSignIn => None,
    }
}

/// The built-in templates of a kind, to be copied into files and changed. In English or German.
pub fn builtin_source(language: &str, kind: MailKind) -> Option<Source> {
    builtin::source(&language::normal(language), kind)
}

#[cfg(test)]
mod tests;
