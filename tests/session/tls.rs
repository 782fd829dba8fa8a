//! TLS with certificates of an authority of this test, and logins bound to it.

use std::path::PathBuf;
use std::sync::Arc;

use pubsub_core::session::{ConnectError, Login};
use support::Certificates;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::login::{auth, base64, challenge, connect, reason};
use crate::peer::{Connection, Peer, between, elements};

const EXPORTER: &str = "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>";

struct Tls {
    acceptor: TlsAcceptor,
    authority: PathBuf,
    _directory: TempDir,
}

fn tls() -> Tls {
    let directory = TempDir::new().unwrap();
    let certificates = Certificates::create(directory.path());
    let chain = CertificateDer::pem_file_iter(&certificates.certificate).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain.map(Result::unwrap).collect(),
            PrivateKeyDer::from_pem_file(&certificates.key).unwrap(),
        );
    let mut config = config.unwrap();
    config.alpn_protocols = vec![b"xmpp-client".to_vec()];
    Tls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        authority: certificates.authority,
        _directory: directory,
    }
}

async fn offer(connection: &mut Connection, mechanisms: &[&str], binding: &str) {
    let offered = elements(mechanisms, "<mechanism>", "</mechanism>");
    connection
        .open(&format!(
            "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{offered}</mechanisms>{binding}"
        ))
        .await;
}

/// The first message of the client, and the binding in its last one.
async fn first_and_binding(connection: &mut Connection) -> (String, String, String) {
    let (mechanism, initial) = auth(connection).await;
    challenge(connection, &initial, "s=c2FsdA==,i=4096").await;
    let response = connection.until("</response>").await;
    let data = between(&response, "xmpp-sasl'>", "<").to_owned();
    let last = crate::login::decode(&data);
    (mechanism, initial, between(&last, "c=", ",").to_owned())
}

#[tokio::test]
async fn a_login_is_bound_to_the_connection_where_the_server_can() {
    let (tls, peer) = (tls(), Peer::new().await);
    let script = async {
        let (mut connection, exporter) = peer.accept_tls(&tls.acceptor).await.unwrap();
        let offered = ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "PLAIN"];
        offer(&mut connection, &offered, EXPORTER).await;
        let (mechanism, initial, binding) = first_and_binding(&mut connection).await;
        assert_eq!(mechanism, "SCRAM-SHA-256-PLUS");
        assert!(initial.starts_with("p=tls-exporter,,n=ann,r="), "{initial}");
        assert_eq!(
            binding,
            base64([b"p=tls-exporter,,".as_slice(), &exporter].concat())
        );
    };
    let url = format!(
        "{}&auth=bound",
        peer.tls_url("ann:hunter2@", &tls.authority)
    );
    let (outcome, ()) = tokio::join!(connect(&url), script);
    assert!(outcome.is_err(), "the script hangs up");
}

#[tokio::test]
async fn a_server_that_cannot_bind_learns_that_we_could() {
    let (tls, peer) = (tls(), Peer::new().await);
    let script = async {
        let (mut connection, _) = peer.accept_tls(&tls.acceptor).await.unwrap();
        offer(
            &mut connection,
            &["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"],
            "",
        )
        .await;
        let (mechanism, initial, binding) = first_and_binding(&mut connection).await;
        assert_eq!(mechanism, "SCRAM-SHA-256");
        assert!(initial.starts_with("y,,n=ann,r="), "{initial}");
        assert_eq!(binding, base64("y,,"));
    };
    let url = peer.tls_url("ann:hunter2@", &tls.authority);
    let (outcome, ()) = tokio::join!(connect(&url), script);
    assert!(outcome.is_err(), "the script hangs up");
}

#[tokio::test]
async fn whoever_insists_on_a_binding_gets_no_login_without() {
    let (tls, peer) = (tls(), Peer::new().await);
    let script = async {
        let (mut connection, _) = peer.accept_tls(&tls.acceptor).await.unwrap();
        offer(
            &mut connection,
            &["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"],
            "",
        )
        .await;
        connection.until_closed().await
    };
    let url = format!(
        "{}&auth=bound",
        peer.tls_url("ann:hunter2@", &tls.authority)
    );
    let (outcome, said) = tokio::join!(connect(&url), script);
    assert!(matches!(reason(outcome), Login::NoMechanism { .. }));
    assert!(!said.contains("<auth"), "{said}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let (known, unknown, peer) = (tls(), tls(), Peer::new().await);
    let url = peer.tls_url("ann:hunter2@", &known.authority);
    let (outcome, connection) = tokio::join!(connect(&url), peer.accept_tls(&unknown.acceptor));
    assert!(
        matches!(outcome, Err(ConnectError::Tls { .. })),
        "{outcome:?}"
    );
    assert!(connection.is_none());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (tls, peer) = (tls(), Peer::new().await);
    let url = peer.tls_url("ann:hunter2@", &tls.authority);
    let url = url.replacen("@localhost", "@example.org", 1);
    let (outcome, connection) = tokio::join!(connect(&url), peer.accept_tls(&tls.acceptor));
    assert!(
        matches!(outcome, Err(ConnectError::Tls { .. })),
        "{outcome:?}"
    );
    assert!(connection.is_none());
}

#[tokio::test]
async fn a_file_without_certificates_is_named() {
    let peer = Peer::new().await;
    let empty = tempfile::NamedTempFile::new().unwrap();
    let url = peer.tls_url("ann:hunter2@", empty.path());
    let (outcome, _connection) = tokio::join!(connect(&url), peer.accept());
    let message = outcome.unwrap_err().to_string();
    assert!(
        message.contains(&empty.path().display().to_string()),
        "{message}"
    );
}
