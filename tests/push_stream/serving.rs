//! Being served: nested in another application, over HTTP/2 and TLS, watched, and shut down.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use pubsub_core::PubSub;
use pubsub_gateway::{Gateway, Settings};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::browser::{Client, Frame};
use crate::gateway::{Running, settings};

/// The routes of a gateway in an application that has others.
async fn nested() -> (SocketAddr, PubSub) {
    let pubsub = PubSub::builder().without_models().connect().await.unwrap();
    let gateway = Gateway::builder(pubsub.clone()).build().unwrap();
    let app = Router::new()
        .route("/", get(|| async { "the application" }))
        .nest("/push", gateway.router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test.
    tokio::spawn(async move {
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await.unwrap();
    });
    (address, pubsub)
}

#[tokio::test]
async fn a_nested_router_serves_every_transport() {
    let (address, _pubsub) = nested().await;
    let mut socket = Client::connect(address).await;
    socket
        .send("GET", "/push/ws/a", &crate::gateway::HANDSHAKE, "")
        .await;
    assert_eq!(socket.head().await.status, 101);
    let mut events = Client::connect(address).await;
    events.send("GET", "/push/ev/a", &[], "").await;
    assert_eq!(
        events.head().await.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    let mut publisher = Client::connect(address).await;
    for text in ["one", "two"] {
        publisher.send("POST", "/push/pub?id=a", &[], text).await;
        let answer = publisher.answer().await;
        assert!(answer.text().contains("\"subscribers\": 2"), "{answer:?}");
    }
    for text in ["one", "two"] {
        assert_eq!(socket.json().await["text"], text);
    }
    let mut heard = String::new();
    while !heard.contains("two") {
        heard += &events.event().await;
    }
    assert!(heard.contains("one"));
    publisher.send("GET", "/push/lp/a.b2", &[], "").await;
    assert_eq!(publisher.answer().await.text().lines().count(), 2);
    publisher.send("GET", "/", &[], "").await;
    assert_eq!(publisher.answer().await.text(), "the application");
    socket.say(0x88, b"\x03\xe8").await;
    assert_eq!(
        socket.frame().await,
        Frame::Close(Some(1000), String::new())
    );
    socket.closed().await;
}

#[tokio::test]
async fn several_requests_go_through_one_connection() {
    let gateway = Running::start().await;
    let mut client = Client::connect(gateway.address).await;
    for round in 1..=3 {
        client.send("POST", "/pub?id=a", &[], "x").await;
        let answer = client.answer().await;
        assert!(
            answer
                .text()
                .contains(&format!("\"published_messages\": {round}")),
            "{answer:?}"
        );
    }
    client
        .send(
            "GET",
            "/ev/a",
            &[("Last-Event-ID", "0123456789abcdef:0")],
            "",
        )
        .await;
    assert_eq!(client.head().await.status, 200);
    assert!(client.event().await.contains("event: reset"));
}

/// Requests that come in one piece or in many, of publishers and others, are answered in their order.
#[tokio::test]
async fn requests_of_all_kinds_share_a_connection_however_they_are_cut() {
    let gateway = Running::start().await;
    let requests: [(&str, u16, &str); 7] = [
        (
            "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none",
            200,
            "\"published_messages\": 1",
        ),
        (
            "PUT /events/pub?id=a HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\ntwo",
            200,
            "\"published_messages\": 2",
        ),
        (
            "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
            400,
            "",
        ),
        (
            "GET /pub?id=a HTTP/1.1\r\nHost: localhost\r\n\r\n",
            200,
            "\"published_messages\": 2",
        ),
        (
            "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nth\r\n3\r\nree\r\n0\r\n\r\n",
            200,
            "\"published_messages\": 3",
        ),
        (
            "POST /pub HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nfour",
            400,
            "",
        ),
        (
            "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfour",
            200,
            "\"published_messages\": 4",
        ),
    ];
    let bytes: String = requests.iter().map(|(request, ..)| *request).collect();
    for piece in [bytes.len(), 7] {
        let mut client = Client::connect(gateway.address).await;
        for piece in bytes.as_bytes().chunks(piece) {
            client.write(piece).await;
        }
        for (request, status, text) in requests {
            let answer = client.answer().await;
            assert_eq!(answer.status, status, "{request}: {answer:?}");
            assert!(answer.text().contains(text), "{request}: {answer:?}");
        }
        client.closed().await;
        gateway.ask("DELETE", "/pub?id=a", &[], "").await;
    }
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let gateway = Running::start().await;
    for path in ["/", "/nothing", "/events", "/events/nothing/a", "/wsx/a"] {
        assert_eq!(gateway.get(path, &[]).await.status, 404, "{path}");
    }
    let _stream = gateway.stream("/events/ev/a", &[]).await;
}

#[tokio::test]
async fn health_says_whether_requests_are_welcome() {
    let gateway = Running::start().await;
    let answer = gateway.get("/healthz", &[]).await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, "{\"status\": \"ok\", \"service\": true}\r\n")
    );
    gateway.gateway.drain(Duration::ZERO).await;
    let answer = gateway.get("/healthz", &[]).await;
    assert_eq!(
        (answer.status, answer.text()),
        (503, "{\"status\": \"draining\", \"service\": true}\r\n")
    );
    let offline = Running::start().await;
    offline.pubsub.shutdown().await.unwrap();
    let answer = offline.get("/healthz", &[]).await;
    assert_eq!(
        (answer.status, answer.text()),
        (503, "{\"status\": \"offline\", \"service\": false}\r\n")
    );
}

