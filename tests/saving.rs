//! What a save does before anything reaches a wire, seen through the recorder that users have for their own tests.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use pubsub_core::session::Target;
use pubsub_core::testing::Recorder;
use pubsub_core::{
    Action, Event, NodeName, PubSubError, Publish, SaveError, Xml, after_save,
    assert_nothing_published, assert_published, assert_retracted,
};

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(channels("user-{author}", "global"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
}

fn tweet(id: i64, text: &str) -> Tweet {
    Tweet {
        id,
        author: "ann".to_owned(),
        text: text.to_owned(),
    }
}

#[tokio::test]
async fn a_save_reaches_the_node_and_every_channel() {
    let recorder = Recorder::new();
    let receipt = tweet(1, "hello")
        .save_with(&recorder.pubsub())
        .await
        .unwrap();
    assert_eq!(receipt.item(), &"1");
    let nodes: Vec<_> = receipt.nodes().iter().map(NodeName::as_str).collect();
    assert_eq!(nodes, ["/saving/Tweet", "user-ann", "global"]);
    assert_published!(recorder, tweet(1, "hello"));
    assert_published!(recorder, "user-ann", 1);
    assert_published!(recorder, "global", 1);
}

#[tokio::test]
async fn a_delete_retracts_from_the_node_and_every_channel() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let _ = tweet(1, "hello").save_with(&pubsub).await.unwrap();
    let _ = tweet(1, "hello").delete_with(&pubsub).await.unwrap();
    assert_retracted!(recorder, tweet(1, "hello"));
    assert_eq!(recorder.changes_of("user-ann").len(), 2);
    assert!(pubsub.items::<Tweet>().await.unwrap().is_empty());
}

#[tokio::test]
async fn saving_again_replaces_the_item() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    for text in ["one", "two"] {
        let _ = tweet(1, text).save_with(&pubsub).await.unwrap();
    }
    let items = pubsub.items::<Tweet>().await.unwrap();
    let texts: Vec<_> = items.iter().map(|item| item.item.text.as_str()).collect();
    assert_eq!(texts, ["two"]);
}

#[tokio::test]
async fn a_subscription_hears_the_recorder() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let mut tweets = pubsub.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "hello").save_with(&pubsub).await.unwrap();
    let _ = tweet(1, "hello").delete_with(&pubsub).await.unwrap();
    assert!(matches!(
        tweets.next().await.unwrap().unwrap(),
        Event::Published { item, change, .. }
            if item == tweet(1, "hello") && change.origin.as_deref() == Some("recorder") && change.sequence == Some(1)
    ));
    assert!(matches!(
        tweets.next().await.unwrap().unwrap(),
        Event::Retracted { id, last, change }
            if id == "1" && last == Some(tweet(1, "hello")) && change.action == Some(Action::Delete)
    ));
    pubsub.shutdown().await.unwrap();
    assert!(tweets.next().await.is_none());
}

#[tokio::test]
async fn save_all_keeps_the_order_and_sends_nothing_when_one_cannot_be_written() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let many: Vec<_> = (0..3000).map(|id| tweet(id, "x")).collect();
    let receipts = pubsub.save_all(&many).await.unwrap();
    let ids: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.item().to_string())
        .collect();
    assert_eq!(ids, (0..3000).map(|id| id.to_string()).collect::<Vec<_>>());
    let published = recorder.published::<Tweet>();
    assert!(published.iter().map(|(tweet, _)| tweet.id).eq(0..3000));

    recorder.clear();
    let error = pubsub
        .save_all(&[tweet(1, "good"), tweet(2, "bad \u{0}")])
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SaveError::Encode(error) if error.field().ends_with("text")),
        "{error}"
    );
    assert_nothing_published!(recorder);
}

#[tokio::test]
async fn a_refusal_names_the_node_and_says_whether_to_try_again() {
    let recorder = Recorder::new();
    let node = NodeName::new(Anonymous::NODE).unwrap();
    let target = Target::Node(node.clone());
    recorder.refuse_next(PubSubError::Forbidden {
        target: target.clone(),
    });
    recorder.refuse_next(PubSubError::Disconnected { target });
    let pubsub = recorder.pubsub();
    let unnamed = Anonymous {
        text: "x".to_owned(),
    };
    let refused = unnamed.save_with(&pubsub).await.unwrap_err();
    assert_eq!(
        (refused.node(), refused.is_transient()),
        (Some(&node), false)
    );
    let offline = unnamed.save_with(&pubsub).await.unwrap_err();
    assert!(offline.is_transient(), "{offline}");
}

#[derive(Debug, Publish)]
struct Anonymous {
    text: String,
}

#[tokio::test]
async fn a_model_without_an_id_gets_a_new_item_each_time_and_cannot_be_deleted() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let unnamed = Anonymous {
        text: "x".to_owned(),
    };
    let first = unnamed.save_with(&pubsub).await.unwrap();
    let second = unnamed.save_with(&pubsub).await.unwrap();
    assert_ne!(first.item(), second.item());
    assert_eq!(
        recorder.published::<Anonymous>()[0].1.action,
        Some(Action::Create)
    );
    assert!(matches!(
        unnamed.delete_with(&pubsub).await,
        Err(SaveError::NoId { .. })
    ));
    let _ = pubsub
        .retract(&first.nodes()[0], first.item())
        .await
        .unwrap();
    assert_eq!(pubsub.items::<Anonymous>().await.unwrap().len(), 1);
}

