//! Nodes that are missing, several items at once, and what services say about it.

use pubsub_core::session::{AccessRule, PubSubError};
use pubsub_core::{AccessModel, NodeConfig, NodeName};
use support::within;

use crate::peer::{AUTO_CREATE, BATCHES, Offer, PATIENCE, PUBLISH_OPTIONS, Peer, between};
use crate::{all_arrive, change, config, online, publish};

#[tokio::test]
async fn a_missing_node_is_created_once_and_its_changes_keep_their_order() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1", "2", "3"]);
    let other = publish(&session, "/other", &["x"]);
    let came = connection.requests(4).await;
    connection.answer(&came[3].id).await;
    all_arrive(other).await;
    connection
        .refuse(&came[0].id, "cancel", "item-not-found")
        .await;
    let create = connection.request().await;
    assert!(create.xml.contains("<create node='/n'/>"), "{}", create.xml);
    // A change that is called meanwhile waits behind the others.
    let late = publish(&session, "/n", &["4"]);
    connection
        .refuse(&came[1].id, "cancel", "item-not-found")
        .await;
    connection
        .refuse(&came[2].id, "cancel", "item-not-found")
        .await;
    assert_eq!(
        connection.so_far().await.matches("<iq type='set'").count(),
        0
    );
    // Somebody else was faster; the node is there all the same.
    connection.refuse(&create.id, "cancel", "conflict").await;
    for expect in ["1", "2", "3", "4"] {
        let again = connection.request().await;
        assert_eq!(between(&again.xml, "<item id='", "'"), expect);
        connection.answer(&again.id).await;
    }
    all_arrive(publishing).await;
    all_arrive(late).await;
}

