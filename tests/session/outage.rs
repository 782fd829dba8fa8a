//! Lost connections: resumed, not resumed, and lost over something that was sent.

use futures_util::StreamExt as _;
use pubsub_core::NodeName;
use pubsub_core::session::{Filter, ItemQuery, PubSubError, Session, SessionEvent, Status};
use support::within;

use crate::peer::{Came, Connection, Offer, PATIENCE, Peer, between};
use crate::{all_arrive, change, config, online, publish};

const MANAGED: Offer = Offer {
    management: true,
    features: &[],
    largest_stanza: None,
};

/// Accepts a connection up to the point where it asks to resume, and what it says then.
async fn resuming(peer: &Peer) -> (Connection, String) {
    let mut connection = peer.accept().await;
    connection.authenticate().await;
    connection.restart(MANAGED).await;
    let resume = connection.until("/>").await;
    (connection, resume)
}

fn items(came: &[Came]) -> Vec<&str> {
    came.iter()
        .map(|came| between(&came.xml, "<item id='", "'"))
        .collect()
}

async fn wait_online(session: &Session, expect_resumed: bool) {
    let mut status = session.status();
    let online = |status: &Status| matches!(status, Status::Online { resumed } if *resumed == expect_resumed);
    assert!(within(PATIENCE, status.wait_for(online)).await.is_ok());
}

#[tokio::test]
async fn a_resumed_stream_sends_again_what_the_server_lacks_and_nothing_else() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), MANAGED).await;
    let mut heard = session.listen(Filter::All, 8);
    let publishing = publish(&session, "/n", &["1", "2", "3", "4"]);
    let came = connection.requests(4).await;
    connection.answer(&came[0].id).await;
    connection.so_far().await;
    // The server has the presence, "1" and "2", and the answer to its ping got lost on the way.
    drop(connection);
    let (mut connection, resume) = resuming(&peer).await;
    assert_eq!(
        resume,
        "<resume xmlns='urn:xmpp:sm:3' h='2' previd='resume-me'/>"
    );
    connection
        .send("<resumed xmlns='urn:xmpp:sm:3' h='3' previd='resume-me'/>")
        .await;
    wait_online(&session, true).await;
    let again = connection.requests(2).await;
    assert_eq!(items(&again), ["3", "4"]);
    assert_eq!(again[0].id, came[2].id);
    connection.until("id='so-far'/>").await;
    // The answer to "2" comes on the new connection.
    for id in [&came[1].id, &again[0].id, &again[1].id] {
        connection.answer(id).await;
    }
    all_arrive(publishing).await;
    assert_eq!(heard.next().await, Some(SessionEvent::Offline));
    assert_eq!(
        heard.next().await,
        Some(SessionEvent::Online { resumed: true })
    );
}

#[tokio::test]
async fn what_a_server_says_in_one_breath_with_the_resumption_is_heard() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), MANAGED).await;
    let publishing = publish(&session, "/n", &["1"]);
    let came = connection.request().await;
    drop(connection);
    let (mut connection, _) = resuming(&peer).await;
    let answer = format!(
        "<resumed xmlns='urn:xmpp:sm:3' h='2' previd='resume-me'/><iq type='result' id='{}' from='pubsub.localhost'/>",
        came.id
    );
    connection.send(&answer).await;
    // Nothing else comes on this connection.
    all_arrive(publishing).await;
}

#[tokio::test]
async fn on_a_new_stream_unanswered_changes_are_sent_again_in_order() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")).window(3), MANAGED).await;
    let mut heard = session.listen(Filter::All, 8);
    let mut publishing = publish(&session, "/n", &["1", "2", "3", "4", "5"]);
    let came = connection.requests(3).await;
    connection.answer(&came[1].id).await;
    within(PATIENCE, publishing.remove(1)).await.unwrap();
    drop(connection);
    let (mut connection, _) = resuming(&peer).await;
    connection
        .send("<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
        .await;
    connection.finish(MANAGED).await;
    wait_online(&session, false).await;
    for expect in ["1", "3", "4", "5"] {
        let again = connection.request().await;
        assert_eq!(between(&again.xml, "<item id='", "'"), expect);
        connection.answer(&again.id).await;
    }
    all_arrive(publishing).await;
    assert_eq!(heard.next().await, Some(SessionEvent::Offline));
    assert_eq!(
        heard.next().await,
        Some(SessionEvent::Online { resumed: false })
    );
}

