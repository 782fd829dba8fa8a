//! BOSH by the book (XEP-0124, XEP-0206).

use std::time::{Duration, Instant};

use pubsub_server::{Config, Server};
use support::bosh::{between, post};
use support::{BoshClient, within};
use tokio::task::JoinHandle;

use crate::{PATIENCE, config, door, ping, publish, publisher, server, subscribe};

/// Sends the next request without waiting for its answer.
fn hold(client: &mut BoshClient, attributes: &str, content: &str) -> JoinHandle<String> {
    let body = client.body(client.rid, attributes, content);
    client.rid += 1;
    let address = client.address;
    tokio::spawn(async move { post(address, &[], body).await.unwrap().text() })
}

async fn answer(request: JoinHandle<String>) -> String {
    within(PATIENCE, request).await.unwrap()
}

fn is_empty(answer: &str) -> bool {
    answer == "<body xmlns='http://jabber.org/protocol/httpbind'/>"
}

async fn bob(server: &pubsub_server::RunningServer) -> BoshClient {
    BoshClient::login(door(server), "bob", "secret")
        .await
        .unwrap()
}

/// Bob, who hears of `/n`, and whoever publishes there.
async fn subscribed(server: &pubsub_server::RunningServer) -> (BoshClient, support::RawClient) {
    let ann = publisher(server).await;
    let mut bob = bob(server).await;
    let jid = bob.jid.clone();
    let answer = bob.ask("", &subscribe(&jid)).await.unwrap();
    assert!(answer.contains("subscription='subscribed'"), "{answer}");
    (bob, ann)
}

#[tokio::test]
async fn a_session_begins_with_what_was_agreed_on() {
    let server = server().await;
    let first = BoshClient {
        address: door(&server),
        sid: String::new(),
        rid: 1,
        jid: String::new(),
    };
    let attributes = "to='localhost' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' wait='600' hold='7' ver='1.8' content='text/xml; charset=utf-8' xml:lang='en'";
    let answer = post(door(&server), &[], first.body(1, attributes, ""))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = answer.text();
    for agreed in [
        "wait='60'",
        "hold='1'",
        "requests='2'",
        "inactivity='60'",
        "polling='2'",
        "maxpause='120'",
        "ver='1.8'",
        "from='localhost'",
        "authid='",
        "xmpp:version='1.0'",
        "xmpp:restartlogic='true'",
        "xmlns:stream='http://etherx.jabber.org/streams'",
    ] {
        assert!(text.contains(agreed), "{agreed} is not in {text}");
    }
    assert_eq!(between(&text, " sid='", "'").unwrap().len(), 32, "{text}");
    assert!(text.contains("<stream:features xmlns:stream="), "{text}");
    assert!(!text.contains("urn:xmpp:sm:3"), "{text}");
}

#[tokio::test]
async fn a_request_is_held_until_there_is_something_to_say() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let held = hold(&mut bob, "", "");
    // It is held: a second one is answered with nothing, and the first before it.
    let second = hold(&mut bob, "", "");
    assert!(is_empty(&answer(held).await));
    assert!(!second.is_finished());
    publish(&mut ann, "a", "").await;
    let event = answer(second).await;
    assert!(
        event.contains("<message xmlns='jabber:client' to='"),
        "{event}"
    );
    assert!(event.contains("<item id='a'"), "{event}");
    // While nothing is held, what happens waits.
    publish(&mut ann, "b", "").await;
    publish(&mut ann, "c", "").await;
    let events = bob.ask("", "").await.unwrap();
    let position = |id: &str| events.find(&format!("<item id='{id}'")).unwrap();
    assert!(position("b") < position("c"), "{events}");
}

#[tokio::test]
async fn a_request_is_answered_when_its_time_is_up() {
    let server = server().await;
    let mut client = BoshClient::begin(door(&server), "wait='1' hold='1' ver='1.6'")
        .await
        .unwrap();
    let start = Instant::now();
    let answer = client.ask("", "").await.unwrap();
    assert!(is_empty(&answer), "{answer}");
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(950), "{waited:?}");
}

