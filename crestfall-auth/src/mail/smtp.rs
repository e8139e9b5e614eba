//! Mail by SMTP (RFC 5321), written as RFC 5322 and MIME say.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::template::one_line;
use super::{
    MailConfig, MailError, MailKind, Mailer, OutgoingMail, SendError, SmtpConfig, SmtpTls,
};

/// What is ours to say in every mail.
const OURS: [&str; 12] = [
    "from",
    "to",
    "cc",
    "bcc",
    "sender",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
];

/// A mail server. Connections are kept and used again; clones share them.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    letterhead: Letterhead,
}

/// What every mail has.
#[derive(Clone)]
pub(super) struct Letterhead {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    headers: Vec<(HeaderName, String)>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    /// Connects when the first mail goes. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a setting makes no sense.
    pub fn new(config: &MailConfig) -> Result<Self, MailError> {
        let letterhead = Letterhead::new(config)?;
        let smtp = &config.smtp;
        let transport = builder(smtp)?
            .timeout(Some(smtp.timeout.get()))
            .pool_config(PoolConfig::new().max_size(smtp.connections.max(1)))
            .build();
        Ok(Self {
            transport,
            letterhead,
        })
    }
}

fn wrong(error: impl fmt::Display) -> MailError {
    MailError::Setting(format!("mail.smtp: {error}"))
}

fn builder(smtp: &SmtpConfig) -> Result<AsyncSmtpTransportBuilder, MailError> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    if !smtp.url.is_empty() {
        return match smtp.ca_file {
            None => Transport::from_url(smtp.url.expose()).map_err(wrong),
            Some(_) => Err(wrong("ca_file goes with host, not with url")),
        };
    }
    let (port, tls) = match smtp.tls {
        SmtpTls::Implicit => (465, Tls::Wrapper(parameters(smtp)?)),
        SmtpTls::Starttls => (587, Tls::Required(parameters(smtp)?)),
        SmtpTls::Opportunistic => (587, Tls::Opportunistic(parameters(smtp)?)),
        SmtpTls::None => (25, Tls::None),
    };
    let builder = Transport::builder_dangerous(&smtp.host)
        .port(smtp.port.unwrap_or(port))
        .tls(tls);
    if smtp.user.is_empty() {
        return Ok(builder);
    }
    let password = smtp.password.expose().to_owned();
    Ok(builder.credentials(Credentials::new(smtp.user.clone(), password)))
}

/// Whose certificates are trusted.
fn parameters(smtp: &SmtpConfig) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let unreadable = |error: &dyn fmt::Display| {
            wrong(format!(
                "ca_file {} cannot be used: {error}",
                file.display()
            ))
        };
        let pem = std::fs::read(file).map_err(|error| unreadable(&error))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| unreadable(&error))?;
        parameters = parameters.add_root_certificate(authority);
    }
    parameters.build().map_err(wrong)
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let message = self
            .letterhead
            .message(mail)
            .map_err(|reason| SendError::Permanent(reason.to_owned()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// The server's own words are left out: they name the address.
fn classify(error: &lettre::transport::smtp::Error) -> SendError {
    let Some(code) = error.status().map(u16::from) else {
        return SendError::Retry(format!("the mail server could not be used: {error}"));
    };
    let reason = format!("the mail server answered {code}");
    match code {
        // About us and not the mail: somebody will mend it.
        534 | 535 => SendError::Retry(format!("{reason}: it refuses mail.smtp.user or password")),
        530..=538 => SendError::Retry(format!("{reason}: it wants TLS, or a user and password")),
        _ if error.is_permanent() => SendError::Permanent(reason),
        _ => SendError::Retry(reason),
    }
}

impl Letterhead {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailError> {
        let wrong = |name: &'static str| {
            move |error: AddressError| MailError::Setting(format!("mail.{name}: {error}"))
        };
        let address: Address = config.sender_email.parse().map_err(wrong("sender_email"))?;
        if config.sender_name.contains(char::is_control) {
            let reason = "mail.sender_name: a name has no line breaks";
            return Err(MailError::Setting(reason.to_owned()));
        }
        let name = Some(config.sender_name.clone()).filter(|name| !name.is_empty());
        let reply_to = match config.reply_to.as_str() {
            "" => None,
            address => Some(Mailbox::new(
                None,
                address.parse().map_err(wrong("reply_to"))?,
            )),
        };
        Ok(Self {
            from: Mailbox::new(name, address),
            reply_to,
            headers: headers(config)?,
        })
    }

    pub(super) fn message(&self, mail: &OutgoingMail) -> Result<Message, &'static str> {
        let to: Address = mail.to.parse().map_err(|_| "the address is none")?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.content.subject))
            .date(SystemTime::from(mail.written_at))
            .message_id(Some(mail.message_id.clone()))
            // RFC 3834: nobody's holiday answers this.
            .raw_header(raw("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        for (name, value) in &self.headers {
            let value = for_kind(value, mail.kind);
            builder = builder.raw_header(HeaderValue::new(name.clone(), value));
        }
        let (text, html) = (mail.content.text.clone(), mail.content.html.clone());
        builder
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|_| "the mail cannot be written")
    }
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn for_kind(value: &str, kind: MailKind) -> String {
    value.replace("$messageType", &kind.message_type())
}

