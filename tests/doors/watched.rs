//! What whoever runs the server sees of it: health, metrics, the log, and how it ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use pubsub_server::{Config, Http, Limits, RunningServer, Server};
use support::{ChildProcess, RawClient, eventually, program, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::PATIENCE;

fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: vec![("ann".to_owned(), "secret".to_owned())],
        scram_iterations: 16,
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Http::default()
        },
        ..Config::default()
    }
}

/// The whole answer to a request.
async fn get(server: &RunningServer, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.http_addr().unwrap())
        .await
        .unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(PATIENCE, stream.read_to_string(&mut answer))
        .await
        .unwrap();
    answer
}

#[tokio::test]
async fn health_and_metrics_are_told_without_names() {
    let server = Server::spawn(config()).await.unwrap();
    assert!(
        get(&server, "/healthz", "")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    let mut ann = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    RawClient::login(server.addr(), "ann", "wrong")
        .await
        .unwrap_err();
    let publish = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/secret/Diary'><item id='1'><x xmlns='urn:x'/></item></publish></pubsub>";
    ann.request("set", "pubsub.localhost", publish)
        .await
        .unwrap();
    let metrics = get(&server, "/metrics", "").await;
    for line in [
        "content-type: text/plain; version=0.0.4; charset=utf-8",
        "pubsub_server_clients{transport=\"tcp\"} 1",
        "pubsub_server_clients{transport=\"bosh\"} 0",
        "pubsub_server_nodes 1",
        "pubsub_server_published_total 1",
        "pubsub_server_logins_total 1",
        "pubsub_server_refused_logins_total 1",
        // Binding, which is not counted before it is done, and one publish; the answers to both.
        "pubsub_server_stanzas_total{direction=\"in\"} 1",
        "pubsub_server_stanzas_total{direction=\"out\"} 2",
        "# TYPE pubsub_server_stanzas_total counter",
        "# TYPE pubsub_server_commit_seconds histogram",
        "pubsub_server_commit_seconds_bucket{le=\"0.00025\"} 0",
        "pubsub_server_commit_seconds_bucket{le=\"5\"} 0",
        "pubsub_server_commit_seconds_bucket{le=\"+Inf\"} 0",
    ] {
        assert!(
            metrics.lines().any(|found| found.trim_end() == line),
            "{line}: {metrics}"
        );
    }
    assert!(
        !metrics.contains("ann") && !metrics.contains("Diary"),
        "{metrics}"
    );
    // Every line is a comment, or a name and a number.
    let (_, body) = metrics.split_once("\r\n\r\n").unwrap();
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("pubsub_server_"), "{line}");
        value.parse::<f64>().unwrap();
    }
    // Somebody else is not told, whom a proxy on this machine speaks for.
    let refused = get(&server, "/metrics", "x-forwarded-for: 203.0.113.9\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    server.shutdown().await;
    let mut open = config();
    open.http.public_metrics = true;
    let server = Server::spawn(open).await.unwrap();
    let told = get(&server, "/metrics", "x-forwarded-for: 203.0.113.9\r\n").await;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_proxy_that_is_believed_says_who_comes() {
    let limits = Limits {
        connections_per_address: 2,
        login_attempts: 1,
        ..Limits::default()
    };
    let server = Server::spawn(Config {
        proxies: vec![Ipv4Addr::LOCALHOST.into()],
        limits,
        ..config()
    })
    .await
    .unwrap();
    let stream = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    let open = async |head: &[u8]| {
        let mut socket = TcpStream::connect(server.addr()).await.unwrap();
        // In two pieces: a header may come so.
        let (first, second) = head.split_at(head.len() / 2);
        socket.write_all(first).await.unwrap();
        socket.flush().await.unwrap();
        socket.write_all(second).await.unwrap();
        socket.write_all(stream.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let mut buffer = [0; 4096];
        within(PATIENCE, async {
            while !answer.contains("</stream:features>") && !answer.contains("</stream:stream>") {
                let count = socket.read(&mut buffer).await.unwrap_or_default();
                if count == 0 {
                    break;
                }
                answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        })
        .await;
        (socket, answer)
    };
    let old = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 5222\r\n".as_slice();
    let new = [
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(),
        &[203, 0, 113, 9, 192, 0, 2, 1, 0x12, 0x67, 0x14, 0x66],
    ]
    .concat();
    let (_one, answer) = open(old).await;
    // From elsewhere: no password in the clear.
    assert!(
        answer.contains("SCRAM-SHA-256") && !answer.contains("PLAIN"),
        "{answer}"
    );
    let (_two, answer) = open(&new).await;
    assert!(
        answer.contains("SCRAM-SHA-256") && !answer.contains("PLAIN"),
        "{answer}"
    );
    let (_three, answer) = open(old).await;
    assert!(answer.contains("resource-constraint"), "{answer}");
    // Another one, the proxy for itself, and nobody in particular.
    for head in [
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n".as_slice(),
        b"",
        b"PROXY UNKNOWN\r\n",
    ] {
        let (_, answer) = open(head).await;
        assert!(answer.contains("SCRAM-SHA-256"), "{answer}");
    }
    let (_, answer) = open(b"PROXY TCP9 nonsense\r\n").await;
    assert_eq!(answer, "");
    server.shutdown().await;
    // Who is not believed is no proxy.
    let server = Server::spawn(config()).await.unwrap();
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(old).await.unwrap();
    let mut answer = String::new();
    within(PATIENCE, socket.read_to_string(&mut answer))
        .await
        .unwrap();
    assert!(answer.contains("not-well-formed"), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn the_program_ends_in_peace_and_logs_as_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program("pubsub");
    command.args([
        "--log-format",
        "json",
        "serve",
        "--xmpp",
        "127.0.0.1:0",
        "--user",
        "ann:secret",
        "--data",
    ]);
    command
        .arg(directory.path().join("data"))
        .env("RUST_LOG", "info");
    let mut process = ChildProcess::start(&command, &directory.path().join("log"));
    let address: SocketAddr = eventually(Duration::from_mins(1), || {
        assert_eq!(process.ended(), None, "{}", process.output());
        let output = process.output();
        let line = output.lines().find_map(|line| line.strip_prefix("xmpp "));
        let address = line.and_then(|line| line.split(' ').next()?.parse().ok());
        async move { address }
    })
    .await;
    let mut ann = RawClient::login(address, "ann", "secret").await.unwrap();
    // What was asked before the end is answered before the end.
    let burst: String = (0..50)
        .map(|number| {
            let publish = format!("<publish node='/end'><item id='{number}'><x xmlns='urn:x'/></item></publish>");
            let pubsub = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
            format!("<iq type='set' id='b{number}' to='pubsub.localhost'>{pubsub}{publish}</pubsub></iq>")
        })
        .collect();
    ann.send(&burst).await.unwrap();
    within(PATIENCE, ann.until_any(&["id='b0'"])).await.unwrap();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &process.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let mut words = String::new();
    let mut stream = ann.into_stream();
    within(PATIENCE, stream.read_to_string(&mut words))
        .await
        .unwrap();
    assert!(words.ends_with("</stream:stream>"), "{words}");
    assert!(words.contains("<system-shutdown "), "{words}");
    drop(stream);
    let status = eventually(PATIENCE, || {
        let ended = process.ended();
        async move { ended }
    })
    .await;
    assert!(status.success(), "{status:?}");
    let output = process.output();
    let lines: Vec<serde_json::Value> = output
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let login = lines
        .iter()
        .find(|line| line["fields"]["message"] == "logged in")
        .unwrap_or_else(|| panic!("{output}"));
    assert_eq!(login["span"]["transport"], "tcp", "{login}");
    assert_eq!(login["span"]["address"], "127.0.0.1", "{login}");
    assert!(login["span"]["id"].is_u64(), "{login}");
    assert!(!output.contains("secret"), "{output}");
}
