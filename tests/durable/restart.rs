//! A server that was told to stop, and the next one on the same directory.

use pubsub_server::{DiskStorage, SyncLevel};
use std::time::Duration;
use support::{RawClient, within};

use crate::{
    PATIENCE, ask, assert_done, create, form, item, items, login, manage, publish, server,
    subscribe,
};

#[tokio::test]
async fn a_restart_keeps_nodes_people_and_items() {
    for level in [SyncLevel::Always, SyncLevel::Every(Duration::from_mins(1))] {
        let directory = tempfile::tempdir().unwrap();
        let open = || DiskStorage::open(directory.path(), level).unwrap();
        let first = server(open()).await;
        let mut ann = login(&first, "ann").await;
        let mut bob = login(&first, "bob").await;
        let options = [
            ("title", "News"),
            ("max_items", "3"),
            ("publish_model", "open"),
        ];
        assert_done(&ask(&mut ann, "set", &create("/news", &options)).await);
        assert_done(&ask(&mut bob, "set", &subscribe("/news", "bob")).await);
        for id in ["a", "b", "c", "a", "d"] {
            assert_done(&ask(&mut ann, "set", &publish("/news", id, "1")).await);
        }
        let pair = format!(
            "<publish node='/news'>{}{}</publish>",
            item("e", "1"),
            item("f", "1")
        );
        assert_done(&ask(&mut bob, "set", &pair).await);
        let affiliations = "<affiliations node='/news'><affiliation jid='bob@localhost' affiliation='owner'/>\
            <affiliation jid='ann@localhost' affiliation='none'/></affiliations>";
        assert_done(&manage(&mut ann, "set", affiliations).await);
        assert_done(&ask(&mut ann, "set", &create("/gone", &[])).await);
        assert_done(&ask(&mut ann, "set", &publish("/gone", "a", "1")).await);
        assert_done(&manage(&mut ann, "set", "<delete node='/gone'/>").await);
        assert_done(&ask(&mut ann, "set", &create("/gone", &[("title", "Again")])).await);
        drop((ann, bob));
        first.shutdown().await;

        let second = server(open()).await;
        let mut ann = login(&second, "ann").await;
        let mut bob = login(&second, "bob").await;
        assert_eq!(items(&mut ann, "/news").await, ["d", "e", "f"]);
        assert_eq!(items(&mut ann, "/gone").await, [""; 0]);
        let configuration = manage(&mut bob, "get", "<configure node='/news'/>").await;
        for (name, value) in options {
            let field = format!("var='pubsub#{name}'");
            let field = configuration.split(&field).nth(1).unwrap_or_default();
            let end = field.find("</field>").unwrap_or_default();
            assert!(
                field[..end].contains(&format!("<value>{value}</value>")),
                "{name}: {configuration}"
            );
        }
        let refused = manage(&mut ann, "get", "<configure node='/news'/>").await;
        assert!(refused.contains("<forbidden"), "{refused}");
        assert_done(&ask(&mut ann, "set", &publish("/news", "g", "heard")).await);
        let message = within(PATIENCE, bob.message()).await.unwrap();
        assert!(message.contains("heard"), "{message}");
        drop((ann, bob));
        second.shutdown().await;

        let third = server(open()).await;
        let mut bob = login(&third, "bob").await;
        assert_eq!(items(&mut bob, "/news").await, ["e", "f", "g"]);
        third.shutdown().await;
    }
}

#[tokio::test]
async fn a_node_that_keeps_no_items_has_none_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || DiskStorage::open(directory.path(), SyncLevel::Always).unwrap();
    let first = server(open()).await;
    let mut ann = login(&first, "ann").await;
    let options = [
        ("persist_items", "0"),
        ("send_last_published_item", "on_sub"),
    ];
    assert_done(&ask(&mut ann, "set", &create("/now", &options)).await);
    assert_done(&ask(&mut ann, "set", &publish("/now", "a", "lost")).await);
    drop(ann);
    first.shutdown().await;

    let second = server(open()).await;
    let mut ann = login(&second, "ann").await;
    assert_done(&ask(&mut ann, "set", &subscribe("/now", "ann")).await);
    let kept = form(&[("persist_items", "1")]);
    let configure = format!("<configure node='/now'>{kept}</configure>");
    assert_done(&ask(&mut ann, "set", &publish("/now", "b", "now")).await);
    assert_done(&manage(&mut ann, "set", &configure).await);
    let message = within(PATIENCE, ann.message()).await.unwrap();
    assert!(message.contains("id='b'"), "{message}");
    drop(ann);
    second.shutdown().await;

    let third = server(open()).await;
    let mut ann = login(&third, "ann").await;
    assert_eq!(items(&mut ann, "/now").await, ["b"]);
    third.shutdown().await;
}

