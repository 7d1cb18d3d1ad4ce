//! A line-wise TCP connection from a chosen source address, in the clear or under TLS. Certificates are
//! not judged while people talk, for the appliance's is self-signed until it has a public one; [`shown`] and [`trusts`]
//! are for who wants to know.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned};
use socket2::{Domain, Socket, Type};

use crate::{Error, Result};

/// A guest under TCG may take its time over a handshake or a filter.
const REPLY_LIMIT: Duration = Duration::from_secs(120);
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// In the clear.
    Plain,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// Between the two, for the length of a handshake.
    Changing,
}

/// A connection read by lines.
pub struct Wire {
    stream: Stream,
    unread: Vec<u8>,
    what: String,
}

impl Wire {
    /// Connects from the address `from`, a host of the test world.
    ///
    /// # Errors
    /// [`Error::Wire`] when nobody answers or the TLS handshake fails.
    pub fn connect(from: Ipv4Addr, to: SocketAddr, security: Security) -> Result<Wire> {
        let what = format!("{from} talking to {to}");
        let stream = connect_from(from, to, CONNECT_LIMIT).map_err(Error::wire(what.clone()))?;
        let mut wire = Wire { stream: Stream::Plain(stream), unread: Vec::new(), what };
        if security == Security::Implicit {
            wire.start_tls()?;
        }
        Ok(wire)
    }

    /// Goes on under TLS.
    ///
    /// # Errors
    /// [`Error::Wire`] when the handshake fails.
    pub fn start_tls(&mut self) -> Result<()> {
        let Stream::Plain(mut tcp) = std::mem::replace(&mut self.stream, Stream::Changing) else {
            return Err(Error::Unmet(format!("{}: already under TLS", self.what)));
        };
        let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
        let session = handshake(&mut tcp, believing_anybody(), name);
        let session = session.map_err(Error::wire(format!("{}: TLS", self.what)))?;
        self.stream = Stream::Tls(Box::new(StreamOwned::new(session, tcp)));
        Ok(())
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(bytes),
            Stream::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
            Stream::Changing => Err(std::io::ErrorKind::NotConnected.into()),
        };
        sent.map_err(Error::wire(self.what.clone()))
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// [`Error::Wire`] when the other side hangs up or stays silent.
    pub fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            self.fill()?;
        }
    }

    /// Exactly `length` bytes.
    ///
    /// # Errors
    /// As [`Wire::line`].
    pub fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.unread.len() < length {
            self.fill()?;
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn fill(&mut self) -> Result<()> {
        let mut piece = [0; 16384];
        let read = match &mut self.stream {
            Stream::Plain(tcp) => tcp.read(&mut piece),
            Stream::Tls(tls) => tls.read(&mut piece),
            Stream::Changing => Err(std::io::ErrorKind::NotConnected.into()),
        };
        let length = read.map_err(Error::wire(self.what.clone()))?;
        if length == 0 {
            let gone = std::io::ErrorKind::UnexpectedEof.into();
            return Err(Error::wire(format!("{} hung up", self.what))(gone));
        }
        self.unread.extend(&piece[..length]);
        Ok(())
    }
}

/// The certificates that `to` shows under TLS, its own first, in DER.
///
/// # Errors
/// [`Error::Wire`] when nobody answers or the handshake fails.
pub fn shown(from: Ipv4Addr, to: SocketAddr) -> Result<Vec<Vec<u8>>> {
    let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let shown = connect_from(from, to, CONNECT_LIMIT)
        .and_then(|mut tcp| handshake(&mut tcp, believing_anybody(), name))
        .map_err(Error::wire(format!("the certificate of {to}")))?;
    Ok(shown.peer_certificates().into_iter().flatten().map(|certificate| certificate.to_vec()).collect())
}

/// Whether somebody who trusts the certificate `root` (PEM) and nobody else believes `to` to be `name`.
///
/// # Errors
/// [`Error::Wire`] when nobody answers, or `root` is no certificate.
pub fn trusts(root: &str, from: Ipv4Addr, to: SocketAddr, name: &str) -> Result<bool> {
    let what = || format!("the certificate of {to}");
    let mut roots = RootCertStore::empty();
    let config = CertificateDer::from_pem_slice(root.as_bytes())
        .map_err(std::io::Error::other)
        .and_then(|root| roots.add(root).map_err(std::io::Error::other))
        .and_then(|()| builder())
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    let config = Ok(config.map_err(Error::wire(what()))?);
    let name = ServerName::try_from(name.to_owned()).map_err(std::io::Error::other).map_err(Error::wire(what()))?;
    let mut tcp = connect_from(from, to, CONNECT_LIMIT).map_err(Error::wire(what()))?;
    match handshake(&mut tcp, config, name) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(Error::wire(what())(error)),
    }
}

fn handshake(
    tcp: &mut TcpStream,
    config: std::io::Result<ClientConfig>,
    name: ServerName<'static>,
) -> std::io::Result<ClientConnection> {
    let mut session = ClientConnection::new(Arc::new(config?), name).map_err(std::io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(tcp)?;
    }
    Ok(session)
}

fn builder() -> std::io::Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)
}

fn believing_anybody() -> std::io::Result<ClientConfig> {
    let trusting = Arc::new(Trusting(Arc::new(ring::default_provider())));
    builder().map(|builder| builder.dangerous().with_custom_certificate_verifier(trusting).with_no_client_auth())
}

/// Whether a TCP connection from `from` to `to` is accepted.
#[must_use]
pub fn reaches(from: Ipv4Addr, to: SocketAddr, limit: Duration) -> bool {
    connect_from(from, to, limit).is_ok()
}

fn connect_from(from: Ipv4Addr, to: SocketAddr, limit: Duration) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&to.into(), limit)?;
    socket.set_read_timeout(Some(REPLY_LIMIT))?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// Believes any certificate whose key signs the handshake.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
