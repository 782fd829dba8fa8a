//! A room that lasts, over a restart: what its owner set, who may what, the subject and what was said.

use pubsub_server::{Config, Database, RunningServer, Server};
use support::{RawClient, within};

use crate::{PATIENCE, login};

const ROOM: &str = "hall@rooms.localhost";
const OWNER: &str = "http://jabber.org/protocol/muc#owner";

async fn server(directory: &std::path::Path) -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        database: Some(Database::open(directory).await.unwrap()),
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

async fn enter(client: &mut RawClient, nick: &str) -> String {
    client
        .send(&format!("<presence to='{ROOM}/{nick}'/>"))
        .await
        .unwrap();
    // The subject, or the refusal, is the last word.
    let last = ["</subject>", "<subject/>", "type='error'"];
    within(PATIENCE, client.until_any(&last)).await.unwrap()
}

async fn say(client: &mut RawClient, content: &str) {
    let message = format!("<message type='groupchat' to='{ROOM}' id='said'>{content}</message>");
    client.send(&message).await.unwrap();
    within(PATIENCE, client.until_any(&["id='said'"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_room_that_lasts_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = server(directory.path()).await;
    let mut ann = login(&first, "ann").await;
    enter(&mut ann, "Ann").await;
    let form = format!(
        "<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>\
         <field var='muc#roomconfig_persistentroom'><value>1</value></field>\
         <field var='muc#roomconfig_roomname'><value>The Hall</value></field></x></query>"
    );
    let done = ann.request("set", ROOM, &form).await.unwrap();
    assert!(done.contains("type='result'"), "{done}");
    let ban = "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='eve@localhost'/></query>";
    let done = ann.request("set", ROOM, ban).await.unwrap();
    assert!(done.contains("type='result'"), "{done}");
    say(&mut ann, "<body>remember &lt;this&gt;</body>").await;
    say(&mut ann, "<subject>Tea</subject>").await;
    drop(ann);
    first.shutdown().await;

    let second = server(directory.path()).await;
    let mut bob = login(&second, "bob").await;
    let told = enter(&mut bob, "Bob").await;
    for part in [
        "remember &lt;this&gt;",
        "hall@rooms.localhost/Ann",
        ">Tea</subject>",
        "affiliation='none'",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let mut ann = login(&second, "ann").await;
    let list =
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast'/></query>";
    let banned = ann.request("get", ROOM, list).await.unwrap();
    assert!(banned.contains("eve@localhost"), "{banned}");
    // Destroyed, it does not come back.
    let end = format!("<query xmlns='{OWNER}'><destroy/></query>");
    let done = ann.request("set", ROOM, &end).await.unwrap();
    assert!(done.contains("type='result'"), "{done}");
    drop((ann, bob));
    second.shutdown().await;

    let third = server(directory.path()).await;
    let mut ann = login(&third, "ann").await;
    let query = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    let info = ann.request("get", ROOM, query).await.unwrap();
    assert!(info.contains("item-not-found"), "{info}");
    third.shutdown().await;
}

#[tokio::test]
async fn what_a_room_has_acknowledged_survives_a_server_that_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let done = |answer: String| assert!(answer.contains("type='result'"), "{answer}");
    let configure = |field: &str, value: &str| {
        format!(
            "<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'><field var='{field}'><value>{value}</value></field></x></query>"
        )
    };
    // Dropped without a word after each answer: what would have been written a moment later is not.
    let first = server(directory.path()).await;
    let mut ann = login(&first, "ann").await;
    enter(&mut ann, "Ann").await;
    let lasting = configure("muc#roomconfig_persistentroom", "1");
    done(ann.request("set", ROOM, &lasting).await.unwrap());
    drop(first);

    let second = server(directory.path()).await;
    let mut ann = login(&second, "ann").await;
    let ban = "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='eve@localhost'/></query>";
    done(ann.request("set", ROOM, ban).await.unwrap());
    drop(second);

    let third = server(directory.path()).await;
    let mut ann = login(&third, "ann").await;
    let list =
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast'/></query>";
    let banned = ann.request("get", ROOM, list).await.unwrap();
    assert!(banned.contains("eve@localhost"), "{banned}");
    let end = format!("<query xmlns='{OWNER}'><destroy/></query>");
    done(ann.request("set", ROOM, &end).await.unwrap());
    drop(third);

    let fourth = server(directory.path()).await;
    let mut ann = login(&fourth, "ann").await;
    let query = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    let info = ann.request("get", ROOM, query).await.unwrap();
    assert!(info.contains("item-not-found"), "{info}");
    fourth.shutdown().await;
}
