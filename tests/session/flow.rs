//! Window, order, deadlines, bounds, shutdown.

use std::time::{Duration, Instant};

use pubsub_core::session::{PubSubError, Session, Status};
use pubsub_core::{Change, ChangeKind, ItemId, NodeName};
use support::within;

use crate::peer::{Offer, PATIENCE, Peer, between};
use crate::{all_arrive, change, config, online, publish};

fn item(xml: &str) -> &str {
    between(xml, "<item id='", "'")
}

#[tokio::test]
async fn no_more_requests_are_on_their_way_than_the_window_allows() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).window(3);
    let (session, mut connection) = online(&peer, config, Offer::default()).await;
    let publishing = publish(&session, "/n", &["1", "2", "3", "4", "5"]);
    let first = connection.requests(3).await;
    assert_eq!(
        connection.so_far().await.matches("<publish").count(),
        0,
        "three are enough"
    );
    connection.answer(&first[1].id).await;
    let fourth = connection.request().await;
    assert_eq!(item(&fourth.xml), "4");
    assert_eq!(
        connection.so_far().await.matches("<publish").count(),
        0,
        "one for one"
    );
    for came in [&first[0], &first[2], &fourth] {
        connection.answer(&came.id).await;
    }
    let fifth = connection.request().await;
    connection.answer(&fifth.id).await;
    all_arrive(publishing).await;
}

#[tokio::test]
async fn changes_leave_in_the_order_of_their_calls_not_of_their_polls() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let mut publishing = publish(&session, "/n", &["1", "2", "3"]);
    publishing.push(session.retract(
        NodeName::new("/n").unwrap(),
        ItemId::new("1").unwrap(),
        true,
    ));
    publishing.reverse();
    let server = async {
        let came = connection.requests(4).await;
        for request in &came {
            connection.answer(&request.id).await;
        }
        came
    };
    let ((), came) = tokio::join!(all_arrive(publishing), server);
    let items: Vec<_> = came.iter().map(|came| item(&came.xml)).collect();
    assert_eq!(items, ["1", "2", "3", "1"]);
    assert!(came[3].xml.contains("<retract node='/n' notify='true'>"));
}

#[tokio::test]
async fn a_server_that_never_answers_costs_one_deadline() {
    let peer = Peer::new().await;
    let config = config(&peer.url(""))
        .window(1)
        .request_deadline(Duration::from_millis(200));
    let (session, mut connection) = online(&peer, config, Offer::default()).await;
    let mut publishing = publish(&session, "/n", &["sent", "waiting"]);
    let sent = connection.request().await;
    for publish in publishing.drain(..) {
        let error = within(PATIENCE, publish).await.unwrap_err();
        assert!(matches!(error, PubSubError::Timeout { .. }), "{error}");
        assert!(error.is_transient());
        assert_eq!(error.node().map(NodeName::as_str), Some("/n"));
    }
    // A late answer is nobody's; the next request gets its own.
    connection.answer(&sent.id).await;
    let later = session.publish(change("/n", "later"));
    let came = connection.request().await;
    assert_eq!(item(&came.xml), "later");
    connection.answer(&came.id).await;
    within(PATIENCE, later).await.unwrap();
}

