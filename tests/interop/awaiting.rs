//! Whoever listens to a node that does not exist yet hears of it from its first item on, and never takes it from its publisher.

use futures_util::future::join_all;
use pubsub_core::subscriber::RawXml;
use pubsub_core::{
    Event, ItemId, NodeName, PubSub, PubSubError, Publish, SubscribeError, Subscription,
};
use support::peer::STRANGER;
use support::{Link, Peer, Proxy, eventually, within};

use crate::{PATIENCE, Tweet, connect, impatient, published, tweet, writer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_listener_hears_the_first_save_and_owns_nothing,
        a_listener_that_was_cut_off_goes_on_waiting,
        who_publishes_to_a_node_that_he_waits_for_hears_himself,
        a_node_that_is_closed_when_it_is_made_says_so,
        a_thousand_nodes_can_be_waited_for,
    }
}

support::on_peers! {
    {
        only_ours: support::OurServer,
    }
    {
        a_program_that_listens_first_leaves_the_node_to_the_publisher,
        a_wish_outlives_the_memory_of_the_server,
    }
}

/// A model whose node is not for everybody.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(node = "/interop/secret", access = "whitelist")]
struct Secret {
    #[publish(id)]
    id: i64,
}

fn node() -> NodeName {
    NodeName::new(Tweet::NODE).unwrap()
}

/// A handle that knows no models, as that of a gateway.
async fn listener(url: &str) -> PubSub {
    let builder = PubSub::builder().session(impatient(url)).without_models();
    within(PATIENCE, builder.connect()).await.unwrap()
}

/// The ids of the next items that are told.
async fn ids(events: &mut Subscription<RawXml>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let event = within(PATIENCE, events.next()).await.unwrap().unwrap();
        if let Event::Published { id, .. } = event {
            ids.push(id.as_str().to_owned());
        }
    }
    ids
}