#[tokio::test]
async fn what_must_not_be_repeated_fails_and_what_may_is_asked_again() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let node = NodeName::new("/n").unwrap();
    let server = async {
        connection.requests(2).await;
        drop(connection);
        let mut connection = peer.admit(Offer::default()).await;
        let again = connection.request().await;
        assert!(again.xml.contains("<items node='/n'/>"), "{}", again.xml);
        connection.answer_items(&again.id).await;
        connection
    };
    let client =
        async { tokio::join!(session.purge(&node), session.items(&node, &ItemQuery::All)) };
    let ((purge, items), _connection) = tokio::join!(within(PATIENCE, client), server);
    assert!(
        matches!(purge, Err(PubSubError::Disconnected { .. })),
        "{purge:?}"
    );
    assert_eq!(items.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_retraction_whose_answer_was_lost_is_done() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let retract = session.retract(NodeName::new("/n").unwrap(), "1".parse().unwrap(), true);
    connection.request().await;
    drop(connection);
    let mut connection = peer.admit(Offer::default()).await;
    let again = connection.request().await;
    connection
        .refuse(&again.id, "cancel", "item-not-found")
        .await;
    within(PATIENCE, retract).await.unwrap();
}

#[tokio::test]
async fn a_stanza_that_kills_the_stream_is_found_and_the_others_get_through() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1", "poison", "3"]);
    connection.requests(3).await;
    let hang_up = "<s:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></s:error></s:stream>";
    connection.send(hang_up).await;
    let mut connection = peer.admit(Offer::default()).await;
    let first = connection.request().await;
    assert_eq!(
        connection.so_far().await.matches("<publish").count(),
        0,
        "one at a time"
    );
    connection.answer(&first.id).await;
    let second = connection.request().await;
    assert!(second.xml.contains("poison"));
    connection.send(hang_up).await;
    let mut connection = peer.admit(Offer::default()).await;
    let third = connection.request().await;
    assert!(third.xml.contains("<item id='3'"), "{}", third.xml);
    connection.answer(&third.id).await;
    let mut outcomes = Vec::new();
    for publish in publishing {
        outcomes.push(within(PATIENCE, publish).await);
    }
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(
        matches!(outcomes[1], Err(PubSubError::PayloadTooBig { .. })),
        "{:?}",
        outcomes[1]
    );
}

#[tokio::test]
async fn whoever_takes_our_place_keeps_it() {
    let peer = Peer::new().await;
    let url = format!("{}&resource=worker", peer.url(""));
    let connecting = async {
        let mut connection = peer.accept().await;
        connection.authenticate().await;
        let bind = connection.bind(MANAGED).await;
        assert!(bind.contains("<resource>worker</resource>"), "{bind}");
        connection
    };
    let (session, mut connection) = tokio::join!(Session::connect(config(&url)), connecting);
    let session = session.unwrap();
    connection
        .send(
            "<s:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></s:error></s:stream>",
        )
        .await;
    let mut connection = peer.accept().await;
    connection.authenticate().await;
    let bind = connection.bind(MANAGED).await;
    assert!(!bind.contains("worker"), "{bind}");
    wait_online(&session, false).await;
}

#[tokio::test]
async fn a_server_that_acknowledges_what_was_never_sent_is_left() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), MANAGED).await;
    connection.send("<a xmlns='urn:xmpp:sm:3' h='1000'/>").await;
    let _second = peer.accept().await;
    assert!(!session.status().borrow().is_closed());
}

#[tokio::test]
async fn the_server_learns_what_we_have() {
    let peer = Peer::new().await;
    let (_session, mut connection) = online(&peer, config(&peer.url("")), MANAGED).await;
    connection
        .send("<message/><presence/><r xmlns='urn:xmpp:sm:3'/>")
        .await;
    connection.until("<a xmlns='urn:xmpp:sm:3' h='2'/>").await;
}

#[tokio::test]
async fn the_server_is_asked_what_it_has() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), MANAGED).await;
    let publishing: Vec<_> = (0..40)
        .map(|item| session.publish(change("/n", &item.to_string())))
        .collect();
    let came = connection.until("<r xmlns='urn:xmpp:sm:3'/>").await;
    assert_eq!(
        came.matches("<publish ").count(),
        31,
        "with the presence, every 32 stanzas"
    );
    drop(publishing);
}
