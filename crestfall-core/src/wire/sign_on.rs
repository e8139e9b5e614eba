//! The first messages of a connection: who we are, proof of it, and what the server says of itself.

use bytes::{Buf, BytesMut};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{self, ScramSha256};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::config::{ChannelBinding, Resolved, SessionAttrs, Target};
use super::message::{self, Body, Malformed, Next};
use super::socket::Stream;
use super::tls;
use crate::db::DbError;

/// More than any message of this phase has; a server that sends more is none of PostgreSQL's.
const MAX_MESSAGE: usize = 1 << 20;

/// More rounds than any server asks for, less than what would keep us busy for long.
const MAX_ITERATIONS: u32 = 10_000_000;

/// What the server said of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Greeting {
    /// Process and secret, by which it can be asked to cancel.
    pub(crate) key: Option<(i32, i32)>,
    /// For example `15.3 (Debian 15.3-1)`.
    pub(crate) version: String,
    in_recovery: Option<bool>,
    read_only: Option<bool>,
}

impl Greeting {
    /// For example `150003`, as `server_version_num` has it.
    pub(crate) fn version_num(&self) -> u32 {
        let numbers: Vec<u32> = self
            .version
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|part| part.parse().ok())
            .collect();
        match *numbers.as_slice() {
            [major, minor, ..] if major >= 10 => major * 10_000 + minor,
            [major] | [major, ..] => major * 10_000,
            [] => 0,
        }
    }

    /// Why this server is not the one wanted.
    pub(super) fn unwanted(&self, wanted: SessionAttrs) -> Option<&'static str> {
        let standby = self.in_recovery.unwrap_or(false);
        let read_only = standby || self.read_only.unwrap_or(false);
        match wanted {
            SessionAttrs::Any | SessionAttrs::PreferStandby => None,
            SessionAttrs::ReadWrite => read_only.then_some("session is read-only"),
            SessionAttrs::ReadOnly => (!read_only).then_some("session is not read-only"),
            SessionAttrs::Primary => standby.then_some("server is in hot standby mode"),
            SessionAttrs::Standby => (!standby).then_some("server is not in hot standby mode"),
        }
    }
}

/// A connection that is being signed on.
pub(super) struct SignOn<'a> {
    stream: Stream,
    config: &'a Resolved,
    target: &'a Target,
    read: BytesMut,
    write: BytesMut,
    /// Whether the server proved that it knows the password over this very channel.
    bound: bool,
}

impl<'a> SignOn<'a> {
    pub(super) fn new(stream: Stream, config: &'a Resolved, target: &'a Target) -> Self {
        Self {
            stream,
            config,
            target,
            read: BytesMut::with_capacity(16 * 1024),
            write: BytesMut::new(),
            bound: false,
        }
    }

    /// Everything up to the first `ReadyForQuery`.
    pub(super) async fn run(&mut self) -> Result<Greeting, DbError> {
        self.say_hello()?;
        self.send().await?;
        self.authenticate().await?;
        self.greeting().await
    }

    /// The socket, and what was read beyond the greeting.
    pub(super) fn finish(self) -> (Stream, BytesMut) {
        (self.stream, self.read)
    }

    fn say_hello(&mut self) -> Result<(), DbError> {
        let mut parameters = vec![
            ("user", self.config.user.as_str()),
            ("database", &self.config.database),
            ("client_encoding", "UTF8"),
        ];
        if let Some(name) = &self.config.application_name {
            parameters.push(("application_name", name));
        }
        if let Some(options) = &self.config.options {
            parameters.push(("options", options));
        }
        frontend::startup_message(parameters, &mut self.write)
            .map_err(|_| DbError::Config("a NUL in user, database or options".into()))
    }

    async fn authenticate(&mut self) -> Result<(), DbError> {
        let mut method = "none";
        loop {
            let (tag, body) = self.message().await?;
            if tag != b'R' {
                return Err(Malformed("no authentication request").into());
            }
            let mut body = Body(&body);
            match body.i32()? {
                0 => return self.authenticated(method),
                3 => {
                    method = "password";
                    self.cleartext().await?;
                }
                5 => {
                    method = "md5";
                    self.md5(body.salt()?).await?;
                }
                10 => {
                    method = "scram-sha-256";
                    let mut mechanisms = Vec::new();
                    while let Some(name) = Some(body.text()?).filter(|name| !name.is_empty()) {
                        mechanisms.push(name.into_owned());
                    }
                    self.scram(&mechanisms).await?;
                }
                other => {
                    return Err(DbError::Connection(format!(
                        "authentication method {other} is not supported"
                    )));
                }
            }
        }
    }

    fn authenticated(&self, method: &str) -> Result<(), DbError> {
        self.permit(method)?;
        if self.config.channel_binding == ChannelBinding::Require && !self.bound {
            return Err(DbError::Connection(
                "channel binding required, but server authenticated client without channel binding"
                    .into(),
            ));
        }
        Ok(())
    }

