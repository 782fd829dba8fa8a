//! TLS with rustls and ring. The provider is named, never taken from the process, which others may have set.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore};

use super::resolve::ascii;
use crate::session::{ConfigError, ConnectError, SessionConfig};

/// What is negotiated inside TLS from the first byte (XEP-0368 §2).
const ALPN: &[u8] = b"xmpp-client";

/// Secures a connection to the domain of `config`.
pub(super) async fn secure(
    config: &SessionConfig,
    stream: TcpStream,
    is_direct: bool,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let host = config.account.domain().to_string();
    let failed = |error: io::Error| ConnectError::Tls {
        host: host.clone(),
        source: Arc::new(error),
    };
    let files = config.root_certificates.clone();
    // Reads files; the result is used once, as connecting is rare.
    let roots = spawn_blocking(move || roots(&files))
        .await
        .map_err(|error| failed(io::Error::other(error)))??;
    let mut settings = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(io::Error::other(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if is_direct {
        settings.alpn_protocols = vec![ALPN.to_vec()];
    }
    let name = ServerName::try_from(ascii(host.trim_matches(['[', ']'])))
        .map_err(|error| failed(io::Error::other(error)))?;
    TlsConnector::from(Arc::new(settings))
        .connect(name, stream)
        .await
        .map_err(failed)
}

fn roots(files: &[PathBuf]) -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for file in files {
        let unusable = |reason: String| ConfigError::Certificates {
            path: file.display().to_string(),
            reason,
        };
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(error.to_string()))?;
        if certificates.is_empty() {
            return Err(unusable("it holds none".to_owned()).into());
        }
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
    }
    Ok(roots)
}

/// What binds a login to this connection (RFC 9266): defined for TLS 1.3 only.
pub(super) fn exporter(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let (_, connection) = stream.get_ref();
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection
        .export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None)
        .ok()
}
