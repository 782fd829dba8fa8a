//! What others say and ask: believed of nobody but the service, answered as little as possible.

use futures_util::StreamExt as _;
use pubsub_core::NodeName;
use pubsub_core::session::{Filter, RawEventKind, SessionEvent};
use support::within;

use crate::peer::{Offer, PATIENCE, Peer};
use crate::{all_arrive, config, online, publish};

fn event(from: &str, item: &str) -> String {
    format!(
        "<message from='{from}'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/n'>\
         <item id='{item}'><e xmlns='urn:e'>{item}</e></item></items></event></message>"
    )
}

#[tokio::test]
async fn events_are_believed_of_the_service_only() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let mut heard = session.listen(Filter::Nodes(vec![NodeName::new("/n").unwrap()]), 8);
    let forwarded = format!(
        "<message from='me@localhost'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded></sent></message>",
        event("pubsub.localhost", "carbon").replacen(
            "<message ",
            "<message xmlns='jabber:client' ",
            1
        )
    );
    for stanza in [
        event("mallory@localhost", "forged"),
        event("pubsub.localhost.evil", "forged"),
        event("pubsub.localhost", "forged").replacen(" from='pubsub.localhost'", "", 1),
        forwarded,
        event("pubsub.localhost", "genuine"),
    ] {
        connection.send(&stanza).await;
    }
    let Some(SessionEvent::Node(event)) = within(PATIENCE, heard.next()).await else {
        panic!("nothing was heard");
    };
    let RawEventKind::Published { id, payload, .. } = event.kind else {
        panic!("{event:?}");
    };
    assert_eq!(id.as_str(), "genuine");
    assert_eq!(payload.as_deref(), Some("<e xmlns='urn:e'>genuine</e>"));
}

#[tokio::test]
async fn an_answer_from_somebody_else_settles_nothing() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1"]);
    let came = connection.request().await;
    for from in ["from='mallory@localhost'", "from='localhost'", ""] {
        connection
            .send(&format!(
                "<iq type='error' id='{}' {from}><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
                came.id
            ))
            .await;
    }
    connection.so_far().await;
    connection.answer(&came.id).await;
    all_arrive(publishing).await;
}

#[tokio::test]
async fn others_get_an_answer_and_nothing_else() {
    let peer = Peer::new().await;
    let (_session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    connection
        .send("<iq type='get' id='1' from='a@localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
        .await;
    let answer = connection.request().await;
    assert!(
        answer
            .xml
            .starts_with("<iq type='result' to='a@localhost' id='1'>"),
        "{}",
        answer.xml
    );
    for request in [
        "<iq type='set' id='2' from='a@localhost'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq type='get' id='3' from='a@localhost'/>",
    ] {
        connection.send(request).await;
        let answer = connection.request().await;
        assert!(answer.xml.starts_with("<iq type='error'"), "{}", answer.xml);
        assert!(
            answer.xml.contains("<service-unavailable "),
            "{}",
            answer.xml
        );
    }
}

#[tokio::test]
async fn a_stream_that_is_broken_is_left_and_opened_anew() {
    for broken in [
        "<message><a></b></message>",
        "<message>&nbsp;</message>",
        "<!DOCTYPE x>",
        "text",
        "<message from='x' from='y'/>",
        "</s:stream>",
    ] {
        let peer = Peer::new().await;
        let (session, mut connection) =
            online(&peer, config(&peer.url("")), Offer::default()).await;
        connection.send(broken).await;
        let mut connection = peer.admit(Offer::default()).await;
        let publishing = publish(&session, "/n", &["1"]);
        let came = connection.request().await;
        connection.answer(&came.id).await;
        all_arrive(publishing).await;
    }
}

#[tokio::test]
async fn a_stanza_without_end_is_not_waited_for() {
    let peer = Peer::new().await;
    let config = config(&peer.url("")).largest_stanza(100_000);
    let (_session, mut connection) = online(&peer, config, Offer::default()).await;
    connection.send("<message><body>").await;
    connection.send(&"x".repeat(150_000)).await;
    let _second = peer.accept().await;
}