    fn permit(&self, method: &str) -> Result<(), DbError> {
        match &self.config.require_auth {
            Some(required) if !required.permits(method) => Err(DbError::Connection(format!(
                "authentication method requirement failed: server requested {method}"
            ))),
            _ => Ok(()),
        }
    }

    fn password(&self) -> Result<&'a str, DbError> {
        self.target
            .password
            .as_deref()
            .ok_or_else(|| DbError::Connection("no password supplied".into()))
    }

    /// Without channel binding, a password must not go where binding was asked for.
    fn unbound_method(&self, method: &str) -> Result<(), DbError> {
        self.permit(method)?;
        if self.config.channel_binding == ChannelBinding::Require {
            return Err(DbError::Connection(
                "channel binding required but not supported by server's authentication request"
                    .into(),
            ));
        }
        Ok(())
    }

    async fn cleartext(&mut self) -> Result<(), DbError> {
        self.unbound_method("password")?;
        // Over TCP without TLS only when it was asked for by name.
        if matches!(self.stream, Stream::Tcp(_)) && self.config.require_auth.is_none() {
            return Err(DbError::Connection(
                "the server asks for the password in clear over an unencrypted connection; \
                 use sslmode=require, or allow it by require_auth=password"
                    .into(),
            ));
        }
        let password = self.password()?;
        self.send_password(password.as_bytes()).await
    }

    async fn md5(&mut self, salt: [u8; 4]) -> Result<(), DbError> {
        self.unbound_method("md5")?;
        let password = self.password()?;
        let hash = md5_hash(self.config.user.as_bytes(), password.as_bytes(), salt);
        self.send_password(hash.as_bytes()).await
    }

    async fn send_password(&mut self, password: &[u8]) -> Result<(), DbError> {
        frontend::password_message(password, &mut self.write)
            .map_err(|_| DbError::Config("a NUL in the password".into()))?;
        self.send().await
    }

    async fn scram(&mut self, mechanisms: &[String]) -> Result<(), DbError> {
        self.permit("scram-sha-256")?;
        let password = self.password()?;
        let (binding, mechanism) = self.choose_mechanism(mechanisms)?;
        let mut scram = ScramSha256::new(password.as_bytes(), binding);
        frontend::sasl_initial_response(mechanism, scram.message(), &mut self.write)
            .map_err(encode)?;
        self.send().await?;
        let challenge = self.sasl(11).await?;
        check_iterations(&challenge)?;
        scram.update(&challenge).map_err(not_proved)?;
        frontend::sasl_response(scram.message(), &mut self.write).map_err(encode)?;
        self.send().await?;
        let proof = self.sasl(12).await?;
        scram.finish(&proof).map_err(not_proved)?;
        self.bound = mechanism == sasl::SCRAM_SHA_256_PLUS;
        Ok(())
    }

    fn choose_mechanism(
        &self,
        mechanisms: &[String],
    ) -> Result<(sasl::ChannelBinding, &'static str), DbError> {
        let offers = |name: &str| mechanisms.iter().any(|offered| offered == name);
        let end_point = match self.config.channel_binding {
            ChannelBinding::Disable => None,
            _ => tls::end_point(&self.stream),
        };
        if offers(sasl::SCRAM_SHA_256_PLUS)
            && let Some(end_point) = end_point
        {
            let binding = sasl::ChannelBinding::tls_server_end_point(end_point);
            return Ok((binding, sasl::SCRAM_SHA_256_PLUS));
        }
        self.unbound_method("scram-sha-256")?;
        if !offers(sasl::SCRAM_SHA_256) {
            return Err(DbError::Connection(
                "none of the server's SASL authentication mechanisms are supported".into(),
            ));
        }
        // "Unsupported by us" only when it is: else a server that hides it would go unnoticed.
        let binding = match tls::end_point(&self.stream) {
            Some(_) if self.config.channel_binding == ChannelBinding::Prefer => {
                sasl::ChannelBinding::unrequested()
            }
            _ => sasl::ChannelBinding::unsupported(),
        };
        Ok((binding, sasl::SCRAM_SHA_256))
    }

    async fn sasl(&mut self, expected: i32) -> Result<Vec<u8>, DbError> {
        let (tag, body) = self.message().await?;
        let mut body = Body(&body);
        if tag != b'R' || body.i32()? != expected {
            return Err(Malformed("not the next step of SASL").into());
        }
        Ok(body.0.to_vec())
    }

    async fn greeting(&mut self) -> Result<Greeting, DbError> {
        let mut greeting = Greeting::default();
        loop {
            let (tag, body) = self.message().await?;
            let mut body = Body(&body);
            match tag {
                b'K' => greeting.key = Some((body.i32()?, body.i32()?)),
                b'S' => {
                    let name = body.text()?;
                    let value = body.text()?;
                    match &*name {
                        "server_version" => greeting.version = value.into_owned(),
                        "in_hot_standby" => greeting.in_recovery = Some(value == "on"),
                        "default_transaction_read_only" => greeting.read_only = Some(value == "on"),
                        _ => {}
                    }
                }
                b'Z' => return Ok(greeting),
                b'v' => {}
                _ => return Err(Malformed("unexpected while signing on").into()),
            }
        }
    }

    /// Servers before 14, and poolers, do not report their role: asks.
    pub(super) async fn look_at_role(
        &mut self,
        mut greeting: Greeting,
        wanted: SessionAttrs,
    ) -> Result<Greeting, DbError> {
        let known = greeting.in_recovery.is_some() && greeting.read_only.is_some();
        if known || matches!(wanted, SessionAttrs::Any | SessionAttrs::PreferStandby) {
            return Ok(greeting);
        }
        let query = "select pg_catalog.pg_is_in_recovery(), \
                     pg_catalog.current_setting('transaction_read_only') = 'on'";
        frontend::query(query, &mut self.write).map_err(encode)?;
        self.send().await?;
        loop {
            let (tag, body) = self.message().await?;
            match tag {
                b'D' => {
                    // Two values of one byte: count, length, value, length, value.
                    greeting.in_recovery = Some(body.get(6) == Some(&b't'));
                    greeting.read_only = Some(body.get(11) == Some(&b't'));
                }
                b'Z' => return Ok(greeting),
                _ => {}
            }
        }
    }

    async fn send(&mut self) -> Result<(), DbError> {
        let bytes = self.write.split();
        self.stream.write_all(&bytes).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// The next message; an error of the server is an error here, notices are passed over.
    async fn message(&mut self) -> Result<(u8, BytesMut), DbError> {
        loop {
            let total = match message::next_frame(&self.read)? {
                Next::Frame(frame) => frame.total,
                Next::Needs(total) if total > MAX_MESSAGE => {
                    return Err(Malformed("too long while signing on").into());
                }
                Next::Needs(_) => {
                    if self.stream.read_buf(&mut self.read).await.map_err(lost)? == 0 {
                        return Err(DbError::Connection(
                            "server closed the connection unexpectedly".into(),
                        ));
                    }
                    continue;
                }
            };
            let mut body = self.read.split_to(total);
            let tag = body[0];
            body.advance(5);
            match tag {
                b'E' => return Err(DbError::Refused(Box::new(message::error_fields(&body)?))),
                b'N' => {}
                _ => return Ok((tag, body)),
            }
        }
    }
}

