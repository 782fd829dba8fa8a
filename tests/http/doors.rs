//! What else is behind the HTTP address, and the doors of the server behind another HTTP server.

use axum::Router;
use axum::routing::get;
use support::bosh::{between, post};
use support::site::with_xmpp;
use support::{BoshClient, Site, WebSocketClient, http};

use crate::{door, ping, server};

#[tokio::test]
async fn clients_that_know_the_domain_only_find_the_doors() {
    let server = server().await;
    let address = door(&server);
    let links = [
        (
            "urn:xmpp:alt-connections:websocket",
            format!("ws://{address}/xmpp-websocket"),
        ),
        (
            "urn:xmpp:alt-connections:xbosh",
            format!("http://{address}/xmpp-httpbind"),
        ),
    ];
    let xrd = http::request(address, "GET", "/.well-known/host-meta", &[], "")
        .await
        .unwrap();
    assert_eq!(
        xrd.header("content-type"),
        "application/xrd+xml; charset=utf-8"
    );
    let json = http::request(address, "GET", "/.well-known/host-meta.json", &[], "")
        .await
        .unwrap();
    let parsed: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    for answer in [&xrd, &json] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    for (index, (relation, link)) in links.iter().enumerate() {
        assert!(
            xrd.text()
                .contains(&format!("<Link rel='{relation}' href='{link}'/>")),
            "{}",
            xrd.text()
        );
        assert_eq!(parsed["links"][index]["rel"], *relation);
        assert_eq!(parsed["links"][index]["href"], *link);
    }
    let secure = http::request(
        address,
        "GET",
        "/.well-known/host-meta",
        &[("Host", "example.org"), ("X-Forwarded-Proto", "https")],
        "",
    )
    .await
    .unwrap();
    assert!(
        secure.text().contains("wss://example.org/xmpp-websocket"),
        "{}",
        secure.text()
    );
    for host in ["a'b", "<script>", "a b", "a/b", ""] {
        let refused = http::request(
            address,
            "GET",
            "/.well-known/host-meta",
            &[("Host", host)],
            "",
        )
        .await
        .unwrap();
        assert_eq!(refused.status, 400, "{host}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_answered_in_a_word() {
    let server = server().await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("POST", "/xmpp-httpbind/", 404),
        ("GET", "/xmpp-httpbind", 200),
        ("HEAD", "/xmpp-httpbind", 200),
        ("POST", "/.well-known/host-meta", 405),
    ] {
        let answer = http::request(door(&server), method, path, &[], "")
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn another_http_server_hands_requests_in() {
    let server = server().await;
    let service = server.http_service();
    for (path, is_served) in [
        ("/xmpp-websocket", true),
        ("/xmpp-httpbind", true),
        ("/.well-known/host-meta.json", true),
        ("/hello", false),
    ] {
        assert_eq!(service.serves(path), is_served, "{path}");
    }
    let router = Router::new().route("/hello", get(async || "hello"));
    let site = Site::start(with_xmpp(router, service)).await;
    let hello = http::request(site.address(), "GET", "/hello", &[], "")
        .await
        .unwrap();
    assert_eq!(hello.text(), "hello");
    let mut bob = BoshClient::login(site.address(), "bob", "secret")
        .await
        .unwrap();
    assert!(bob.ask("", &ping("p")).await.unwrap().contains("id='p'"));
    let (mut client, _) = WebSocketClient::login(site.address(), "bob", "secret")
        .await
        .unwrap();
    client.send(&ping("q")).await.unwrap();
    client.until("id='q'").await.unwrap();

    // When the server is gone, its doors are closed.
    server.shutdown().await;
    let (messages, _) = client.closed().await.unwrap();
    assert!(messages[0].contains("<system-shutdown"), "{messages:?}");
    let answer = post(site.address(), &[], bob.body(bob.rid, "", ""))
        .await
        .unwrap();
    assert_eq!(answer.status, 503);
    assert!(between(&answer.text(), "the server", "down").is_some());
}
