//! Readers that stop reading: cut off within the limit on every road, and nothing piles up for them meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{Certificates, Link, Proxy, eventually, within};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::gateway::{HANDSHAKE, Running, SOON, settings};

const LIMIT: Duration = Duration::from_millis(700);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A gateway that is served three times: by itself with and without TLS, and nested into an application.
struct Served {
    plain: Running,
    tls: SocketAddr,
    nested: SocketAddr,
    certificates: Certificates,
    _directory: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let plain = Running::with(settings(|settings| {
            settings.limits.stalled = LIMIT;
            settings.limits.message = 1 << 20;
            // Nobody is cut off for being behind here.
            settings.channels.backlog = 1 << 20;
            settings.channels.stored_messages = 1;
        }))
        .await;
        let directory = tempfile::tempdir().unwrap();
        let certificates = Certificates::create(directory.path());
        let pem = |path| std::fs::read(path).unwrap();
        let (certificate, key) = (pem(&certificates.certificate), pem(&certificates.key));
        let own = pubsub_gateway::Tls::from_pem(&certificate, &key).unwrap();
        let (encrypted, tls) = listener().await;
        let serving = plain.gateway.clone();
        let other = Router::new().route("/other", axum::routing::get(async || "other"));
        // Both end with the test.
        tokio::spawn(async move {
            serving
                .serve_tls_with(encrypted, own, other, std::future::pending())
                .await;
        });
        let app = Router::new().nest("/push", plain.gateway.router());
        let (open, nested) = listener().await;
        tokio::spawn(async move {
            let service = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(open, service).await.unwrap();
        });
        Self {
            plain,
            tls,
            nested,
            certificates,
            _directory: directory,
        }
    }

    /// A connection through TLS that would speak this.
    async fn encrypted(&self, protocol: &[u8]) -> impl Duplex + 'static {
        self.encrypted_at(self.tls, protocol).await
    }

    async fn encrypted_at(&self, address: SocketAddr, protocol: &[u8]) -> impl Duplex + 'static {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(&self.certificates.authority).unwrap();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = small(address).await;
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        within(SOON, connector.connect(name, stream)).await.unwrap()
    }

    async fn subscribers(&self) -> u64 {
        let info = self.plain.get("/pub?id=a", &[]).await;
        let info: serde_json::Value = serde_json::from_str(info.text()).unwrap();
        info["subscribers"].as_u64().unwrap()
    }

    /// Publishes until nobody is left who could hear it.
    async fn publish_until_deserted(&self) {
        let body = "x".repeat(200_000);
        eventually(SOON, async || {
            self.plain.publish("a", &body).await;
            (self.subscribers().await == 0).then_some(())
        })
        .await;
    }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A connection whose own buffer is small, so that it is full soon.
async fn small(address: SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    within(SOON, socket.connect(address)).await.unwrap()
}

/// Asks to listen, and reads the head of the answer.
async fn listen(stream: &mut impl Duplex, path: &str, is_websocket: bool) -> String {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in HANDSHAKE.iter().filter(|_| is_websocket) {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request += "\r\n";
    within(SOON, stream.write_all(request.as_bytes()))
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(SOON, stream.read_u8()).await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let status = if is_websocket { "101" } else { "200" };
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
    head
}

/// Reads until there is nothing more: only what buffers hold may come.
async fn ends(mut stream: impl Duplex) {
    let mut read = 0;
    let mut bytes = vec![0; 64 << 10];
    let reading = async {
        while let Ok(length @ 1..) = stream.read(&mut bytes).await {
            read += length;
        }
    };
    within(SOON, reading).await;
    assert!(read < 8 << 20, "{read} bytes were waiting");
}

#[tokio::test]
async fn over_tls() {
    let served = Served::start().await;
    for (path, is_websocket) in [("/ev/a", false), ("/sub/a", false), ("/ws/a", true)] {
        let mut stream = served.encrypted(b"http/1.1").await;
        let head = listen(&mut stream, path, is_websocket).await;
        // It is our own answer, and not hyper's.
        assert!(is_websocket || head.contains("connection: close"), "{head}");
        assert_eq!(served.subscribers().await, 1);
        served.publish_until_deserted().await;
        ends(stream).await;
    }
}

#[tokio::test]
async fn who_reads_over_tls_is_sent_everything_at_once() {
    let served = Served::start().await;
    let mut stream = served.encrypted(b"http/1.1").await;
    listen(&mut stream, "/ws/a", true).await;
    let large = "x".repeat(200_000);
    for text in ["one", &large, "three"] {
        served.plain.publish("a", text).await;
        // Nothing else is on its way that would push it out.
        assert!(until(&mut stream, text).await.contains(text));
    }
    let close = crate::browser::masked(0x88, b"\x03\xe8");
    within(SOON, stream.write_all(&close)).await.unwrap();
    let mut rest = Vec::new();
    within(SOON, stream.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest, b"\x88\x02\x03\xe8");
}

#[tokio::test]
async fn in_a_nested_router() {
    let served = Served::start().await;
    for (path, is_websocket) in [
        ("/push/ev/a", false),
        ("/push/sub/a", false),
        ("/push/ws/a", true),
    ] {
        let mut stream = small(served.nested).await;
        listen(&mut stream, path, is_websocket).await;
        served.publish_until_deserted().await;
        ends(stream).await;
    }
}

#[tokio::test]
async fn in_a_connection_that_has_served_others() {
    let served = Served::start().await;
    let mut stream = small(served.plain.address).await;
    let before = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(before).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}\r\n") {
        answer.push(within(SOON, stream.read_u8()).await.unwrap());
    }
    listen(&mut stream, "/ev/a", false).await;
    served.publish_until_deserted().await;
    ends(stream).await;
}