#[tokio::test]
async fn requests_that_overtake_each_other_are_handled_in_order() {
    let server = server().await;
    let mut bob = bob(&server).await;
    let first = bob.body(bob.rid, "", &ping("first"));
    bob.rid += 1;
    let second = hold(&mut bob, "", &ping("second"));
    let mut whole = post(door(&server), &[], first).await.unwrap().text();
    if !whole.contains("id='second'") {
        whole += &answer(second).await;
    }
    let position = |id: &str| whole.find(&format!("id='{id}'")).unwrap();
    assert!(position("first") < position("second"), "{whole}");
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_alike_and_handled_once() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let publish_as_bob = "<iq xmlns='jabber:client' type='set' id='p' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
         <publish node='/m'><item><x xmlns='urn:x'/></item></publish></pubsub></iq>";
    let body = bob.body(bob.rid, "", publish_as_bob);
    bob.rid += 1;
    let first = post(door(&server), &[], body.clone()).await.unwrap().text();
    assert!(first.contains("type='result'"), "{first}");
    let again = post(door(&server), &[], body).await.unwrap().text();
    assert_eq!(first, again);
    // Each handling would have made an item with an id of its own.
    let items = ann
        .request(
            "get",
            "pubsub.localhost",
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='/m'/></pubsub>",
        )
        .await
        .unwrap();
    assert_eq!(items.matches("<item id=").count(), 1, "{items}");

    // One that is still held moves to the newer connection.
    let body = bob.body(bob.rid, "", "");
    let held = hold(&mut bob, "", "");
    let probe = hold(&mut bob, "", "");
    assert!(is_empty(&answer(held).await));
    let body_of_probe = bob.body(bob.rid - 1, "", "");
    let newer = tokio::spawn({
        let address = door(&server);
        async move { post(address, &[], body_of_probe).await.unwrap().text() }
    });
    assert_eq!(answer(probe).await, "");
    publish(&mut ann, "a", "").await;
    let event = answer(newer).await;
    assert!(event.contains("<item id='a'"), "{event}");
    // What was answered with nothing is answered with nothing again.
    assert!(is_empty(
        &post(door(&server), &[], body).await.unwrap().text()
    ));
}

#[tokio::test]
async fn a_session_is_terminated_by_either_side() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let held = hold(&mut bob, "", "");
    let farewell =
        "<message xmlns='jabber:client' to='ann@localhost' type='chat'><body>bye</body></message>";
    let last = hold(&mut bob, "type='terminate'", farewell);
    assert!(is_empty(&answer(held).await));
    let last = answer(last).await;
    assert_eq!(
        last,
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>"
    );
    ann.until_any(&[">bye</body>"]).await.unwrap();
    let after = bob.ask("", "").await.unwrap();
    assert!(after.contains("condition='item-not-found'"), "{after}");

    let mut bob = self::bob(&server).await;
    let first = hold(&mut bob, "", "");
    let held = hold(&mut bob, "", "");
    assert!(is_empty(&answer(first).await));
    let down = tokio::spawn(server.shutdown());
    let last = answer(held).await;
    assert!(
        last.contains("type='terminate' condition='system-shutdown'"),
        "{last}"
    );
    down.await.unwrap();
}

#[tokio::test]
async fn the_newest_of_two_equal_resources_wins() {
    let server = server().await;
    let mut bob = bob(&server).await;
    let held = hold(&mut bob, "", "");
    let (_, resource) = bob.jid.split_once('/').unwrap();
    let mut other = support::WebSocketClient::authenticated(door(&server), "bob", "secret")
        .await
        .unwrap();
    other
        .send(&format!("<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"))
        .await
        .unwrap();
    other.until("<jid>").await.unwrap();
    let last = answer(held).await;
    assert!(
        last.contains("type='terminate' condition='remote-stream-error'"),
        "{last}"
    );
    assert!(
        last.contains(
            "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns="
        ),
        "{last}"
    );
}