/// Only an owner is shown the configuration.
async fn owns(pubsub: &PubSub, node: &NodeName) -> bool {
    let session = pubsub.session().unwrap();
    match session.configuration(node).await {
        Ok(_) => true,
        Err(PubSubError::Forbidden { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn a_listener_hears_the_first_save_and_owns_nothing(peer: Peer) {
    let eve = listener(&peer.url(STRANGER)).await;
    let mut events = eve.await_node(&node()).await.unwrap();
    assert!(
        !eve.nodes().await.unwrap().contains(&node()),
        "none is made"
    );
    let ann = writer(&peer).await;
    for id in 1..=3 {
        tweet(id, "there you are").save_with(&ann).await.unwrap();
    }
    assert_eq!(ids(&mut events, 3).await, ["1", "2", "3"]);
    tweet(4, "and on").save_with(&ann).await.unwrap();
    assert_eq!(ids(&mut events, 1).await, ["4"], "nothing is heard twice");
    assert!(owns(&ann, &node()).await);
    assert!(!owns(&eve, &node()).await);
}

async fn a_listener_that_was_cut_off_goes_on_waiting(peer: Peer) {
    let proxy = Proxy::before(peer.address()).await;
    let eve = listener(&peer.url_at(proxy.address(), STRANGER)).await;
    let mut events = eve.await_node(&node()).await.unwrap();
    proxy.set(Link::Refusing);
    proxy.cut();
    let ann = writer(&peer).await;
    tweet(1, "while he is away").save_with(&ann).await.unwrap();
    proxy.set(Link::Up);
    assert_eq!(ids(&mut events, 1).await, ["1"]);
    tweet(2, "and when he is back")
        .save_with(&ann)
        .await
        .unwrap();
    assert_eq!(ids(&mut events, 1).await, ["2"]);
    assert!(!owns(&eve, &node()).await);
}

async fn who_publishes_to_a_node_that_he_waits_for_hears_himself(peer: Peer) {
    let ann = listener(&peer.url("ann")).await;
    let mut events = ann.await_node(&node()).await.unwrap();
    tweet(1, "to myself").save_with(&ann).await.unwrap();
    assert_eq!(ids(&mut events, 1).await, ["1"]);
    assert!(owns(&ann, &node()).await);
}

async fn a_node_that_is_closed_when_it_is_made_says_so(peer: Peer) {
    let eve = listener(&peer.url(STRANGER)).await;
    let secret = NodeName::new(Secret::NODE).unwrap();
    let mut events = eve.await_node(&secret).await.unwrap();
    let ann = writer(&peer).await;
    Secret { id: 1 }.save_with(&ann).await.unwrap();
    let told = within(PATIENCE, events.next()).await.unwrap().unwrap_err();
    // The same as whoever subscribes now is told.
    let asked = eve.await_node(&secret).await.unwrap_err();
    for error in [told, asked] {
        assert!(
            matches!(
                error,
                SubscribeError::Refused(PubSubError::Closed { .. } | PubSubError::Forbidden { .. })
            ),
            "{error}"
        );
    }
}

async fn a_thousand_nodes_can_be_waited_for(peer: Peer) {
    let eve = listener(&peer.url(STRANGER)).await;
    let nodes: Vec<_> = (0..1_000)
        .map(|number| NodeName::new(format!("user-{number}")).unwrap())
        .collect();
    let waiting = join_all(nodes.iter().map(|node| eve.await_node(node)));
    let mut waiting = within(PATIENCE, waiting).await;
    let last = waiting.last_mut().unwrap().as_mut().unwrap();
    // Whoever asks in between is answered at once.
    within(PATIENCE, eve.nodes()).await.unwrap();
    let ann = listener(&peer.url("ann")).await;
    let item = ItemId::new("only").unwrap();
    ann.publish_as(&nodes[999], &item, "hello").await.unwrap();
    assert_eq!(ids(last, 1).await, ["only"]);
    assert!(!owns(&eve, &nodes[999]).await);
}

async fn a_program_that_listens_first_leaves_the_node_to_the_publisher(peer: Peer) {
    let bob = connect(&peer.url("bob")).await;
    let mut tweets = bob.subscribe::<Tweet>().await.unwrap();
    let channel = NodeName::new("somebody-s").unwrap();
    let mut others = bob.subscribe_channel::<Tweet>(&channel).await.unwrap();
    assert!(bob.items::<Tweet>().await.unwrap().is_empty());
    assert!(bob.nodes().await.unwrap().is_empty(), "none is made");
    let ann = writer(&peer).await;
    for id in 1..=2 {
        tweet(id, "mine").save_with(&ann).await.unwrap();
        let item = ItemId::new(id.to_string()).unwrap();
        ann.publish_as(&channel, &item, &tweet(id, "mine"))
            .await
            .unwrap();
    }
    let expected = [tweet(1, "mine"), tweet(2, "mine")];
    assert_eq!(published(&mut tweets, 2).await, expected);
    assert_eq!(published(&mut others, 2).await, expected);
    for node in [&node(), &channel] {
        assert!(owns(&ann, node).await);
        assert!(!owns(&bob, node).await);
    }
    // What the node looks like was said with its creation.
    assert!(
        listener(&peer.url("bob"))
            .await
            .outline(&node())
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_wish_outlives_the_memory_of_the_server(mut peer: Peer) {
    let bob = listener(&peer.url("bob")).await;
    let mut events = bob.await_node(&node()).await.unwrap();
    peer.kill();
    peer.restart().await;
    let session = bob.session().unwrap();
    let renewed = eventually(PATIENCE, async || {
        let all = session.subscriptions().await.ok()?;
        (!all.is_empty()).then_some(())
    });
    renewed.await;
    let ann = writer(&peer).await;
    tweet(1, "after all").save_with(&ann).await.unwrap();
    assert_eq!(ids(&mut events, 1).await, ["1"]);
    assert!(!owns(&bob, &node()).await);
}