type Sender = http2::SendRequest<Empty<Bytes>>;

/// A connection of HTTP/2 that grants so much room to each of its streams.
async fn second(
    stream: impl Duplex + 'static,
    room: u32,
) -> (Sender, impl Future<Output = hyper::Result<()>>) {
    let io = TokioIo::new(stream);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .initial_stream_window_size(room)
        .initial_connection_window_size(room);
    builder.handshake(io).await.unwrap()
}

async fn ask(sender: &mut Sender, path: &str) -> hyper::Response<Incoming> {
    let uri = format!("https://localhost{path}");
    let request = hyper::Request::get(uri).body(Empty::new()).unwrap();
    let answer = within(SOON, sender.send_request(request)).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

#[tokio::test]
async fn a_stream_of_http_2_beside_others_that_are_read() {
    let served = Served::start().await;
    let (mut sender, connection) = second(served.encrypted(b"h2").await, 1 << 16).await;
    // Ends with its sender.
    tokio::spawn(connection);
    let stuck = ask(&mut sender, "/ev/a").await;
    let read = ask(&mut sender, "/ev/b").await;
    served.publish_until_deserted().await;
    // Only its stream is given up.
    let heard = within(SOON, stuck.into_body().collect()).await;
    assert!(heard.is_err());
    served.plain.publish("b", "hello").await;
    let mut read = read.into_body();
    let mut text = String::new();
    while !text.contains("hello") {
        let frame = within(SOON, read.frame()).await.unwrap().unwrap();
        text += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
    }
    ask(&mut sender, "/healthz").await;
    let other = ask(&mut sender, "/other").await.into_body();
    assert_eq!(other.collect().await.unwrap().to_bytes(), "other");
}

#[tokio::test]
async fn a_whole_connection_of_http_2() {
    let served = Served::start().await;
    let network = Proxy::before(served.tls).await;
    let stream = served.encrypted_at(network.address(), b"h2").await;
    let (mut sender, connection) = second(stream, 1 << 30).await;
    let connection = tokio::spawn(connection);
    let stuck = ask(&mut sender, "/ev/a").await;
    network.set(Link::Stalled);
    served.publish_until_deserted().await;
    // The stream is given up; now the connection has its time.
    tokio::time::sleep(LIMIT * 3).await;
    network.set(Link::Up);
    let heard = within(SOON, stuck.into_body().collect()).await;
    assert!(heard.is_err());
    let _ = within(SOON, connection).await.unwrap();
    assert!(sender.is_closed());
}

#[tokio::test]
async fn what_is_read_late_but_steadily_arrives_whole() {
    let served = Served::start().await;
    let mut streams: Vec<Box<dyn Duplex>> = vec![
        Box::new(served.encrypted(b"http/1.1").await),
        Box::new(small(served.nested).await),
        Box::new(small(served.plain.address).await),
    ];
    let paths = ["/ev/a", "/push/ev/a", "/ev/a"];
    for (stream, path) in streams.iter_mut().zip(paths) {
        listen(stream, path, false).await;
    }
    let body = "x".repeat(100_000);
    for _ in 0..20 {
        served.plain.publish("a", &body).await;
    }
    served.plain.publish("a", "the last").await;
    for stream in &mut streams {
        // Each waits for the ones before it, without reading, for less than the limit.
        let heard = until(stream, "the last").await;
        assert_eq!(heard.matches(&body).count(), 20);
    }
}

/// Reads until a text has come.
async fn until(stream: &mut impl Duplex, text: &str) -> String {
    let mut heard = String::new();
    let mut bytes = vec![0; 64 << 10];
    while !heard.contains(text) {
        let length = within(SOON, stream.read(&mut bytes)).await.unwrap();
        assert!(length > 0, "cut off");
        heard += &String::from_utf8_lossy(&bytes[..length]);
    }
    heard
}

#[tokio::test]
async fn a_connection_of_http_2_that_asks_nothing_is_closed() {
    let limit = Duration::from_millis(300);
    let gateway = Running::with(settings(|settings| settings.limits.head_within = limit)).await;
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let (mut sender, connection) = second(stream, 1 << 16).await;
    let connection = tokio::spawn(connection);
    let listening = ask(&mut sender, "/ev/a").await;
    // Whoever listens is not idle.
    tokio::time::sleep(limit * 4).await;
    assert!(!connection.is_finished());
    drop(listening);
    within(SOON, connection).await.unwrap().unwrap();
    // Nor may one stay that has asked nothing at all.
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let (_sender, connection) = second(stream, 1 << 16).await;
    within(SOON, connection).await.unwrap();
}
