//! XMPP over WebSocket by the book (RFC 7395), and what it has in common with XMPP over TCP.

use std::time::Duration;

use pubsub_server::{Config, Limits, Server};
use support::websocket::{frame, opcode};
use support::{RawClient, WebSocketClient};

use crate::{config, door, ping, publish, publisher, server, server_with, subscribe};

const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />"#;

#[tokio::test]
async fn every_message_is_one_element_that_stands_alone() {
    let server = server().await;
    let mut client = WebSocketClient::connect(door(&server), &[]).await.unwrap();
    client
        .send("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>")
        .await
        .unwrap();
    let open = client.message().await.unwrap();
    assert!(
        open.starts_with("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='localhost' id='"),
        "{open}"
    );
    assert!(open.contains("version='1.0'"), "{open}");
    let features = client.message().await.unwrap();
    assert!(
        features.starts_with("<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"),
        "{features}"
    );
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "ANONYMOUS"] {
        assert!(
            features.contains(&format!("<mechanism>{mechanism}</mechanism>")),
            "{features}"
        );
    }

    let (mut client, jid) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let mut ann = publisher(&server).await;
    client.send(&subscribe(&jid)).await.unwrap();
    let answer = client.message().await.unwrap();
    assert!(
        answer.starts_with("<iq xmlns='jabber:client' type='result' id='subscribe'"),
        "{answer}"
    );
    for id in ["a", "b", "c"] {
        publish(&mut ann, id, "x &amp; y").await;
    }
    for id in ["a", "b", "c"] {
        let event = client.message().await.unwrap();
        assert!(
            event.starts_with("<message xmlns='jabber:client' to='"),
            "{event}"
        );
        assert!(event.contains(&format!("<item id='{id}'")), "{event}");
        assert!(event.ends_with("</message>"), "{event}");
        assert_eq!(event.matches("<message").count(), 1, "{event}");
    }
    // A stanza without a namespace is meant for the server too, and white space around it is nothing.
    client
        .send("\n<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq> ")
        .await
        .unwrap();
    client.until("id='p'").await.unwrap();
    client.send(CLOSE).await.unwrap();
    let (messages, code) = client.closed().await.unwrap();
    assert_eq!((messages, code), (vec![CLOSE.to_owned()], 1000));
    client.hung_up().await;
}

