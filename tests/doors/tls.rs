//! Encryption over TCP: STARTTLS, TLS from the first byte, and logins that are bound to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pubsub_core::PubSub;
use pubsub_server::{Config, Demand, Encryption, RunningServer, Server, Tls};
use support::{Certificates, ChildProcess, Slixmpp, eventually, program, within};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::PATIENCE;

pub(crate) const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";
const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

pub(crate) struct Served {
    pub(crate) server: RunningServer,
    tls: Tls,
    pub(crate) certificates: Certificates,
    _directory: TempDir,
}

pub(crate) async fn serve(demand: Demand) -> Served {
    let directory = TempDir::new().unwrap();
    let certificates = Certificates::create(directory.path());
    let tls = tls(&certificates);
    let mut encryption = Encryption::new(tls.clone());
    encryption.demand = demand;
    encryption.direct = Some("127.0.0.1:0".parse().unwrap());
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        encryption: Some(encryption),
        accounts: vec![("ann".to_owned(), "secret".to_owned())],
        ..Config::default()
    };
    Served {
        server: Server::spawn(config).await.unwrap(),
        tls,
        certificates,
        _directory: directory,
    }
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

pub(crate) fn tls(certificates: &Certificates) -> Tls {
    Tls::from_pem(&read(&certificates.certificate), &read(&certificates.key)).unwrap()
}

/// Shakes hands with a server whose certificate must be of that authority.
pub(crate) async fn shake(
    address: SocketAddr,
    authority: &Path,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address).await?;
    shake_for(socket, authority, version, b"xmpp-client").await
}

/// The same, for what is spoken over a connection that is there.
pub(crate) async fn shake_for(
    socket: TcpStream,
    authority: &Path,
    version: &'static SupportedProtocolVersion,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    within(
        PATIENCE,
        TlsConnector::from(Arc::new(config)).connect(name, socket),
    )
    .await
}

