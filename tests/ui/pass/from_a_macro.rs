//! A model may be made by a macro.

use pubsub_core::Publish;

macro_rules! model {
    ($name:ident, $node:literal, $($field:ident: $type:ty,)*) => {
        #[derive(Publish)]
        #[publish(node = $node, channels("of-{id}"))]
        struct $name {
            #[publish(id)]
            id: i64,
            $($field: $type,)*
            maybe: Option<Text>,
        }
    };
}

type Text = String;

model!(Tweet, "/tweets", text: Option<String>, tags: Vec<String>, map: std::collections::BTreeMap<i32, i32>,);

#[test]
fn works() {
    let tweet = Tweet {
        id: 1,
        text: None,
        tags: vec![],
        map: [].into(),
        maybe: None,
    };
    assert_eq!(tweet.channels().unwrap(), ["of-1"]);
    assert_eq!(Tweet::NODE, "/tweets");
    let _ = (tweet.text, tweet.tags, tweet.map, tweet.maybe);
}
