//! A model may be declared anywhere.

#[test]
fn works() {
    use pubsub_core::{Publish, after_save};

    #[derive(Publish)]
    #[publish(when = is_short)]
    struct Tweet {
        text: String,
    }

    fn is_short(tweet: &Tweet) -> bool {
        tweet.text.len() < 280
    }

    #[after_save]
    fn hook(_: &Tweet) {}

    assert!(
        Tweet {
            text: String::new()
        }
        .is_published()
    );
}