#[tokio::test]
async fn metrics_tell_of_kinds_and_never_of_names() {
    let gateway = Running::start().await;
    let mut socket = gateway.websocket("/ws/secret-name").await;
    let mut events = gateway.stream("/ev/secret-name", &[]).await;
    for _ in 0..3 {
        gateway.publish("secret-name", "x").await;
        socket.json().await;
        events.event().await;
    }
    gateway.publish("twitter.Tweet", "x").await;
    gateway.get("/ev/user-5", &[]).await;
    let answer = gateway.get("/metrics", &[]).await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = answer.text();
    for line in [
        "pubsub_gateway_messages_total{kind=\"other\"} 3",
        "pubsub_gateway_messages_total{kind=\"model\"} 1",
        "pubsub_gateway_deliveries_total{transport=\"websocket\"} 3",
        "pubsub_gateway_deliveries_total{transport=\"event_stream\"} 3",
        "pubsub_gateway_clients{transport=\"websocket\"} 1",
        "pubsub_gateway_channels{kind=\"other\"} 1",
        "pubsub_gateway_subscribers{kind=\"other\"} 2",
        "pubsub_gateway_stored_messages{kind=\"other\"} 3",
        "pubsub_gateway_refusals_total{fault=\"client\"} 1",
        "pubsub_gateway_published_total 4",
        "pubsub_gateway_upstream_online 1",
    ] {
        assert!(
            text.lines().any(|own| own == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(!text.contains("secret"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(
            name.starts_with("pubsub_gateway_") && value.parse::<u64>().is_ok(),
            "{line}"
        );
    }
}

#[tokio::test]
async fn draining_sends_everybody_away_with_a_hint() {
    let gateway = Running::with(settings(|settings| {
        settings.reconnect_to = Some("https://other.example/\"".to_owned());
    }))
    .await;
    let mut socket = gateway.websocket("/ws/a").await;
    let mut events = gateway.stream("/ev/a", &[]).await;
    let mut poll = Client::connect(gateway.address).await;
    poll.send("GET", "/lp/a", &[], "").await;
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a", &[]).await;
        info.text().contains("\"subscribers\": 3").then_some(())
    })
    .await;
    gateway.gateway.drain(Duration::from_millis(50)).await;
    let hint = "{\"reconnect\":\"https://other.example/\\\"\"}";
    assert_eq!(
        socket.frame().await,
        Frame::Close(Some(1012), hint.to_owned())
    );
    socket.closed().await;
    let event = events.event().await;
    assert!(
        event.ends_with(&format!("event: reconnect\ndata: {hint}\n\n")),
        "{event}"
    );
    events.closed_after_body().await;
    assert_eq!(poll.answer().await.status, 304);
    for path in ["/ev/a", "/ws/a", "/lp/a"] {
        let answer = gateway.get(path, &crate::gateway::HANDSHAKE).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "1"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_shut_down_ends() {
    let pubsub = PubSub::builder().without_models().connect().await.unwrap();
    let quick = settings(|settings| settings.drain = Duration::from_millis(10));
    let gateway = Gateway::builder(pubsub).settings(quick).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        gateway
            .serve(listener, async {
                let _ = stopped.await;
            })
            .await;
    });
    let mut idle = Client::connect(address).await;
    idle.send("GET", "/healthz", &[], "").await;
    idle.answer().await;
    let mut half = Client::connect(address).await;
    half.write(b"GET /ev/a HTT").await;
    let mut socket = Client::connect(address).await;
    socket
        .send("GET", "/ws/a", &crate::gateway::HANDSHAKE, "")
        .await;
    socket.head().await;
    stop.send(()).unwrap();
    assert!(matches!(socket.frame().await, Frame::Close(Some(1012), _)));
    idle.closed().await;
    support::within(crate::gateway::SOON, serving)
        .await
        .unwrap();
    half.closed().await;
}

#[tokio::test]
async fn a_listener_with_tls_speaks_http_2_and_1() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = support::Certificates::create(directory.path());
    let pem = |path| std::fs::read(path).unwrap();
    let (certificate, key) = (pem(&certificates.certificate), pem(&certificates.key));
    let tls = pubsub_gateway::Tls::from_pem(&certificate, &key).unwrap();
    assert!(tls.replace(b"no certificate", &key).is_err());
    assert!(pubsub_gateway::Tls::from_pem(&certificate, b"no key").is_err());
    let pubsub = PubSub::builder().without_models().connect().await.unwrap();
    let gateway = Gateway::builder(pubsub)
        .settings(Settings::default())
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = gateway.clone();
    // Ends with the test.
    tokio::spawn(async move {
        serving
            .serve_tls(listener, tls, std::future::pending())
            .await;
    });
    let curl = async |version: &'static str, rest: &[&str]| {
        let mut command = tokio::process::Command::new("curl");
        let authority = certificates.authority.display().to_string();
        command.args([
            "-sS",
            "-i",
            "--max-time",
            "20",
            version,
            "--cacert",
            &authority,
            "--connect-to",
        ]);
        command.arg(format!("localhost:{port}:127.0.0.1:{port}"));
        command.args(rest).kill_on_drop(true);
        let output = support::within(crate::gateway::SOON, command.output())
            .await
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    for (version, line) in [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200 OK")] {
        let base = format!("https://localhost:{port}/events");
        let answer = curl(version, &["-d", "hello", &format!("{base}/pub/a")]).await;
        assert!(
            answer.starts_with(line) && answer.contains("\"channel\": \"a\""),
            "{answer}"
        );
        let answer = curl(version, &[&format!("{base}/lp/a.b1")]).await;
        assert!(answer.contains("\"text\":\"hello\""), "{answer}");
        let mut command = tokio::process::Command::new("curl");
        let authority = certificates.authority.display().to_string();
        command.args([
            "-sSN",
            "--max-time",
            "20",
            version,
            "--cacert",
            &authority,
            "--connect-to",
        ]);
        command
            .arg(format!("localhost:{port}:127.0.0.1:{port}"))
            .arg(format!("{base}/ev/a.b1"));
        command
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap());
        let mut heard = String::new();
        while !heard.contains("\"text\":\"hello\"") {
            let read = tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut heard);
            assert!(
                support::within(crate::gateway::SOON, read).await.unwrap() > 0,
                "{heard}"
            );
        }
        child.kill().await.unwrap();
    }
}