#[derive(Debug, Publish)]
#[publish(on(create), when = Announcement::is_public)]
struct Announcement {
    #[publish(id)]
    id: i64,
    text: String,
}

impl Announcement {
    fn is_public(&self) -> bool {
        self.text != "secret"
    }
}

#[tokio::test]
async fn only_the_actions_and_values_that_the_model_asks_for_are_told() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let save = async |id, text: &str| {
        let announcement = Announcement {
            id,
            text: text.to_owned(),
        };
        announcement.save_with(&pubsub).await.unwrap().nodes().len()
    };
    assert_eq!(save(1, "new").await, 1);
    assert_eq!(save(1, "changed").await, 0);
    assert_eq!(save(2, "secret").await, 0);
    assert_eq!(recorder.changes().len(), 1);
    let gone = Announcement {
        id: 1,
        text: String::new(),
    };
    assert!(gone.delete_with(&pubsub).await.unwrap().nodes().is_empty());
}

#[derive(Debug, Clone, PartialEq, Publish)]
struct Order {
    #[publish(id)]
    id: i64,
    total: i64,
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[after_save(order = 1)]
fn no_debts(order: &Order) -> Result<(), String> {
    SEEN.lock().unwrap().push(format!("first {}", order.id));
    if order.total < 0 {
        Err(format!("order {} is negative", order.id))
    } else {
        Ok(())
    }
}

#[after_save(order = 2)]
fn count(order: &Order) {
    SEEN.lock().unwrap().push(format!("second {}", order.id));
}

#[tokio::test]
async fn hooks_run_in_order_and_an_error_keeps_the_change_from_being_told() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let _ = Order { id: 1, total: 5 }.save_with(&pubsub).await.unwrap();
    let vetoed = Order { id: 2, total: -5 }
        .save_with(&pubsub)
        .await
        .unwrap_err();
    assert!(
        vetoed.to_string().contains("order 2 is negative"),
        "{vetoed}"
    );
    assert_eq!(*SEEN.lock().unwrap(), ["first 1", "second 1", "first 2"]);
    assert_published!(recorder, "/saving/Order", 1);
}

#[tokio::test]
async fn text_xml_and_payloads_can_be_published_anywhere() {
    let recorder = Recorder::new();
    let pubsub = recorder.pubsub();
    let home = NodeName::new("/home").unwrap();
    let _ = pubsub.publish(&home, "Hello <World>").await.unwrap();
    let _ = pubsub.publish(&home, Xml("<a xmlns='u'/>")).await.unwrap();
    let _ = pubsub.publish(&home, &tweet(1, "x")).await.unwrap();
    let payloads: Vec<_> = recorder
        .changes()
        .into_iter()
        .filter_map(|change| change.payload)
        .collect();
    assert!(
        payloads[0].starts_with("<entry xmlns=\"http://www.w3.org/2005/Atom\">Hello &lt;World&gt;")
    );
    assert_eq!(&*payloads[1], "<a xmlns='u'/>");
    assert!(payloads[2].contains("<Tweet xmlns=\"urn:pubsub:saving\">"));
    for broken in ["<a>", "<a/><b/>", "text", "<a><!-- --></a>"] {
        let error = pubsub.publish(&home, Xml(broken)).await.unwrap_err();
        assert!(matches!(error, SaveError::Encode(_)), "{broken}: {error}");
    }
}

#[tokio::test]
async fn the_handle_of_the_process_is_the_one_installed() {
    let recorder = Recorder::new();
    assert!(matches!(
        tweet(1, "x").save().await,
        Err(SaveError::NotInstalled(_))
    ));
    let pubsub = recorder.pubsub();
    pubsub.install().unwrap();
    assert!(Recorder::new().pubsub().install().is_err());
    let _ = tweet(1, "x").save().await.unwrap();
    let _ = Tweet::save_all(&[tweet(2, "y")]).await.unwrap();
    let _ = tweet(2, "y").delete().await.unwrap();
    assert_published!(recorder, "/saving/Tweet", 2);
    pubsub.shutdown().await.unwrap();
    assert!(matches!(
        tweet(1, "x").save().await,
        Err(SaveError::NotInstalled(_))
    ));
}

#[test]
fn a_failing_assertion_prints_the_book() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let recorder = Recorder::new();
    runtime.block_on(async {
        let _ = tweet(1, "x").save_with(&recorder.pubsub()).await.unwrap();
    });
    let failed = std::panic::catch_unwind(AssertUnwindSafe(|| {
        assert_published!(recorder, "user-bob", 1);
    }));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.contains("1 published to user-bob expected, 0 found"),
        "{message}"
    );
    assert!(message.contains("user-ann 1: <entry"), "{message}");
}