#[tokio::test]
async fn a_session_without_requests_ends() {
    let mut config: Config = config();
    config.http.bosh.inactivity = Duration::from_millis(300);
    config.http.bosh.pause = Duration::from_secs(2);
    let server = Server::spawn(config).await.unwrap();
    let mut bob = bob(&server).await;
    // As long as a request is held it lives.
    let held = hold(&mut bob, "", "");
    tokio::time::sleep(Duration::from_millis(600)).await;
    // A pause answers what is held, and lets the client be away for longer.
    let pause = bob.ask("pause='2'", "").await.unwrap();
    assert!(is_empty(&pause), "{pause}");
    assert!(is_empty(&answer(held).await));
    tokio::time::sleep(Duration::from_millis(600)).await;
    let pong = bob.ask("", &ping("p")).await.unwrap();
    assert!(pong.contains("id='p'"), "{pong}");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let after = bob.ask("", "").await.unwrap();
    assert!(after.contains("condition='item-not-found'"), "{after}");
}

#[tokio::test]
async fn requests_and_answers_are_acknowledged_if_the_client_wants() {
    let server = server().await;
    let mut client = BoshClient::begin(door(&server), "wait='10' hold='1' ver='1.11' ack='1'")
        .await
        .unwrap();
    let begun = client.rid - 1;
    let first = client.body(begun, "", "");
    let held = hold(&mut client, "", "");
    let second = hold(&mut client, &format!("ack='{begun}'"), "");
    let answered = answer(held).await;
    assert!(
        answered.contains(&format!(" ack='{}'", begun + 2)),
        "{answered}"
    );
    assert!(!second.is_finished());
    // What is acknowledged is not kept.
    let again = post(door(&server), &[], first).await.unwrap().text();
    assert!(again.contains("condition='item-not-found'"), "{again}");
    let body = client.body(begun + 1, "", "");
    let again = post(door(&server), &[], body).await.unwrap().text();
    assert_eq!(again, answered);
}

#[tokio::test]
async fn a_request_that_never_comes_is_passed_over_after_a_while() {
    let mut config: Config = config();
    config.http.bosh.gap = Duration::from_millis(300);
    let server = Server::spawn(config).await.unwrap();
    let mut bob = bob(&server).await;
    bob.rid += 1;
    let start = Instant::now();
    let pong = bob.ask("", &ping("p")).await.unwrap();
    assert!(pong.contains("id='p'"), "{pong}");
    assert!(start.elapsed() >= Duration::from_millis(300));
    let late = bob.body(bob.rid - 2, "", &ping("late"));
    let late = post(door(&server), &[], late).await.unwrap().text();
    assert!(late.contains("condition='item-not-found'"), "{late}");
    // A page that begins anew knows nothing of what was not sent.
    let presence = "<presence xmlns='jabber:client'/>";
    let both = format!("{presence}{}", ping("q"));
    bob.ask("", &both).await.unwrap();
    bob.rid += 1;
    let start = Instant::now();
    bob.ask("", &both).await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(250));
}

#[tokio::test]
async fn a_client_that_cannot_wait_polls() {
    let mut config: Config = config();
    config.http.bosh.polling = Duration::from_secs(5);
    let server = Server::spawn(config).await.unwrap();
    for attributes in [
        "wait='0' hold='1' ver='1.6'",
        "wait='60' hold='0' ver='1.6'",
    ] {
        let mut client = BoshClient::begin(door(&server), attributes).await.unwrap();
        let nothing = client.ask("", "").await.unwrap();
        assert!(is_empty(&nothing), "{nothing}");
        let too_soon = client.ask("", "").await.unwrap();
        assert!(
            too_soon.contains("condition='policy-violation'"),
            "{too_soon}"
        );
    }
}
