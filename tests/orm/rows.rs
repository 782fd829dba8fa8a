//! `Publish::outbox_rows`.

use pubsub_core::{Action, OutboxRow, Publish};

#[derive(Publish)]
#[publish(node = "/rows/tweet", channels("user-{author}"), on(create, delete), when = Tweet::is_said)]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
}

impl Tweet {
    fn is_said(&self) -> bool {
        !self.text.is_empty()
    }
}

#[derive(Publish)]
#[publish(node = "/rows/beat", notify_retract = false)]
struct Beat {
    count: u64,
}

fn tweet(text: &str) -> Tweet {
    Tweet {
        id: 7,
        author: "ann".to_owned(),
        text: text.to_owned(),
    }
}

fn lines(rows: &[OutboxRow]) -> Vec<String> {
    let line = |row: &OutboxRow| {
        let [node, item, kind, action, model, origin, payload] = row.values();
        assert_eq!(origin, None);
        assert!(payload.unwrap().ends_with("</entry>"));
        assert!(!payload.unwrap().contains("<change"), "{payload:?}");
        [node, item, kind, action, model]
            .map(Option::unwrap)
            .join(" ")
    };
    rows.iter().map(line).collect()
}

#[test]
fn a_row_for_the_node_and_one_for_each_channel() {
    let rows = tweet("hello").outbox_rows(Action::Create).unwrap();
    assert_eq!(
        lines(&rows),
        [
            "/rows/tweet 7 put create /rows/tweet",
            "user-ann 7 put create /rows/tweet"
        ]
    );
    assert_eq!(
        &*rows[0].payload,
        "<entry xmlns=\"http://www.w3.org/2005/Atom\"><Tweet xmlns=\"urn:pubsub:orm\"><id>7</id><author>ann</author><text>hello</text></Tweet></entry>"
    );
}

#[test]
fn a_delete_retracts_and_carries_the_row_whatever_when_says() {
    let rows = tweet("").outbox_rows(Action::Delete).unwrap();
    assert_eq!(
        lines(&rows),
        [
            "/rows/tweet 7 retract delete /rows/tweet",
            "user-ann 7 retract delete /rows/tweet"
        ]
    );
    assert!(rows[0].payload.contains("<id>7</id>"));
}

#[test]
fn what_a_model_does_not_publish_makes_no_rows() {
    assert_eq!(tweet("hello").outbox_rows(Action::Update).unwrap(), []);
    assert_eq!(tweet("").outbox_rows(Action::Create).unwrap(), []);
}

#[test]
fn without_an_id_field_only_new_items_can_be_told_of() {
    let beat = Beat { count: 1 };
    let [first, second] = [(); 2].map(|()| beat.outbox_rows(Action::Create).unwrap());
    assert_ne!(first[0].item, second[0].item);
    for action in [Action::Update, Action::Delete] {
        let error = beat.outbox_rows(action).unwrap_err().to_string();
        assert!(
            error.contains("#[publish(id)]") && error.contains(action.as_str()),
            "{error}"
        );
    }
}

#[test]
fn what_xml_cannot_carry_is_named() {
    let error = tweet("\u{1}")
        .outbox_rows(Action::Create)
        .unwrap_err()
        .to_string();
    assert!(error.contains("Tweet.text"), "{error}");
}