#[tokio::test]
async fn items_expire_after_a_restart_too() {
    let directory = tempfile::tempdir().unwrap();
    let open = || DiskStorage::open(directory.path(), SyncLevel::Always).unwrap();
    let first = server(open()).await;
    let mut ann = login(&first, "ann").await;
    for (node, expire) in [("/short", "1"), ("/long", "3600"), ("/never", "max")] {
        let options = [("item_expire", expire)];
        assert_done(&ask(&mut ann, "set", &create(node, &options)).await);
        assert_done(&ask(&mut ann, "set", &publish(node, "a", "1")).await);
    }
    until_empty(&mut ann, "/short").await;
    assert_done(&ask(&mut ann, "set", &publish("/short", "b", "2")).await);
    drop(ann);
    first.shutdown().await;

    let second = server(open()).await;
    let mut ann = login(&second, "ann").await;
    until_empty(&mut ann, "/short").await;
    for node in ["/long", "/never"] {
        assert_eq!(items(&mut ann, node).await, ["a"]);
    }
    second.shutdown().await;
}

async fn until_empty(client: &mut RawClient, node: &str) {
    within(PATIENCE, async {
        while !items(client, node).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_restart_keeps_who_waits_and_on_what_terms() {
    let directory = tempfile::tempdir().unwrap();
    let open = || DiskStorage::open(directory.path(), SyncLevel::Always).unwrap();
    let first = server(open()).await;
    let mut ann = login(&first, "ann").await;
    let mut bob = login(&first, "bob").await;
    assert_done(
        &ask(
            &mut ann,
            "set",
            &create("/asked", &[("access_model", "authorize")]),
        )
        .await,
    );
    assert_done(&ask(&mut ann, "set", &create("/news", &[])).await);
    assert_done(&ask(&mut bob, "set", &subscribe("/asked", "bob")).await);
    assert_done(&ask(&mut bob, "set", &subscribe("/news", "bob")).await);
    let options = |value: &str| {
        format!(
            "<options node='/news' jid='bob@localhost'>{}</options>",
            form(&[("include_body", value)])
        )
    };
    // Away from the plain form, back, and away again: one of the two records is there each time.
    for value in ["1", "0", "1"] {
        assert_done(&ask(&mut bob, "set", &options(value)).await);
    }
    drop((ann, bob));
    first.shutdown().await;

    let second = server(open()).await;
    let mut ann = login(&second, "ann").await;
    let mut bob = login(&second, "bob").await;
    let listed = ask(&mut bob, "get", "<subscriptions/>").await;
    assert_eq!(listed.matches("<subscription ").count(), 2, "{listed}");
    assert_eq!(
        listed.matches("subscription='pending'").count(),
        1,
        "{listed}"
    );
    let entry = "<publish node='/news'><item><entry xmlns='http://www.w3.org/2005/Atom'><title>Rain</title></entry></item></publish>";
    assert_done(&ask(&mut ann, "set", entry).await);
    let message = within(PATIENCE, bob.message()).await.unwrap();
    assert!(message.contains("<body>Rain</body>"), "{message}");
    let approval = "<subscriptions node='/asked'><subscription jid='bob@localhost' subscription='subscribed'/></subscriptions>";
    assert_done(&manage(&mut ann, "set", approval).await);
    let message = within(PATIENCE, bob.message()).await.unwrap();
    assert!(
        message.contains("subscription='subscribed'") && message.contains("/asked"),
        "{message}"
    );
    drop((ann, bob));
    second.shutdown().await;

    let third = server(open()).await;
    let mut bob = login(&third, "bob").await;
    let listed = ask(&mut bob, "get", "<subscriptions/>").await;
    assert_eq!(
        listed.matches("subscription='subscribed'").count(),
        2,
        "{listed}"
    );
    third.shutdown().await;
}
