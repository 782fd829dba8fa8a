//! A program that cannot reach the service, on a store that another one shares: the other delivers what both have saved.

use std::time::Duration;

use pubsub_core::{PubSub, Publish, Subscription};
use support::{Link, OurServer, Peer, PostgresServer, Proxy, within};

/// Nobody listens there.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, PartialEq, Publish)]
#[publish(node = "/away/Row", access = "open")]
struct Row {
    #[publish(id)]
    id: u64,
}

async fn open(url: &str, store: &str) -> PubSub {
    let builder = PubSub::builder().without_models().url(url).expect("a URL");
    let builder = builder.drain(Duration::ZERO);
    let connected = builder.store(store).expect("a store").connect().await;
    connected.expect("a handle")
}

async fn save(pubsub: &PubSub, ids: impl IntoIterator<Item = u64>) {
    for id in ids {
        Row { id }.save_with(pubsub).await.expect("a save");
    }
}

/// The next rows that are heard are these.
async fn hear(events: &mut Subscription<Row>, ids: impl IntoIterator<Item = u64>) {
    for id in ids {
        let event = within(PATIENCE, events.next()).await.expect("an event");
        let event = event.expect("an event without an error");
        assert_eq!(event.item().map(|row| row.id), Some(id));
    }
}

/// The one is never online; the other delivers for it.
async fn never_online(store: &str) {
    let peer = OurServer::start().await;
    let reader = open_reader(&peer).await;
    let mut events = reader.subscribe::<Row>().await.expect("a subscription");
    let cut_off = open(AWAY, store).await;
    save(&cut_off, 0..5).await;
    let online = open(&peer.url("ann"), store).await;
    save(&online, 5..10).await;
    hear(&mut events, 0..10).await;
    save(&cut_off, 10..15).await;
    hear(&mut events, 10..15).await;
    for pubsub in [cut_off, online, reader] {
        within(PATIENCE, pubsub.shutdown()).await.expect("an end");
    }
}

/// The one delivers until it is cut off with much under way; the other goes on where it stopped, and the one again when the other is gone.
async fn cut_off(store: &str) {
    let peer = OurServer::start().await;
    let proxy = Proxy::before(peer.address()).await;
    let reader = open_reader(&peer).await;
    let mut events = reader.subscribe::<Row>().await.expect("a subscription");
    let direct = peer.url("ann");
    let through = direct.replace(&peer.address().to_string(), &proxy.address().to_string());
    assert_ne!(direct, through);
    let one = open(&through, store).await;
    save(&one, 0..20).await;
    hear(&mut events, 0..20).await;
    proxy.set(Link::Stalled);
    save(&one, 20..60).await;
    proxy.set(Link::Refusing);
    proxy.cut();
    let other = open(&direct, store).await;
    save(&other, 60..80).await;
    hear(&mut events, 20..80).await;
    within(PATIENCE, other.shutdown()).await.expect("an end");
    save(&one, 80..100).await;
    proxy.set(Link::Up);
    hear(&mut events, 80..100).await;
    for pubsub in [one, reader] {
        within(PATIENCE, pubsub.shutdown()).await.expect("an end");
    }
}

/// The session of the one is over, but the program is not.
async fn over(store: &str) {
    let peer = OurServer::start().await;
    let reader = open_reader(&peer).await;
    let mut events = reader.subscribe::<Row>().await.expect("a subscription");
    let one = open(&peer.url("ann"), store).await;
    save(&one, 0..5).await;
    hear(&mut events, 0..5).await;
    let session = one.session().expect("a session");
    within(PATIENCE, session.shutdown(Duration::from_secs(1))).await;
    save(&one, 5..10).await;
    let other = open(&peer.url("ann"), store).await;
    hear(&mut events, 5..10).await;
    for pubsub in [one, other, reader] {
        within(PATIENCE, pubsub.shutdown()).await.expect("an end");
    }
}

async fn open_reader(peer: &Peer) -> PubSub {
    let builder = PubSub::builder().without_models();
    let builder = builder.url(&peer.url("ann")).expect("a URL");
    builder.connect().await.expect("a reader")
}

async fn in_a_file<F: Future<Output = ()>>(test: impl FnOnce(String) -> F) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    test(format!("sqlite:{}/a.db", directory.path().display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_never_online_stops_nobody() {
    in_a_file(|store| async move { never_online(&store).await }).await;
    let server = PostgresServer::shared().await;
    never_online(&server.database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_leaves_the_rest_to_others_in_order() {
    in_a_file(|store| async move { cut_off(&store).await }).await;
    let server = PostgresServer::shared().await;
    cut_off(&server.database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_session_is_over_leaves_the_rest_to_others() {
    in_a_file(|store| async move { over(&store).await }).await;
    let server = PostgresServer::shared().await;
    over(&server.database().await).await;
}
