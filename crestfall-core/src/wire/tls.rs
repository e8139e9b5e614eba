//! TLS as libpq's `sslmode` means it, by rustls.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::BytesMut;
use postgres_protocol::message::frontend;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::config::{Resolved, RootCerts, Ssl, SslMode};
use super::der::{self, SignatureHash};
use super::socket::Stream;

/// How connections are secured. Files are read at each connection, so renewed ones are taken up.
#[derive(Debug)]
pub(crate) struct Tls {
    mode: SslMode,
    ssl: Ssl,
}

impl Tls {
    pub(crate) fn new(config: &Resolved) -> Self {
        Self {
            mode: config.ssl_mode,
            ssl: config.ssl.clone(),
        }
    }

    /// Asks for TLS and shakes hands. Gives the socket back when the server does not do TLS.
    pub(super) async fn upgrade(
        &self,
        mut tcp: TcpStream,
        host: &str,
    ) -> io::Result<Result<Stream, TcpStream>> {
        if !self.ssl.direct {
            let mut request = BytesMut::new();
            frontend::ssl_request(&mut request);
            tcp.write_all(&request).await?;
            // One byte only: whatever else came before the handshake would be somebody else's.
            match tcp.read_u8().await? {
                b'S' => {}
                b'N' => return Ok(Err(tcp)),
                _ => {
                    return Err(io::Error::other(
                        "received invalid response to SSL negotiation",
                    ));
                }
            }
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(self.client_config()?));
        let stream = connector.connect(name, tcp).await?;
        Ok(Ok(Stream::Tls(Box::new(stream))))
    }

    fn client_config(&self) -> io::Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut versions = Vec::new();
        if self.ssl.tls13 {
            versions.push(&rustls::version::TLS13);
        }
        if self.ssl.tls12 {
            versions.push(&rustls::version::TLS12);
        }
        let verifier = Verifier::new(self.mode, &self.ssl, &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match (&self.ssl.certificate, &self.ssl.key) {
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
                .map_err(io::Error::other)?,
            (Some(certificate), None) => {
                return Err(io::Error::other(format!(
                    "certificate present, but not private key file for \"{}\"",
                    certificate.display()
                )));
            }
            (None, _) => builder.with_no_client_auth(),
        };
        config.enable_sni = self.ssl.server_name;
        if self.ssl.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(config)
    }
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("could not read \"{}\": {error}", path.display()))
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(path, error))?;
    if found.is_empty() {
        return Err(unreadable(path, "no certificate in it"));
    }
    Ok(found)
}

/// Refuses a key that others can read, as libpq does: 0600, or 0640 when it is root's.
fn private_key(path: &Path) -> io::Result<PrivateKeyDer<'static>> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(io::Error::other(format!(
            "private key file \"{}\" has group or world access; it needs mode 0600, or 0640 when owned by root",
            path.display()
        )));
    }
    PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(path, error))
}

/// The hash of the server's certificate by which SCRAM is bound to this channel.
pub(super) fn end_point(stream: &Stream) -> Option<Vec<u8>> {
    let Stream::Tls(stream) = stream else {
        return None;
    };
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    let algorithm = match der::signature_hash(certificate)? {
        SignatureHash::Sha256 => &digest::SHA256,
        SignatureHash::Sha384 => &digest::SHA384,
        SignatureHash::Sha512 => &digest::SHA512,
    };
    Some(digest::digest(algorithm, certificate).as_ref().to_vec())
}

/// Checks a server's certificate as far as `sslmode` asks.
#[derive(Debug)]
struct Verifier {
    /// Checks the chain; `None` when nothing is verified.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates trusted as they are, even for a server itself.
    trusted: Vec<CertificateDer<'static>>,
    check_name: bool,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(mode: SslMode, ssl: &Ssl, provider: &Arc<CryptoProvider>) -> io::Result<Self> {
        // A root certificate given with `require` is used, as libpq does for old configurations' sake.
        let verifies =
            mode >= SslMode::VerifyCa || (mode == SslMode::Require && ssl.roots != RootCerts::None);
        let trusted = match (&ssl.roots, verifies) {
            (RootCerts::File(path), true) => certificates(path)?,
            (RootCerts::System, true) => rustls_native_certs::load_native_certs().certs,
            _ => Vec::new(),
        };
        Ok(Self {
            chain: match verifies {
                true => Some(chain(&trusted, ssl, provider)?),
                false => None,
            },
            trusted,
            check_name: mode == SslMode::VerifyFull,
            provider: Arc::clone(provider),
        })
    }

    /// Whether the certificate names the host: by its alternative names, or, when it has none, by its common name.
    fn names_host(certificate: &CertificateDer<'_>, host: &ServerName<'_>) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let Err(error) = rustls::client::verify_server_name(&parsed, host) else {
            return Ok(());
        };
        match der::lone_common_name(certificate) {
            Some(name) if common_name_fits(name, &host.to_str()) => Ok(()),
            _ => Err(error),
        }
    }
}

fn chain(
    trusted: &[CertificateDer<'static>],
    ssl: &Ssl,
    provider: &Arc<CryptoProvider>,
) -> io::Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    let mut builder =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    if let Some(path) = &ssl.revoked {
        let lists: Vec<_> = CertificateRevocationListDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| unreadable(path, error))?;
        builder = builder.with_crls(lists);
    }
    builder.build().map_err(io::Error::other)
}

/// `*.example.org` stands for one label.
fn common_name_fits(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => host
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(host),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified =
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            Ok(_) => return Ok(ServerCertVerified::assertion()),
            // The chain was checked before the name.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => {}
            Err(error) if is_final(&error) => return Err(error),
            // A server that presents the very certificate we trust, as self-signed ones do.
            Err(_) if self.trusted.iter().any(|trusted| trusted == end_entity) => {}
            Err(error) => return Err(error),
        }
        if self.check_name {
            Self::names_host(end_entity, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What no trust in the certificate itself makes good.
fn is_final(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
                | CertificateError::Revoked
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_name_s_star_stands_for_one_label() {
        assert!(common_name_fits("DB.example.org", "db.example.org"));
        assert!(common_name_fits("*.example.org", "db.example.org"));
        assert!(!common_name_fits("*.example.org", "a.db.example.org"));
        assert!(!common_name_fits("*.example.org", "example.org"));
    }
}