/// The work a challenge asks of us is the server's choice; a hostile one must not stop the process.
fn check_iterations(challenge: &[u8]) -> Result<(), DbError> {
    let iterations = std::str::from_utf8(challenge)
        .ok()
        .and_then(|text| text.split(',').find_map(|part| part.strip_prefix("i=")))
        .and_then(|number| number.parse::<u32>().ok());
    match iterations {
        Some(1..=MAX_ITERATIONS) => Ok(()),
        _ => Err(Malformed("SCRAM iteration count").into()),
    }
}

fn lost(error: std::io::Error) -> DbError {
    DbError::Connection(error.to_string())
}

fn encode(error: std::io::Error) -> DbError {
    DbError::Encode(error.to_string())
}

fn not_proved(error: std::io::Error) -> DbError {
    DbError::Connection(format!("SCRAM authentication failed: {error}"))
}

impl From<Malformed> for DbError {
    fn from(malformed: Malformed) -> Self {
        Self::Connection(malformed.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_numbers() {
        let number = |version: &str| {
            let greeting = Greeting {
                version: version.into(),
                ..Greeting::default()
            };
            greeting.version_num()
        };
        assert_eq!(number("15.3 (Debian 15.3-1)"), 150_003);
        assert_eq!(number("17beta1"), 170_000);
        assert_eq!(number("18devel"), 180_000);
        assert_eq!(number(""), 0);
    }

    #[test]
    fn a_servers_role_is_compared() {
        let standby = Greeting {
            in_recovery: Some(true),
            ..Greeting::default()
        };
        assert!(standby.unwanted(SessionAttrs::ReadWrite).is_some());
        assert!(standby.unwanted(SessionAttrs::Primary).is_some());
        assert!(standby.unwanted(SessionAttrs::Standby).is_none());
        let primary = Greeting::default();
        assert!(primary.unwanted(SessionAttrs::ReadOnly).is_some());
        assert!(primary.unwanted(SessionAttrs::Any).is_none());
    }

    #[test]
    fn a_challenge_may_not_ask_for_endless_work() {
        assert!(check_iterations(b"r=x,s=y,i=4096").is_ok());
        assert!(check_iterations(b"r=x,s=y,i=4000000000").is_err());
        assert!(check_iterations(b"\xff").is_err());
    }
}
