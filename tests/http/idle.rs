//! Ten thousand sessions that do nothing: what they cost, and that there can be no more.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use pubsub_server::{Config, HttpClient, HttpService, Limits, Server};
use support::bosh::between;
use support::{WebSocketClient, eventually};

use crate::{PATIENCE, config, door};

const MANY: usize = 10_000;

/// What a session may cost while it waits.
const KIB_EACH: usize = 24;

async fn ask(service: &HttpService, body: String) -> String {
    let request = Request::post("/xmpp-httpbind")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let client = HttpClient {
        address: "127.0.0.1:1".parse().unwrap(),
        is_encrypted: false,
    };
    let response = service.handle(request, client).await;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A session that is logged in without an account, by the words of its next request.
async fn log_in(service: &HttpService) -> Result<impl Fn(u64, &str, &str) -> String, String> {
    let wrap = |rid: u64, attributes: &str, content: &str| {
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' {attributes}>{content}</body>"
        )
    };
    let begun = ask(
        service,
        wrap(1, "to='localhost' wait='60' hold='1' ver='1.6'", ""),
    )
    .await;
    let sid = between(&begun, " sid='", "'").ok_or(begun)?;
    let next = move |rid: u64, attributes: &str, content: &str| {
        wrap(rid, &format!("sid='{sid}' {attributes}"), content)
    };
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
    let bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    let restart = "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'";
    ask(service, next(2, "", auth)).await;
    ask(service, next(3, restart, "")).await;
    let bound = ask(service, next(4, "", bind)).await;
    if bound.contains("<jid>") {
        Ok(next)
    } else {
        Err(bound)
    }
}

#[tokio::test]
async fn ten_thousand_idle_sessions_are_bounded() {
    let mut config: Config = config();
    config.limits = Limits {
        connections: MANY,
        ..Limits::default()
    };
    config.http.bosh.inactivity = Duration::from_mins(10);
    let server = Server::spawn(config).await.unwrap();
    let service = server.http_service();
    let before = resident();
    let last = log_in(&service)
        .await
        .unwrap_or_else(|answer| panic!("{answer}"));
    for _ in 1..MANY {
        assert!(log_in(&service).await.is_ok());
    }
    let each = resident().saturating_sub(before) / MANY;
    assert!(each <= KIB_EACH, "{each} KiB each");
    let refused = log_in(&service).await.err().unwrap();
    assert!(
        refused.contains("condition='policy-violation'"),
        "{refused}"
    );
    let refused = WebSocketClient::connect(door(&server), &[])
        .await
        .unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    // When one leaves there is room for one.
    let farewell = ask(&service, last(5, "type='terminate'", "")).await;
    assert!(farewell.contains("type='terminate'"), "{farewell}");
    eventually(PATIENCE, async || log_in(&service).await.ok().map(drop)).await;
}
