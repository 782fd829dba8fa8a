//! Pages of other origins (contract 2.3.2): CORS, and cross-site WebSocket hijacking.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pubsub_gateway::settings::Origins;
use tokio::net::TcpStream;

use crate::browser::Client;
use crate::gateway::{HANDSHAKE, Running, SOON, settings};

const PAGE: (&str, &str) = ("Origin", "https://page.example");
const METHODS: &str = "access-control-allow-methods";
const ORIGIN: &str = "access-control-allow-origin";

async fn listed() -> Running {
    Running::with(settings(|settings| {
        settings.origins = Origins::Listed(vec![PAGE.1.to_owned()]);
    }))
    .await
}

#[tokio::test]
async fn c_cors_1_listed_pages_may_read_answers() {
    let gateway = listed().await;
    gateway.publish("a", "x").await;
    for (method, path, status, methods) in [
        ("GET", "/lp/a.b1", 200, "GET"),
        ("GET", "/lp/ALL", 403, "GET"),
        ("OPTIONS", "/lp/a", 200, "GET"),
        ("OPTIONS", "/ev/a", 200, "GET"),
        ("OPTIONS", "/sub/a", 200, "GET"),
        ("POST", "/lp/a", 405, "GET"),
        ("OPTIONS", "/pub?id=a", 200, "GET, POST, PUT, DELETE"),
        ("GET", "/pub?id=a", 200, "GET, POST, PUT, DELETE"),
        ("PATCH", "/pub?id=a", 405, "GET, POST, PUT, DELETE"),
    ] {
        let answer = gateway.ask(method, path, &[PAGE], "").await;
        assert_eq!(
            (answer.status, answer.header(METHODS)),
            (status, methods),
            "{method} {path}"
        );
        assert_eq!(answer.header(ORIGIN), PAGE.1);
        assert!(answer.header("vary").contains("Origin"));
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "If-Modified-Since,If-None-Match,Etag,Event-Id,Event-Type,Last-Event-Id,\
             Authorization,Content-Type,X-Nginx-PushStream-Mode"
        );
        assert_eq!(
            answer.header("access-control-expose-headers"),
            "Etag, Last-Modified, X-Nginx-PushStream-Explain, X-Pubsub-Cursor, Retry-After"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
    }
    let mut stream = gateway.stream("/ev/a", &[PAGE]).await;
    gateway.publish("a", "y").await;
    stream.event().await;
}

#[tokio::test]
async fn only_who_asks_beforehand_is_told_for_how_long_that_holds() {
    let gateway = listed().await;
    let asking = [PAGE, ("Access-Control-Request-Method", "POST")];
    let answer = gateway.ask("OPTIONS", "/pub?id=a", &asking, "").await;
    assert_eq!(answer.header("access-control-max-age"), "86400");
    let answer = gateway.get("/lp/ALL", &[PAGE]).await;
    assert!(!answer.has("access-control-max-age"));
    let evil = [("Origin", "https://evil.example"), asking[1]];
    let answer = gateway.ask("OPTIONS", "/pub?id=a", &evil, "").await;
    assert!(!answer.has("access-control-max-age") && !answer.has(ORIGIN));
}

#[tokio::test]
async fn c_cors_2_statistics_and_sockets_are_not_for_pages() {
    let gateway = listed().await;
    let answer = gateway.get("/stats", &[PAGE]).await;
    assert!(!answer.has(ORIGIN));
    let mut client = Client::connect(gateway.address).await;
    client
        .send("GET", "/ws/a", &[&HANDSHAKE[..], &[PAGE]].concat(), "")
        .await;
    let answer = client.head().await;
    assert_eq!((answer.status, answer.has(ORIGIN)), (101, false));
}

#[tokio::test]
async fn c_cors_3_by_default_no_other_page_may() {
    let gateway = Running::start().await;
    gateway.publish("a", "x").await;
    let answer = gateway.get("/lp/a.b1", &[PAGE]).await;
    assert!(!answer.has(ORIGIN) && !answer.has(METHODS));
    let any = Running::with(settings(|settings| settings.origins = Origins::Any)).await;
    any.publish("a", "x").await;
    let answer = any.get("/lp/a.b1", &[PAGE]).await;
    assert_eq!(answer.header(ORIGIN), "*");
    // Whom anybody may be, nobody may be with somebody's cookies.
    assert!(!answer.has("access-control-allow-credentials"));
}