/// Sends words, and reads until `end` has come.
pub(crate) async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    words: &str,
    end: &str,
) -> String {
    stream.write_all(words.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = String::new();
    within(PATIENCE, async {
        let mut buffer = vec![0; 4096];
        while !answer.contains(end) {
            let count = stream.read(&mut buffer).await.unwrap_or_default();
            assert!(count > 0, "closed after {answer}");
            answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    })
    .await;
    answer
}

async fn publishes(url: &str) {
    let pubsub = within(
        PATIENCE,
        PubSub::builder()
            .url(url)
            .unwrap()
            .without_models()
            .connect(),
    )
    .await
    .unwrap();
    within(
        PATIENCE,
        pubsub.publish(&"/tests/Tls".parse().unwrap(), "hello"),
    )
    .await
    .unwrap();
    within(PATIENCE, pubsub.shutdown()).await.unwrap();
}

#[tokio::test]
async fn our_own_client_is_bound_to_what_it_encrypts() {
    let served = serve(Demand::Everybody).await;
    let authority = served.certificates.authority.display();
    let (plain, direct) = (
        served.server.addr(),
        served.server.direct_tls_addr().unwrap(),
    );
    for (scheme, address) in [("xmpp", plain), ("xmpps", direct)] {
        let account = format!("{scheme}://ann:secret@localhost?connect={address}&ca={authority}");
        publishes(&format!("{account}&auth=bound")).await;
        publishes(&account).await;
    }
    served.server.shutdown().await;
}

#[tokio::test]
async fn slixmpp_comes_in_over_both() {
    let served = serve(Demand::Everybody).await;
    let authority = &served.certificates.authority;
    let (plain, direct) = (
        served.server.addr(),
        served.server.direct_tls_addr().unwrap(),
    );
    for (kind, address) in [("starttls", plain), ("direct", direct)] {
        let mut client = Slixmpp::login_over_tls(address, "ann", "secret", kind, authority).await;
        let node = serde_json::json!({"node": format!("/tests/{kind}"), "config": {}});
        client.tell("create", node).await.unwrap();
    }
    served.server.shutdown().await;
}

#[tokio::test]
async fn who_must_encrypt_is_offered_nothing_else() {
    let served = serve(Demand::Everybody).await;
    let mut stream = TcpStream::connect(served.server.addr()).await.unwrap();
    let features = say(&mut stream, HEADER, "</stream:features>").await;
    assert!(features.contains("<required/>"), "{features}");
    assert!(!features.contains("mechanism"), "{features}");
    let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";
    let refused = say(&mut stream, auth, "</failure>").await;
    assert!(refused.contains("<encryption-required/>"), "{refused}");
    served.server.shutdown().await;

    let served = serve(Demand::Outside).await;
    let mut stream = TcpStream::connect(served.server.addr()).await.unwrap();
    let features = say(&mut stream, HEADER, "</stream:features>").await;
    assert!(features.contains("<optional/>"), "{features}");
    assert!(!features.contains("-PLUS"), "{features}");
    let success = say(&mut stream, auth, ">").await;
    assert!(success.contains("<success"), "{success}");
    served.server.shutdown().await;
}

#[tokio::test]
async fn nothing_that_was_said_in_the_clear_counts() {
    let served = serve(Demand::Nobody).await;
    let mut stream = TcpStream::connect(served.server.addr()).await.unwrap();
    let injected = format!(
        "{HEADER}{STARTTLS}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>"
    );
    stream.write_all(injected.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = within(PATIENCE, stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.ends_with("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        "{answer}"
    );
    served.server.shutdown().await;
}

#[tokio::test]
async fn an_offer_that_somebody_took_out_is_noticed() {
    let served = serve(Demand::Everybody).await;
    let address = served.server.direct_tls_addr().unwrap();
    let authority = &served.certificates.authority;
    let mut stream = shake(address, authority, &TLS13).await.unwrap();
    assert_eq!(
        stream.get_ref().1.alpn_protocol(),
        Some(&b"xmpp-client"[..])
    );
    let features = say(&mut stream, HEADER, "</stream:features>").await;
    for offered in [
        "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism>",
        "<mechanism>PLAIN</mechanism>",
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>",
    ] {
        assert!(features.contains(offered), "{features}");
    }
    assert!(!features.contains("starttls"), "{features}");
    let auth = |mechanism: &str, message: &str| {
        let message = support::base64(message.as_bytes());
        format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{message}</auth>"
        )
    };
    // "I could be bound, but saw no offer."
    let refused = say(
        &mut stream,
        &auth("SCRAM-SHA-256", "y,,n=ann,r=abc"),
        "</failure>",
    )
    .await;
    assert!(refused.contains("<not-authorized/>"), "{refused}");
    // Bound to another connection.
    let first = auth("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=ann,r=abc");
    let challenge = say(&mut stream, &first, "</challenge>").await;
    assert!(challenge.contains("<challenge"), "{challenge}");
    let channel = support::base64(&[b"p=tls-exporter,,".as_slice(), &[7; 32]].concat());
    let last = support::base64(format!("c={channel},r=abc,p=AAAA").as_bytes());
    let last = format!("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{last}</response>");
    let refused = say(&mut stream, &last, "</failure>").await;
    assert!(refused.contains("<not-authorized/>"), "{refused}");

    let mut old = shake(address, authority, &TLS12).await.unwrap();
    let features = say(&mut old, HEADER, "</stream:features>").await;
    assert!(
        !features.contains("-PLUS") && !features.contains("sasl-cb"),
        "{features}"
    );
    served.server.shutdown().await;
}

#[tokio::test]
async fn a_certificate_is_replaced_while_clients_stay() {
    let served = serve(Demand::Everybody).await;
    let address = served.server.direct_tls_addr().unwrap();
    let mut before = shake(address, &served.certificates.authority, &TLS13)
        .await
        .unwrap();
    say(&mut before, HEADER, "</stream:features>").await;
    let directory = TempDir::new().unwrap();
    let others = Certificates::create(directory.path());
    served.tls.replace(b"nonsense", b"nonsense").unwrap_err();
    served
        .tls
        .replace(&read(&others.certificate), &read(&served.certificates.key))
        .unwrap_err();
    shake(address, &served.certificates.authority, &TLS13)
        .await
        .unwrap();
    served
        .tls
        .replace(&read(&others.certificate), &read(&others.key))
        .unwrap();
    shake(address, &served.certificates.authority, &TLS13)
        .await
        .unwrap_err();
    shake(address, &others.authority, &TLS13).await.unwrap();
    let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";
    let success = say(&mut before, auth, ">").await;
    assert!(success.contains("<success"), "{success}");
    served.server.shutdown().await;
}

/// Where the program listens for direct TLS.
async fn start(arguments: &[&str], log: &Path) -> (ChildProcess, SocketAddr) {
    let mut command = program("pubsub");
    command.args(["serve", "--xmpp", "127.0.0.1:0", "--xmpps", "127.0.0.1:0"]);
    command.args(arguments);
    let mut process = ChildProcess::start(&command, log);
    let address = eventually(Duration::from_mins(1), || {
        assert_eq!(process.ended(), None, "{}", process.output());
        let output = process.output();
        let line = output.lines().find_map(|line| line.strip_prefix("xmpps "));
        let address = line.and_then(|line| line.split(' ').next()?.parse().ok());
        async move { address }
    })
    .await;
    (process, address)
}

#[tokio::test]
async fn the_program_reads_files_anew_and_keeps_what_it_signed_itself() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let make = |name: &str| {
        std::fs::create_dir(path(name)).unwrap();
        Certificates::create(&path(name))
    };
    let (mine, others) = (make("mine"), make("others"));
    let [certificate, key] = [&mine.certificate, &mine.key].map(|file| file.to_str().unwrap());
    let files = ["--tls-certificate", certificate, "--tls-key", key];
    let (process, address) = start(&files, &path("log")).await;
    shake(address, &mine.authority, &TLS13).await.unwrap();
    std::fs::copy(&others.certificate, &mine.certificate).unwrap();
    std::fs::copy(&others.key, &mine.key).unwrap();
    eventually(PATIENCE, || async {
        shake(address, &others.authority, &TLS13).await.ok()
    })
    .await;
    drop(process);

    let data = path("data");
    let own = data.join("self-signed.crt");
    let options = ["--self-signed", "--data", data.to_str().unwrap()];
    let (process, address) = start(&options, &path("first")).await;
    shake(address, &own, &TLS13).await.unwrap();
    assert!(
        process.output().contains("SHA-256 fingerprint"),
        "{}",
        process.output()
    );
    let kept = read(&own);
    drop(process);
    let (_process, address) = start(&options, &path("second")).await;
    shake(address, &own, &TLS13).await.unwrap();
    assert_eq!(read(&own), kept);
}
