//! A model may borrow what it publishes; what is read back owns it.

use std::borrow::Cow;

use pubsub_core::{Publish, Stamp};

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(channels("user-{author}"))]
struct Tweet<'a, 'b: 'a> {
    #[publish(id)]
    id: Cow<'a, str>,
    author: Cow<'b, str>,
    note: Option<Cow<'a, str>>,
    #[publish(skip)]
    seen_in: &'b str,
}

#[test]
fn works() {
    let author = String::from("ann");
    let tweet = Tweet {
        id: "1".into(),
        author: author.as_str().into(),
        note: Some("<".into()),
        seen_in: "",
    };
    let mut xml = String::new();
    tweet.encode_entry(&Stamp::default(), &mut xml).unwrap();
    let (read, _): (Tweet<'static, 'static>, _) = Publish::decode_entry(&xml).unwrap();
    assert_eq!(read, tweet.clone());
    assert!(tweet.as_any().is_none());
}