fn headers(config: &MailConfig) -> Result<Vec<(HeaderName, String)>, MailError> {
    let wrong = |name: &str, why: &str| MailError::Setting(format!("mail.headers.{name}: {why}"));
    let mut headers = Vec::new();
    for (name, values) in &config.headers {
        if OURS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(wrong(name, "this header is set by Crestfall"));
        }
        let header = HeaderName::new_from_ascii(name.clone())
            .map_err(|_| wrong(name, "this is no name of a header"))?;
        for value in values {
            if value.contains(char::is_control) {
                return Err(wrong(name, "a value has no line breaks"));
            }
            headers.push((header.clone(), value.clone()));
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::RenderedMail;

    fn mail(subject: &str) -> OutgoingMail {
        OutgoingMail {
            message_id: "<1@example.com>".into(),
            kind: MailKind::Reauthentication,
            to: "ada@example.com".into(),
            written_at: chrono::DateTime::UNIX_EPOCH,
            expires_at: None,
            content: RenderedMail {
                subject: subject.into(),
                html: "<p>ü</p>".into(),
                text: "ü".into(),
            },
        }
    }

    fn config() -> MailConfig {
        MailConfig {
            sender_email: "no-reply@example.com".into(),
            sender_name: "Büro, \"Ltd.\" <eve@example.com>".into(),
            headers: [("X-Kind".to_owned(), vec!["is-$messageType".to_owned()])].into(),
            ..MailConfig::default()
        }
    }

    #[test]
    fn no_value_adds_a_header() {
        // SEC-38.
        let letterhead = Letterhead::new(&config()).unwrap();
        let written = letterhead
            .message(&mail("Hi\r\nBcc: eve@example.com\r\n\r\nbody"))
            .unwrap();
        let text = String::from_utf8(written.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Kind",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected, "{head}");
        assert!(head.contains("X-Kind: is-reauthenticate\r\n"), "{head}");
        assert!(head.contains("Message-ID: <1@example.com>\r\n"), "{head}");
        for to in [
            "a@b.example\r\nBcc: x@y.example",
            "a@b.example, c@d.example",
            "",
            "<a@b.example>",
        ] {
            let mail = OutgoingMail {
                to: to.into(),
                ..mail("x")
            };
            assert!(letterhead.message(&mail).is_err(), "{to}");
        }
    }

    #[test]
    fn an_authority_that_cannot_be_read_is_named() {
        let mut config = SmtpConfig {
            host: "mail.example.org".into(),
            ca_file: Some("/nowhere/ca.pem".into()),
            ..SmtpConfig::default()
        };
        let error = |config: &SmtpConfig| builder(config).err().unwrap().to_string();
        assert!(error(&config).contains("/nowhere/ca.pem"));
        config.url = crestfall_core::Secret::new("smtps://mail.example.org");
        assert!(error(&config).contains("not with url"));
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        let error = |change: fn(&mut MailConfig)| {
            let mut config = config();
            change(&mut config);
            Letterhead::new(&config).err().unwrap().to_string()
        };
        assert!(error(|config| config.sender_email.clear()).starts_with("mail.sender_email: "));
        assert!(
            error(|config| drop(config.headers.insert("From".into(), vec![])))
                .starts_with("mail.headers.From: ")
        );
        assert!(
            error(|config| drop(config.headers.insert("X Y".into(), vec![]))).contains("no name")
        );
        assert!(
            error(|config| drop(config.headers.insert("X".into(), vec!["a\nb".into()])))
                .contains("line breaks")
        );
    }
}
