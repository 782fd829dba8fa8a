//! Rosters, messages that wait and nodes of accounts: over a restart, and when a connection dies.

use std::path::Path;
use std::sync::Arc;

use pubsub_server::{Config, Database, DiskStorage, RunningServer, Server, SyncLevel};
use support::within;

use crate::{PATIENCE, PUBSUB, assert_done, login};

async fn server(directory: &Path) -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        storage: Arc::new(DiskStorage::open(directory, SyncLevel::Always).unwrap()),
        database: Some(Database::open(directory).await.unwrap()),
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

#[tokio::test]
async fn a_restart_keeps_contacts_messages_and_bookmarks() {
    let directory = tempfile::tempdir().unwrap();
    let first = server(directory.path()).await;
    let mut ann = login(&first, "ann").await;
    let mut bob = login(&first, "bob").await;
    let contact = "<query xmlns='jabber:iq:roster'><item jid='bob@localhost' name='Bob'><group>A</group><group>B</group></item></query>";
    assert_done(&ann.request("set", "", contact).await.unwrap());
    ann.send("<presence type='subscribe' to='bob@localhost'/>")
        .await
        .unwrap();
    ann.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    bob.send("<presence type='subscribed' to='ann@localhost'/>")
        .await
        .unwrap();
    bob.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    let bookmark = format!(
        "<pubsub xmlns='{PUBSUB}'><publish node='urn:xmpp:bookmarks:1'><item id='tea@rooms.localhost'>\
         <conference xmlns='urn:xmpp:bookmarks:1'/></item></publish></pubsub>"
    );
    assert_done(&ann.request("set", "", &bookmark).await.unwrap());
    // Nobody is there for bob who wants messages.
    bob.send("<presence><priority>-1</priority></presence>")
        .await
        .unwrap();
    bob.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    for id in ["one", "two"] {
        let message =
            format!("<message to='bob@localhost' id='{id}' type='chat'><body>x</body></message>");
        ann.send(&message).await.unwrap();
    }
    ann.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    first.shutdown().await;

    let second = server(directory.path()).await;
    let mut ann = login(&second, "ann").await;
    let roster = ann
        .request("get", "", "<query xmlns='jabber:iq:roster'/>")
        .await
        .unwrap();
    assert!(
        roster.contains("<item jid='bob@localhost' name='Bob' subscription='to'><group>A</group><group>B</group></item>"),
        "{roster}"
    );
    let items = format!("<pubsub xmlns='{PUBSUB}'><items node='urn:xmpp:bookmarks:1'/></pubsub>");
    let items = ann.request("get", "", &items).await.unwrap();
    assert!(items.contains("tea@rooms.localhost"), "{items}");
    let mut bob = login(&second, "bob").await;
    bob.send("<presence/>").await.unwrap();
    for id in ["one", "two"] {
        let message = within(PATIENCE, bob.message()).await.unwrap();
        assert!(message.contains(&format!("id='{id}'")), "{message}");
        assert!(
            message.contains("<delay xmlns='urn:xmpp:delay' from='localhost'"),
            "{message}"
        );
    }
    bob.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    second.shutdown().await;

    // Delivered is delivered.
    let third = server(directory.path()).await;
    let mut bob = login(&third, "bob").await;
    bob.send("<presence/>").await.unwrap();
    let quiet = bob
        .request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    assert!(!quiet.contains("<message"), "{quiet}");
    bob.send("<message to='bob@localhost' id='last' type='chat'><body>x</body></message>")
        .await
        .unwrap();
    let message = within(PATIENCE, bob.message()).await.unwrap();
    assert!(message.contains("id='last'"), "{message}");
    third.shutdown().await;
}

#[tokio::test]
async fn a_message_that_nobody_acknowledged_is_delivered_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    bob.send("<enable xmlns='urn:xmpp:sm:3'/><presence/>")
        .await
        .unwrap();
    bob.until_any(&["<enabled"]).await.unwrap();
    bob.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    for id in ["one", "two"] {
        let message =
            format!("<message to='bob@localhost' id='{id}' type='chat'><body>x</body></message>");
        ann.send(&message).await.unwrap();
        let message = within(PATIENCE, bob.message()).await.unwrap();
        assert!(message.contains(&format!("id='{id}'")), "{message}");
    }
    // Headlines are gone with their moment.
    ann.send("<message to='bob@localhost' id='news' type='headline'><body>x</body></message>")
        .await
        .unwrap();
    within(PATIENCE, bob.message()).await.unwrap();
    // The answer to the ping and the first message are acknowledged, and then the line is cut.
    bob.send("<a xmlns='urn:xmpp:sm:3' h='2'/>").await.unwrap();
    bob.request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    drop(bob.into_stream());
    let mut bob = login(&server, "bob").await;
    bob.send("<presence/>").await.unwrap();
    let message = within(PATIENCE, bob.message()).await.unwrap();
    assert!(message.contains("id='two'"), "{message}");
    let quiet = bob
        .request("get", "", "<ping xmlns='urn:xmpp:ping'/>")
        .await
        .unwrap();
    assert!(!quiet.contains("<message"), "{quiet}");
    server.shutdown().await;
}