#[tokio::test]
async fn a_page_whose_name_leads_here_is_not_this_machine() {
    let gateway = Running::start().await;
    let page = [
        ("Host", "evil.example"),
        ("Origin", "http://evil.example"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    assert_eq!(gateway.post("/pub?id=a", &page, "x").await.status, 403);
    assert_eq!(gateway.get("/stats", &page).await.status, 403);
    // Nor where it asks its own origin, which browsers do without saying so, or as any program would.
    for page in [&page[..1], &[page[0], page[2]]] {
        for path in ["/stats", "/metrics", "/pub?id=a"] {
            assert_eq!(gateway.get(path, page).await.status, 403, "{path} {page:?}");
        }
    }
    for host in ["localhost:80", "[::1]", "app.localhost"] {
        let answer = gateway.get("/metrics", &[("Host", host)]).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let named = Running::with(settings(|settings| {
        settings.access.local_names = vec!["push.example".to_owned()];
    }))
    .await;
    let answer = named.get("/stats", &[("Host", "push.example:80")]).await;
    assert_eq!(answer.status, 200);
    let own = [("Host", "localhost:80"), ("Origin", "http://localhost")];
    assert_eq!(gateway.post("/pub?id=a", &own, "x").await.status, 200);
}

#[tokio::test]
async fn a_foreign_page_cannot_read_as_a_script_what_its_visitor_may() {
    let gateway = Running::start().await;
    gateway.publish("a", "secret").await;
    let own = format!("http://{}/page", gateway.address);
    for (headers, status) in [
        ([("Referer", "https://evil.example/page")], 403),
        ([("Sec-Fetch-Site", "cross-site")], 403),
        ([("Referer", &*own)], 200),
        ([("Sec-Fetch-Site", "same-origin")], 200),
    ] {
        let answer = gateway.get("/lp/a.b1?callback=f", &headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.text().contains("secret"), status == 200);
    }
    let listed = listed().await;
    listed.publish("a", "open").await;
    let answer = listed
        .get(
            "/lp/a.b1?callback=f",
            &[("Referer", "https://page.example/")],
        )
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_foreign_page_cannot_open_a_socket_or_publish() {
    let gateway = listed().await;
    let own = format!("http://{}", gateway.address);
    for (origin, status) in [
        (PAGE.1, 101),
        (&*own, 101),
        ("https://evil.example", 403),
        ("http://page.example", 403),
        ("https://page.example.evil.example", 403),
        ("null", 403),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let headers = [&HANDSHAKE[..], &[("Origin", origin)]].concat();
        client.send("GET", "/ws/a", &headers, "").await;
        assert_eq!(client.head().await.status, status, "{origin}");
        let answer = gateway.post("/pub?id=a", &[("Origin", origin)], "x").await;
        let expected = if status == 101 { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{origin}");
        assert_eq!(
            answer.has(ORIGIN),
            origin == PAGE.1 || origin == own,
            "{origin}"
        );
    }
}

/// What is answered over HTTP/2, which has no `Host`.
async fn over_http_2(
    gateway: &Running,
    method: &str,
    uri: &str,
    header: (&str, &str),
    body: &'static str,
) -> u16 {
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    // Ends with its sender.
    tokio::spawn(connection);
    let request = hyper::Request::builder()
        .method(method)
        .uri(uri)
        .header(header.0, header.1)
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let answer = support::within(SOON, sender.send_request(request)).await;
    answer.unwrap().status().as_u16()
}

#[tokio::test]
async fn over_http_2_a_page_is_at_home_where_it_was_asked_for() {
    let gateway = Running::start().await;
    let own = format!("http://{}", gateway.address);
    let evil = "http://evil.example";
    for (origin, status) in [(&*own, 200), (evil, 403)] {
        let origin = ("origin", origin);
        let path = format!("{own}/pub?id=a");
        let answer = over_http_2(&gateway, "POST", &path, origin, "x").await;
        assert_eq!(answer, status, "{origin:?}");
    }
    let same = ("sec-fetch-site", "same-origin");
    for (host, status) in [(&*own, 200), (evil, 403)] {
        let path = format!("{host}/stats");
        let answer = over_http_2(&gateway, "GET", &path, same, "").await;
        assert_eq!(answer, status, "{host}");
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let gateway = Running::start().await;
    for hosts in ["", "Host: localhost\r\nHost: evil.example\r\n"] {
        for path in ["/ev/a", "/sub/a", "/lp/a", "/healthz", "/stats"] {
            let mut client = Client::connect(gateway.address).await;
            let request = format!("GET {path} HTTP/1.1\r\n{hosts}\r\n");
            client.write(request.as_bytes()).await;
            assert_eq!(client.head().await.status, 400, "{path} {hosts:?}");
        }
    }
    // Where the whole address is said, that counts.
    let mut client = Client::connect(gateway.address).await;
    let request = b"GET http://evil.example/stats HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write(request).await;
    assert_eq!(client.head().await.status, 403);
}
