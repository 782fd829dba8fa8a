//! Channels with braces of their own, with optional parts, with raw names.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels(
    "all",
    "{{literal}}",
    "{r}{id}",
    "user-{author}",
    "{author}/{id}",
    "ünï-{id}"
))]
struct Tweet {
    #[publish(id)]
    id: i64,
    r: char,
    author: Option<String>,
}

#[test]
fn works() {
    let mut tweet = Tweet {
        id: 7,
        r: 'x',
        author: None,
    };
    assert_eq!(
        tweet.channels().unwrap(),
        ["all", "{literal}", "x7", "ünï-7"]
    );
    tweet.author = Some("ann".into());
    assert_eq!(
        tweet.channels().unwrap(),
        ["all", "{literal}", "x7", "user-ann", "ann/7", "ünï-7"]
    );
    tweet.author = Some("a\nb".into());
    let error = tweet.channels().unwrap_err().to_string();
    assert!(
        error.contains("user-{author}") && error.contains("U+000A"),
        "{error}"
    );
}