#[tokio::test]
async fn a_node_that_stays_missing_is_not_created_for_ever() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = session.publish(change("/n", "1"));
    let came = connection.request().await;
    connection
        .refuse(&came.id, "cancel", "item-not-found")
        .await;
    let create = connection.request().await;
    assert!(create.xml.contains("<create "), "{}", create.xml);
    connection.answer(&create.id).await;
    let again = connection.request().await;
    connection
        .refuse(&again.id, "cancel", "item-not-found")
        .await;
    let error = within(PATIENCE, publishing).await.unwrap_err();
    assert!(matches!(error, PubSubError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn whoever_may_not_create_the_node_is_told_so() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = session.publish(change("/n", "1"));
    let came = connection.request().await;
    connection
        .refuse(&came.id, "cancel", "item-not-found")
        .await;
    let create = connection.request().await;
    connection.refuse(&create.id, "auth", "forbidden").await;
    let error = within(PATIENCE, publishing).await.unwrap_err();
    assert!(matches!(error, PubSubError::Forbidden { .. }), "{error}");
    assert_eq!(error.node().map(NodeName::as_str), Some("/n"));
}

#[tokio::test]
async fn a_node_that_the_service_would_create_is_created_with_its_configuration() {
    let peer = Peer::new().await;
    let offer = Offer {
        features: &[AUTO_CREATE, PUBLISH_OPTIONS],
        ..Offer::default()
    };
    let (session, mut connection) = online(&peer, config(&peer.url("")), offer).await;
    let wishes = NodeConfig::new()
        .access(AccessModel::Whitelist)
        .persist(true);
    let publishing: Vec<_> = ["1", "2"]
        .iter()
        .map(|item| session.publish_to(change("/n", item), wishes))
        .collect();
    let came = connection.requests(3).await;
    assert!(
        came[0].xml.contains("<create node='/n'/><configure>"),
        "{}",
        came[0].xml
    );
    assert!(came[1].xml.contains("<publish-options>"), "{}", came[1].xml);
    assert!(
        !came[2].xml.contains("<publish-options>"),
        "once is enough: {}",
        came[2].xml
    );
    connection.refuse(&came[0].id, "cancel", "conflict").await;
    connection.answer(&came[1].id).await;
    connection.answer(&came[2].id).await;
    all_arrive(publishing).await;
}

#[tokio::test]
async fn what_the_service_says_reaches_the_caller() {
    let peer = Peer::new().await;
    let (session, mut connection) = online(&peer, config(&peer.url("")), Offer::default()).await;
    let publishing = publish(&session, "/n", &["1", "2"]);
    let came = connection.requests(2).await;
    connection
        .send(&format!(
            "<iq type='error' id='{}' from='pubsub.localhost'><error type='auth'>\
             <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <presence-subscription-required xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>",
            came[0].id
        ))
        .await;
    connection
        .send(&format!(
            "<iq type='error' id='{}' from='pubsub.localhost'><error type='cancel'>\
             <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>\
             <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Field does not match: access_model</text></error></iq>",
            came[1].id
        ))
        .await;
    let mut errors = Vec::new();
    for publish in publishing {
        errors.push(within(PATIENCE, publish).await.unwrap_err());
    }
    assert!(
        matches!(
            errors[0],
            PubSubError::Closed {
                rule: AccessRule::Presence,
                ..
            }
        ),
        "{errors:?}"
    );
    assert!(
        matches!(&errors[1], PubSubError::PreconditionNotMet { field: Some(field), .. } if field == "access_model"),
        "{errors:?}"
    );
}

#[tokio::test]
async fn several_changes_go_as_one_where_the_service_promises_to_take_them() {
    let peer = Peer::new().await;
    let offer = Offer {
        features: &[BATCHES],
        ..Offer::default()
    };
    let (session, mut connection) = online(&peer, config(&peer.url("")), offer).await;
    let first = publish(&session, "/n", &["1"]);
    let came = connection.request().await;
    let rest = publish(&session, "/n", &["2", "3", "4"]);
    let other = publish(&session, "/other", &["x"]);
    let beside = connection.request().await;
    assert!(
        beside.xml.contains("/other"),
        "another node does not wait: {}",
        beside.xml
    );
    connection.answer(&beside.id).await;
    all_arrive(other).await;
    connection.answer(&came.id).await;
    all_arrive(first).await;
    let batch = connection.request().await;
    assert_eq!(batch.xml.matches("<item ").count(), 3, "{}", batch.xml);
    connection.answer(&batch.id).await;
    all_arrive(rest).await;
}

#[tokio::test]
async fn one_bad_item_spoils_only_itself_and_not_the_order() {
    let peer = Peer::new().await;
    let offer = Offer {
        features: &[BATCHES],
        ..Offer::default()
    };
    let (session, mut connection) = online(&peer, config(&peer.url("")), offer).await;
    let first = publish(&session, "/n", &["0"]);
    let came = connection.request().await;
    let rest = publish(&session, "/n", &["1", "bad", "3"]);
    connection.so_far().await;
    connection.answer(&came.id).await;
    all_arrive(first).await;
    let batch = connection.request().await;
    let late = publish(&session, "/n", &["4"]);
    connection.so_far().await;
    connection
        .refuse(&batch.id, "modify", "not-acceptable")
        .await;
    for expect in ["1", "bad", "3", "4"] {
        let again = connection.request().await;
        assert_eq!(between(&again.xml, "<item id='", "'"), expect);
        if expect == "bad" {
            connection
                .refuse(&again.id, "modify", "not-acceptable")
                .await;
        } else {
            connection.answer(&again.id).await;
        }
    }
    for (item, publish) in ["1", "bad", "3"].iter().zip(rest) {
        assert_eq!(within(PATIENCE, publish).await.is_err(), *item == "bad");
    }
    all_arrive(late).await;
}

#[tokio::test]
async fn what_the_server_says_it_cannot_take_is_not_sent() {
    let peer = Peer::new().await;
    let offer = Offer {
        largest_stanza: Some(10_000),
        ..Offer::default()
    };
    let (session, mut connection) = online(&peer, config(&peer.url("")), offer).await;
    let mut big = change("/n", "big");
    big.kind = pubsub_core::ChangeKind::Put {
        payload: format!("<e xmlns='urn:e'>{}</e>", "x".repeat(20_000)).into(),
    };
    let error = within(PATIENCE, session.publish(big)).await.unwrap_err();
    assert!(
        matches!(error, PubSubError::PayloadTooBig { .. }),
        "{error}"
    );
    let small = session.publish(change("/n", "small"));
    let came = connection.request().await;
    connection.answer(&came.id).await;
    within(PATIENCE, small).await.unwrap();
}
