//! The certificate of the server: rustls with ring, TLS 1.2 and 1.3. It can be replaced while it is in use, and every login over TLS 1.3 can be bound to
//! its connection (RFC 9266). Reads no files.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ProtocolVersion, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What a client of direct TLS asks for (XEP-0368 §2), and what a browser does.
const ALPN: [&[u8]; 2] = [b"xmpp-client", b"http/1.1"];

/// A certificate with its key. Cheap to clone; every clone is the same one, so that it can be [replaced](Self::replace) while it is in use.
#[derive(Clone, Debug)]
pub struct Tls {
    configs: Arc<RwLock<Configs>>,
}

/// The same certificate for each door.
#[derive(Clone, Debug)]
struct Configs {
    xmpp: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// One of the two is not in PEM.
    #[error("the {what} cannot be read as PEM: {error}")]
    Pem {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// There is none in it.
    #[error("there is no certificate in this PEM")]
    Empty,
    /// They do not belong together, or cannot be used.
    #[error("certificate and key cannot be used: {0}")]
    Rejected(#[from] rustls::Error),
}

impl Tls {
    /// With a chain of certificates, the own one first, and its private key, both in PEM.
    ///
    /// # Errors
    ///
    /// See [`TlsError`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let configs = Arc::new(RwLock::new(configs(certificates, key)?));
        Ok(Self { configs })
    }

    /// Uses another certificate for connections that are made from now on. Those that are there stay as they are.
    ///
    /// # Errors
    ///
    /// See [`TlsError`]; the one before stays in use then.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let configs = configs(certificates, key)?;
        *self.configs.write().unwrap_or_else(PoisonError::into_inner) = configs;
        Ok(())
    }

    /// Shakes hands with a client of XMPP.
    pub(crate) async fn secure(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.configs().xmpp);
        acceptor.accept(socket).await
    }

    /// Shakes hands with a client of HTTP.
    pub(crate) async fn secure_http<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: S,
    ) -> io::Result<TlsStream<S>> {
        let acceptor = TlsAcceptor::from(self.configs().http);
        acceptor.accept(socket).await
    }

    fn configs(&self) -> Configs {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        configs.clone()
    }
}

/// What binds a login to this connection: `tls-exporter`, which is defined for TLS 1.3 only.
pub(crate) fn exporter(stream: &TlsStream<TcpStream>) -> Option<[u8; 32]> {
    let (_, connection) = stream.get_ref();
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection
        .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None)
        .ok()
}

fn configs(certificates: &[u8], key: &[u8]) -> Result<Configs, TlsError> {
    let problem = |what| move |error| TlsError::Pem { what, error };
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(problem("certificate"))?;
    if chain.is_empty() {
        return Err(TlsError::Empty);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(problem("key"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let [xmpp, http] = ALPN.map(|protocol| {
        let mut config = config.clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(config)
    });
    Ok(Configs { xmpp, http })
}