#[tokio::test]
async fn messages_may_come_in_fragments_with_pings_between() {
    let server = server().await;
    let (mut client, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let text = ping("slowly");
    let mut bytes = Vec::new();
    let last = text.len() - 1;
    for (index, byte) in text.bytes().enumerate() {
        let kind = if index == 0 {
            opcode::TEXT
        } else {
            opcode::CONTINUATION
        };
        let fin = if index == last { 0x80 } else { 0 };
        bytes.extend(frame(fin | kind, true, &[byte]));
        if index == 3 {
            bytes.extend(frame(0x80 | opcode::PING, true, b"there?"));
        }
    }
    client.write(&bytes).await.unwrap();
    let pong = client.frame().await.unwrap();
    assert_eq!(
        (pong.opcode, &pong.payload[..]),
        (opcode::PONG, &b"there?"[..])
    );
    client.until("id='slowly'").await.unwrap();
}

#[tokio::test]
async fn a_lost_session_is_resumed_over_whatever_way_the_client_comes_back() {
    let server = server().await;
    let mut ann = publisher(&server).await;
    let (mut client, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    client.send(&subscribe("bob@localhost")).await.unwrap();
    client.until("id='subscribe'").await.unwrap();
    client
        .send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        .await
        .unwrap();
    let enabled = client.message().await.unwrap();
    let id = support::bosh::between(&enabled, " id='", "'").unwrap();
    publish(&mut ann, "seen", "").await;
    client.until("<item id='seen'").await.unwrap();
    publish(&mut ann, "unseen", "").await;
    drop(client);
    publish(&mut ann, "away", "").await;

    // Back over TCP.
    let mut again = RawClient::authenticated(server.addr(), "bob", "secret")
        .await
        .unwrap();
    again
        .send(&format!(
            "<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='1'/>"
        ))
        .await
        .unwrap();
    let resumed = again.until_any(&["<item id='away'"]).await.unwrap();
    assert!(
        resumed.contains("<resumed xmlns='urn:xmpp:sm:3'"),
        "{resumed}"
    );
    assert!(resumed.contains("<item id='unseen'"), "{resumed}");
    assert!(!resumed.contains("<item id='seen'"), "{resumed}");
    drop(again);
    publish(&mut ann, "gone again", "").await;

    // And back over WebSocket: what was not acknowledged comes again.
    let mut client = WebSocketClient::authenticated(door(&server), "bob", "secret")
        .await
        .unwrap();
    client
        .send(&format!(
            "<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='2'/>"
        ))
        .await
        .unwrap();
    let resumed = client.message().await.unwrap();
    assert!(
        resumed.starts_with("<resumed xmlns='urn:xmpp:sm:3'"),
        "{resumed}"
    );
    for id in ["away", "gone again"] {
        let event = client.message().await.unwrap();
        assert!(event.contains(&format!("<item id='{id}'")), "{event}");
    }
    client.send("<r xmlns='urn:xmpp:sm:3'/>").await.unwrap();
    let acknowledged = client.message().await.unwrap();
    assert_eq!(acknowledged, "<a xmlns='urn:xmpp:sm:3' h='0'/>");
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_then_given_up() {
    let server = server_with(Limits {
        idle: Duration::from_millis(50),
        ping: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let (mut client, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let asked = client.message().await.unwrap();
    assert!(asked.contains("<ping xmlns='urn:xmpp:ping'/>"), "{asked}");
    client
        .send("<iq xmlns='jabber:client' type='result' id='ping-1' to='localhost'/>")
        .await
        .unwrap();
    let (messages, code) = client.closed().await.unwrap();
    assert_eq!(code, 1000);
    assert!(messages[0].contains("<ping"), "{messages:?}");
    assert!(messages[1].contains("<connection-timeout"), "{messages:?}");
    assert_eq!(messages[2], CLOSE);
}

#[tokio::test]
async fn the_newest_of_two_equal_resources_wins() {
    let server = server().await;
    let bind = "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                <resource>one</resource></bind></iq>";
    let mut first = WebSocketClient::authenticated(door(&server), "bob", "secret")
        .await
        .unwrap();
    first.send(bind).await.unwrap();
    first.until("bob@localhost/one").await.unwrap();
    let mut second = WebSocketClient::authenticated(door(&server), "bob", "secret")
        .await
        .unwrap();
    second.send(bind).await.unwrap();
    second.until("bob@localhost/one").await.unwrap();
    let (messages, _) = first.closed().await.unwrap();
    assert!(
        messages[0]
            .starts_with("<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict"),
        "{messages:?}"
    );
}

#[tokio::test]
async fn clients_are_told_when_the_server_goes_down() {
    let server = server().await;
    let (mut client, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let mut newcomer = WebSocketClient::connect(door(&server), &[]).await.unwrap();
    newcomer.open().await.unwrap();
    let down = tokio::spawn(server.shutdown());
    for client in [&mut client, &mut newcomer] {
        let (messages, code) = client.closed().await.unwrap();
        assert_eq!(code, 1001);
        assert!(messages[0].contains("<system-shutdown"), "{messages:?}");
    }
    down.await.unwrap();
}

#[tokio::test]
async fn a_password_is_not_asked_for_where_others_can_listen() {
    let server = server().await;
    for (headers, is_offered) in [
        (&[][..], true),
        (&[("X-Forwarded-For", "127.0.0.1")], true),
        (&[("X-Forwarded-For", "192.0.2.7")], false),
        (
            &[
                ("X-Forwarded-For", "192.0.2.7"),
                ("X-Forwarded-Proto", "https"),
            ],
            true,
        ),
        (&[("Via", "1.1 somewhere")], false),
    ] {
        let mut client = WebSocketClient::connect(door(&server), headers)
            .await
            .unwrap();
        let features = client.open().await.unwrap();
        assert_eq!(
            features.contains("PLAIN"),
            is_offered,
            "{headers:?}: {features}"
        );
        assert!(features.contains("SCRAM-SHA-256"), "{features}");
        client
            .send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGJvYgBzZWNyZXQ=</auth>")
            .await
            .unwrap();
        let answer = client.message().await.unwrap();
        assert_eq!(answer.contains("<success"), is_offered, "{answer}");
        if !is_offered {
            assert!(answer.contains("<encryption-required/>"), "{answer}");
        }
    }
}

#[tokio::test]
async fn paths_are_settings() {
    let mut config: Config = config();
    config.http.websocket_path = "/ws".to_owned();
    config.http.bosh_path = "/bosh".to_owned();
    let server = Server::spawn(config).await.unwrap();
    let missing = WebSocketClient::connect(door(&server), &[])
        .await
        .unwrap_err();
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    let mut client = WebSocketClient::connect_at(door(&server), "/ws", "xmpp", &[])
        .await
        .unwrap();
    client.open().await.unwrap();
    let page = support::http::request(door(&server), "GET", "/bosh", &[], "")
        .await
        .unwrap();
    assert_eq!(page.status, 200);
}
