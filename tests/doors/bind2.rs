//! What is asked for together with a login (XEP-0388): a resource (XEP-0386), a session that goes on (XEP-0198), over every door.

use pubsub_server::{Limits, RunningServer};
use support::bosh::between;
use support::{BoshClient, RawClient, WebSocketClient, within};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::PATIENCE;
use crate::sasl2::{
    BIND, FEATURES, MANAGED, PING, STREAM_ERROR, begin, connect, jid_of, plain, server,
};
use crate::tls::say;

/// A session that can be resumed, and its id.
async fn managed(server: &RunningServer) -> (TcpStream, String, String) {
    let mut stream = connect(server).await;
    let success = say(&mut stream, &plain("ann", MANAGED), FEATURES).await;
    let id = between(&success, "<enabled xmlns='urn:xmpp:sm:3' id='", "'").unwrap();
    (stream, jid_of(&success), id)
}

fn resume(id: &str, handled: u32) -> String {
    format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{handled}'/>{BIND}")
}

#[tokio::test]
async fn a_session_goes_on_with_the_login() {
    let server = server(Limits::default()).await;
    let (stream, jid, id) = managed(&server).await;
    drop(stream);
    let mut bob = RawClient::login(server.addr(), "bob", "secret")
        .await
        .unwrap();
    for number in 1..=2 {
        let message = format!("<message to='{jid}' type='chat'><body>{number}</body></message>");
        bob.send(&message).await.unwrap();
    }
    bob.request("get", "localhost", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    let mut stream = connect(&server).await;
    let heard = say(&mut stream, &plain("ann", &resume(&id, 0)), "2</body>").await;
    let expected = format!(
        "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>{jid}</authorization-identifier>\
         <resumed xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/></success><stream:features>"
    );
    assert!(heard.starts_with(&expected), "{heard}");
    let (_, rest) = heard.split_once(FEATURES).unwrap();
    assert!(rest.contains("1</body>"), "{heard}");
    // Over another door, one message of two handled; the connection before is replaced.
    let http = server.http_addr().unwrap();
    let mut socket = WebSocketClient::connect(http, &[]).await.unwrap();
    socket.open().await.unwrap();
    socket.send(&plain("ann", &resume(&id, 1))).await.unwrap();
    let success = socket.message().await.unwrap();
    assert!(success.contains("<resumed "), "{success}");
    let features = socket.message().await.unwrap();
    assert!(features.starts_with("<stream:features "), "{features}");
    let again = socket.message().await.unwrap();
    assert!(again.contains("2</body>"), "{again}");
    within(PATIENCE, stream.read_to_end(&mut Vec::new()))
        .await
        .unwrap();
    server.shutdown().await;
}

#[tokio::test]
async fn a_session_that_is_gone_leaves_room_for_a_new_one() {
    let server = server(Limits::default()).await;
    let (_stream, jid, id) = managed(&server).await;
    let failed = "<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
    // There never was one; it is somebody else's; it is not said how much was heard.
    for (user, wish) in [
        ("ann", resume("nonsense", 0)),
        ("bob", resume(&id, 0)),
        ("ann", resume(&id, 0).replace("h='0'", "")),
    ] {
        let mut stream = connect(&server).await;
        let success = say(&mut stream, &plain(user, &wish), FEATURES).await;
        assert_ne!(jid_of(&success), jid);
        let expected = format!(
            "</authorization-identifier>{failed}<bound xmlns='urn:xmpp:bind:0'/></success>"
        );
        assert!(success.contains(&expected), "{success}");
        let pong = say(&mut stream, PING, "/iq>").await;
        assert!(pong.contains("type='result' id='p'"), "{pong}");
    }
    // Nor was a resource asked for.
    let mut stream = connect(&server).await;
    let wish = resume("nonsense", 0).replace(BIND, "");
    let success = say(&mut stream, &plain("ann", &wish), FEATURES).await;
    assert_eq!(jid_of(&success), "ann@localhost");
    assert!(
        success.contains(failed) && success.contains("xmpp-bind"),
        "{success}"
    );
    // More was heard than was said: the session is over, and so is this stream.
    let mut stream = connect(&server).await;
    let last = say(&mut stream, &plain("ann", &resume(&id, 9)), STREAM_ERROR).await;
    assert!(last.contains("more stanzas were acknowledged"), "{last}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_program_that_comes_again_takes_the_place_of_what_it_lost() {
    let server = server(Limits::default()).await;
    let wish =
        |id: &str| format!("<user-agent id='{id}'><software>App</software></user-agent>{BIND}");
    let mut first = connect(&server).await;
    let before = jid_of(&say(&mut first, &plain("ann", &wish("one")), FEATURES).await);
    assert!(!before.contains("one"), "{before}");
    let mut other = connect(&server).await;
    let others = jid_of(&say(&mut other, &plain("ann", &wish("two")), FEATURES).await);
    assert_ne!(before, others);
    let mut again = connect(&server).await;
    let after = jid_of(&say(&mut again, &plain("ann", &wish("one")), FEATURES).await);
    assert_eq!(before, after);
    let last = say(&mut first, "", STREAM_ERROR).await;
    assert!(last.contains("<conflict "), "{last}");
    say(&mut other, PING, "/iq>").await;
    // What cannot be part of an address is left out of it.
    let mut strange = connect(&server).await;
    let tag = BIND.replace("App", &"x".repeat(1100));
    let jid = jid_of(&say(&mut strange, &plain("ann", &tag), FEATURES).await);
    assert_eq!(jid.len(), "ann@localhost/".len() + 16, "{jid}");
    server.shutdown().await;
}

#[tokio::test]
async fn who_has_too_many_resources_is_told_with_the_success() {
    let limits = Limits {
        resources_per_account: 1,
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut first = connect(&server).await;
    say(&mut first, &plain("ann", BIND), FEATURES).await;
    let mut second = connect(&server).await;
    let success = say(&mut second, &plain("ann", MANAGED), FEATURES).await;
    assert_eq!(jid_of(&success), "ann@localhost");
    assert!(
        success
            .contains("<failed xmlns='urn:xmpp:bind:0'><error type='wait'><resource-constraint "),
        "{success}"
    );
    assert!(success.contains("<stream:features><bind "), "{success}");
    drop(first);
    let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    within(PATIENCE, async {
        while !say(&mut second, bind, "</iq>").await.contains("<jid>") {}
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn browsers_come_in_the_same_way() {
    let server = server(Limits::default()).await;
    let http = server.http_addr().unwrap();
    let mut socket = WebSocketClient::connect(http, &[]).await.unwrap();
    let features = socket.open().await.unwrap();
    assert!(
        features.contains("<sm xmlns='urn:xmpp:sm:3'/></inline></authentication>"),
        "{features}"
    );
    socket
        .send(&begin("PLAIN", "\0ann\0wrong", ""))
        .await
        .unwrap();
    let failure = socket.message().await.unwrap();
    assert!(
        failure.starts_with("<failure xmlns='urn:xmpp:sasl:2'>"),
        "{failure}"
    );
    socket.send(&plain("ann", MANAGED)).await.unwrap();
    let success = socket.message().await.unwrap();
    assert!(success.ends_with("</bound></success>"), "{success}");
    assert!(success.contains("<enabled "), "{success}");
    let features = socket.message().await.unwrap();
    assert!(features.starts_with("<stream:features "), "{features}");
    socket.send(PING).await.unwrap();
    socket.until("id='p'").await.unwrap();

    // BOSH repeats by itself what was lost: there is nothing to manage.
    let mut bosh = BoshClient::begin(http, "wait='10' hold='1' ver='1.6'")
        .await
        .unwrap();
    let mut words = bosh.ask("", &begin("X", "", "")).await.unwrap();
    assert!(
        words.contains("<failure xmlns='urn:xmpp:sasl:2'>"),
        "{words}"
    );
    words = bosh
        .ask(
            "",
            &plain(
                "ann",
                &format!("<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>{MANAGED}"),
            ),
        )
        .await
        .unwrap();
    let failed = "<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
    let expected = format!("{failed}<bound xmlns='urn:xmpp:bind:0'>{failed}</bound></success>");
    assert!(words.contains(&expected), "{words}");
    while !words.contains("id='p'") {
        words = bosh.ask("", PING).await.unwrap();
    }
    server.shutdown().await;
}
