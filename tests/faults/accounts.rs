//! A server that is back before its accounts are: what was saved is delivered when they are, without the program being started anew.

use std::net::SocketAddr;
use std::time::Duration;

use pubsub_core::session::Status;
use pubsub_core::{ErrorKind, PubSub, Publish};
use pubsub_server::{Config, RunningServer, Server};
use support::{eventually, within};

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, PartialEq, Publish)]
#[publish(node = "/accounts/Row", access = "open")]
struct Row {
    #[publish(id)]
    id: u64,
}

async fn server(listen: SocketAddr, user: &str) -> RunningServer {
    let config = Config {
        listen,
        accounts: vec![(user.to_owned(), "secret".to_owned())],
        ..Config::default()
    };
    // The port was ours a moment ago.
    eventually(PATIENCE, || async {
        Server::spawn(config.clone()).await.ok()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_after_a_good_one_is_tried_until_it_works() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/a.db", directory.path().display());
    let first = server(([127, 0, 0, 1], 0).into(), "ann").await;
    let address = first.addr();
    let url = format!("xmpp://ann:secret@localhost?connect={address}&tls=off");
    let open = || async {
        let builder = PubSub::builder().without_models().url(&url).expect("a URL");
        let builder = builder.drain(Duration::ZERO);
        builder.store(&store).expect("a store").connect().await
    };
    let pubsub = open().await.expect("a handle");
    Row { id: 1 }.save_with(&pubsub).await.expect("a save");
    assert!(pubsub.flush(PATIENCE).await);
    first.shutdown().await;

    let without = server(address, "bob").await;
    // Refused more than once.
    let session = pubsub.session().expect("a session");
    let mut status = session.status();
    let mut refusals = 0;
    within(PATIENCE, async {
        while refusals < 2 {
            let now = status.borrow_and_update().clone();
            match now {
                Status::Offline { reason, .. } if reason.is_fatal() => refusals += 1,
                Status::Closed { reason } => panic!("the session has given up: {reason:?}"),
                _ => {}
            }
            status.changed().await.expect("a session");
        }
    })
    .await;
    for id in 2..5 {
        Row { id }.save_with(&pubsub).await.expect("a save");
    }
    // At the start it is an error all the same.
    let other = format!("sqlite:{}/b.db", directory.path().display());
    let builder = PubSub::builder().without_models().url(&url).expect("a URL");
    let error = builder.store(&other).expect("a store").connect().await;
    assert_eq!(
        error.expect_err("refused").kind(),
        ErrorKind::Authentication
    );
    without.shutdown().await;

    let back = server(address, "ann").await;
    assert!(pubsub.flush(PATIENCE).await, "it is delivered");
    let items = pubsub.items::<Row>().await.expect("items");
    assert_eq!(items.len(), 4, "with what the server had forgotten");
    within(PATIENCE, pubsub.shutdown()).await.expect("an end");
    back.shutdown().await;
}