#[tokio::test]
async fn without_a_connection_requests_wait_for_their_deadline() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).request_deadline(Duration::from_millis(200));
    let session = Session::start(config);
    let error = within(PATIENCE, session.publish(change("/n", "1")))
        .await
        .unwrap_err();
    assert!(matches!(error, PubSubError::Disconnected { .. }), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn nothing_overtakes_a_change_of_its_node_that_has_run_out_of_time() {
    const PATIENCE_OF_REQUESTS: Duration = Duration::from_millis(400);
    let peer = Peer::new().await;
    let config = config(&peer.url("")).request_deadline(PATIENCE_OF_REQUESTS);
    let session = Session::start(config);
    let first = session.publish(change("/n", "1"));
    let (second, elsewhere) = tokio::join!(
        async {
            // Called later, so that its own time is up later.
            tokio::time::sleep(PATIENCE_OF_REQUESTS / 2).await;
            let called = Instant::now();
            let error = session.publish(change("/n", "2")).await.unwrap_err();
            (error, called.elapsed())
        },
        async {
            tokio::time::sleep(PATIENCE_OF_REQUESTS / 2).await;
            let called = Instant::now();
            session.publish(change("/m", "1")).await.unwrap_err();
            called.elapsed()
        }
    );
    let error = within(PATIENCE, first).await.unwrap_err();
    assert!(matches!(error, PubSubError::Disconnected { .. }), "{error}");
    let (error, waited) = second;
    assert!(matches!(error, PubSubError::Disconnected { .. }), "{error}");
    assert!(waited < PATIENCE_OF_REQUESTS, "{waited:?}");
    assert!(elsewhere >= PATIENCE_OF_REQUESTS, "{elsewhere:?}");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_again_later() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).window(1).queue(2, 1024 * 1024);
    let (session, mut connection) = online(&peer, config, Offer::default()).await;
    let first = session.publish(change("/n", "1"));
    let came = connection.request().await;
    let waiting = publish(&session, "/n", &["2", "3"]);
    let error = session.publish(change("/n", "4")).await.unwrap_err();
    assert!(matches!(error, PubSubError::QueueFull { .. }), "{error}");
    connection.answer(&came.id).await;
    within(PATIENCE, first).await.unwrap();
    for _ in 0..2 {
        let came = connection.request().await;
        connection.answer(&came.id).await;
    }
    all_arrive(waiting).await;
    let again = session.publish(change("/n", "5"));
    let came = connection.request().await;
    connection.answer(&came.id).await;
    within(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn a_server_that_reads_nothing_holds_up_no_more_than_the_queue() {
    let peer = Peer::new().await;
    let config = config(&peer.url(""))
        .window(4096)
        .queue(100_000, 1024 * 1024);
    let config = config
        .keep_alive(Duration::from_millis(500))
        .request_deadline(Duration::from_secs(2));
    let (session, connection) = online(&peer, config, Offer::default()).await;
    let payload = format!("<e xmlns='urn:e'>{}</e>", "x".repeat(64 * 1024));
    let big = |item: usize| Change {
        node: NodeName::new("/n").unwrap(),
        item: ItemId::new(item.to_string()).unwrap(),
        kind: ChangeKind::Put {
            payload: payload.as_str().into(),
        },
    };
    let mut refused = false;
    let mut publishing = Vec::new();
    for number in 0..200 {
        publishing.push(session.publish(big(number)));
        tokio::task::yield_now().await;
    }
    for publish in publishing {
        let error = within(PATIENCE, publish).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        refused |= matches!(error, PubSubError::QueueFull { .. });
    }
    assert!(refused, "12 MB did not fit");
    drop(connection);
}

#[tokio::test]
async fn a_dropped_future_takes_its_change_back() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).window(1);
    let (session, mut connection) = online(&peer, config, Offer::default()).await;
    let mut publishing = publish(&session, "/n", &["1", "2", "3"]);
    let first = connection.request().await;
    drop(publishing.remove(1));
    connection.answer(&first.id).await;
    let second = connection.request().await;
    assert_eq!(item(&second.xml), "3");
    connection.answer(&second.id).await;
    all_arrive(publishing).await;
}

#[tokio::test]
async fn a_broken_payload_is_not_sent() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    for payload in [
        "",
        "text",
        "<a>",
        "<a/><b/>",
        "<a/></publish>",
        "<p:a/>",
        "<!--x--><a/>",
        "<a>\u{1}</a>",
    ] {
        let mut change = change("/n", "1");
        change.kind = ChangeKind::Put {
            payload: payload.into(),
        };
        let error = session.publish(change).await.unwrap_err();
        assert!(
            matches!(error, PubSubError::PayloadMalformed { .. }),
            "{payload}: {error}"
        );
    }
    assert_eq!(connection.so_far().await.matches("<publish").count(), 0);
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).keep_alive(Duration::from_millis(100));
    let (session, mut connection) = online(&peer, config, Offer::default()).await;
    let ping = connection.request().await;
    assert!(ping.xml.contains("urn:xmpp:ping"), "{}", ping.xml);
    connection
        .send(&format!(
            "<iq type='result' id='{}' from='localhost'/>",
            ping.id
        ))
        .await;
    let ping = connection.request().await;
    assert!(
        ping.xml.contains("urn:xmpp:ping"),
        "a sign of life holds for a while"
    );
    let _second = peer.admit(Offer::default()).await;
    let mut status = session.status();
    let back = within(PATIENCE, status.wait_for(Status::is_online)).await;
    assert!(back.is_ok());
}

#[tokio::test]
async fn a_shutdown_waits_for_what_is_under_way() {
    let peer = Peer::new().await;
    let (session, mut connection) =
        online(&peer, config(&peer.url("")).window(1), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1", "2"]);
    let server = async {
        for _ in 0..2 {
            let came = connection.request().await;
            connection.answer(&came.id).await;
        }
        connection.until("</stream:stream>").await;
        connection.send("</s:stream>").await;
        connection.until_closed().await;
    };
    tokio::join!(within(PATIENCE, session.shutdown(PATIENCE)), server);
    all_arrive(publishing).await;
    assert!(session.status().borrow().is_closed());
    let error = session.publish(change("/n", "3")).await.unwrap_err();
    assert!(
        matches!(error, PubSubError::SessionClosed { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1"]);
    connection.request().await;
    let server = async {
        connection.until("</stream:stream>").await;
        connection.send("</s:stream>").await;
    };
    tokio::join!(
        within(PATIENCE, session.shutdown(Duration::from_millis(50))),
        server
    );
    for publish in publishing {
        let error = publish.await.unwrap_err();
        assert!(
            matches!(error, PubSubError::SessionClosed { .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_last_handle_takes_the_connection_with_it() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let other = session.clone();
    drop(session);
    connection.so_far().await;
    drop(other);
    connection.until("</stream:stream>").await;
}
