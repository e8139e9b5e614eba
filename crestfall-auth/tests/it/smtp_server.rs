//! A mail server that misbehaves as told.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, Lines, ReadHalf,
    WriteHalf, split,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it does with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers the recipient with this line.
    Refuse(&'static str),
    /// Takes the message and drops the connection without saying so.
    DropAfterData,
}

/// How its connections are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    Starttls,
    Implicit,
}

/// Takes mail on a port of this machine.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    moods: VecDeque<Mood>,
    messages: Vec<String>,
    /// What a client has to say of itself (`AUTH PLAIN`, in Base64), and whether it has been wrong.
    credentials: Option<String>,
    refused: usize,
    /// Messages that came without TLS.
    in_the_open: usize,
}

/// An authority, and a server's certificate for `localhost`.
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = "
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
              -subj /CN=ca -keyout ca.key -out ca.crt
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
              -subj /CN=localhost -keyout server.key -out server.csr
            echo subjectAltName=DNS:localhost > ext
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
              -extfile ext -out server.crt";
        let status = Command::new("sh")
            .args(["-ec", script])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "openssl");
        Self(folder)
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.0.path().join("ca.crt")
    }

    fn acceptor(&self) -> TlsAcceptor {
        let file = |name: &str| Path::join(self.0.path(), name);
        let certificates = CertificateDer::pem_file_iter(file("server.crt")).unwrap();
        let certificates = certificates.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_on(0).await
    }

    /// On a port that was free a moment ago.
    pub(crate) async fn start_on(port: u16) -> Self {
        Self::listen(port, State::default(), Protection::None, None).await
    }

    /// By TLS, for a client that says who it is.
    pub(crate) async fn start_protected(
        protection: Protection,
        certificates: &Certificates,
        credentials: &str,
    ) -> Self {
        let state = State {
            credentials: Some(credentials.to_owned()),
            ..State::default()
        };
        Self::listen(0, state, protection, Some(certificates.acceptor())).await
    }

    async fn listen(
        port: u16,
        state: State,
        protection: Protection,
        acceptor: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(Mutex::new(state)),
        };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, acceptor) = (Arc::clone(&state), acceptor.clone());
                tokio::spawn(async move {
                    match (protection, acceptor) {
                        (Protection::Implicit, Some(acceptor)) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                Conversation::new(stream, state, true).hold(false).await;
                            }
                        }
                        (Protection::Starttls, Some(acceptor)) => {
                            let open = Conversation::new(stream, Arc::clone(&state), false);
                            if let Some(stream) = open.hold(true).await
                                && let Ok(stream) = acceptor.accept(stream).await
                            {
                                Conversation::new(stream, state, true).go_on(false).await;
                            }
                        }
                        _ => drop(Conversation::new(stream, state, false).hold(false).await),
                    }
                });
            }
        });
        server
    }

    /// How often a client was not who it said.
    pub(crate) fn refused(&self) -> usize {
        self.state.lock().unwrap().refused
    }

    /// How many messages came without TLS.
    pub(crate) fn in_the_open(&self) -> usize {
        self.state.lock().unwrap().in_the_open
    }

    pub(crate) fn expect_credentials(&self, credentials: &str) {
        self.state.lock().unwrap().credentials = Some(credentials.to_owned());
    }

    pub(crate) fn will(&self, mood: Mood) {
        self.state.lock().unwrap().moods.push_back(mood);
    }

    /// All it took, whatever it said about it.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.state.lock().unwrap().messages.clone()
    }
}

/// One connection, until TLS takes it over or it ends.
struct Conversation<S> {
    lines: Lines<BufReader<ReadHalf<S>>>,
    write: WriteHalf<S>,
    state: Arc<Mutex<State>>,
    is_protected: bool,
    is_known: bool,
    mood: Option<Mood>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    fn new(stream: S, state: Arc<Mutex<State>>, is_protected: bool) -> Self {
        let (read, write) = split(stream);
        Self {
            lines: BufReader::new(read).lines(),
            write,
            state,
            is_protected,
            is_known: false,
            mood: None,
        }
    }

    /// Greets first. Gives the stream back when the client wants TLS.
    async fn hold(mut self, offers_tls: bool) -> Option<S> {
        let _ = self.write.write_all(b"220 test ESMTP\r\n").await;
        self.go_on(offers_tls).await
    }

    async fn go_on(mut self, offers_tls: bool) -> Option<S> {
        while let Ok(Some(line)) = self.lines.next_line().await {
            if offers_tls && line.eq_ignore_ascii_case("STARTTLS") {
                let _ = self.write.write_all(b"220 go ahead\r\n").await;
                return Some(self.lines.into_inner().into_inner().unsplit(self.write));
            }
            let answer = self.answer(&line, offers_tls).await?;
            let answer = format!("{answer}\r\n");
            self.write.write_all(answer.as_bytes()).await.ok()?;
        }
        None
    }

    /// None drops the connection.
    async fn answer(&mut self, line: &str, offers_tls: bool) -> Option<&'static str> {
        let command = line.to_ascii_uppercase();
        let needs_credentials = self.state.lock().unwrap().credentials.is_some();
        Some(
            match command.split_whitespace().next().unwrap_or_default() {
                "EHLO" if offers_tls => "250-test\r\n250 STARTTLS",
                "EHLO" if needs_credentials => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
                "EHLO" => "250-test\r\n250 8BITMIME",
                "AUTH" => {
                    let mut state = self.state.lock().unwrap();
                    let given = line.split_whitespace().nth(2).map(str::to_owned);
                    self.is_known = given.is_some() && given == state.credentials;
                    match self.is_known {
                        true => "235 welcome",
                        false => {
                            state.refused += 1;
                            "535 5.7.8 who are you?"
                        }
                    }
                }
                "MAIL" if needs_credentials && !self.is_known => "530 5.7.0 who are you?",
                "MAIL" => {
                    self.mood = self.state.lock().unwrap().moods.pop_front();
                    "250 ok"
                }
                "RCPT" => match self.mood {
                    Some(Mood::Refuse(answer)) => answer,
                    _ => "250 ok",
                },
                "DATA" => return self.take().await,
                "QUIT" => "221 bye",
                _ => "250 ok",
            },
        )
    }

    async fn take(&mut self) -> Option<&'static str> {
        let _ = self.write.write_all(b"354 go on\r\n").await;
        let mut message = String::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            if line == "." {
                break;
            }
            message.push_str(&line);
            message.push('\n');
        }
        let mut state = self.state.lock().unwrap();
        state.messages.push(message);
        state.in_the_open += usize::from(!self.is_protected);
        (self.mood != Some(Mood::DropAfterData)).then_some("250 taken")
    }
}
