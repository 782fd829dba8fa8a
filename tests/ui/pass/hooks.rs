//! Hooks in all their forms.

use pubsub_core::{Action, Publish, after_commit, after_save};

#[derive(Publish)]
pub struct Tweet {
    text: String,
}

#[derive(Debug)]
struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too long")
    }
}

impl std::error::Error for TooLong {}

#[after_save]
fn nothing(_: &Tweet) {}

#[after_save()]
fn text_as_error(_: &Tweet) -> Result<(), String> {
    Ok(())
}

#[after_save(order = 5)]
fn own_error(tweet: &Tweet) -> Result<(), TooLong> {
    if tweet.text.len() > 280 {
        Err(TooLong)
    } else {
        Ok(())
    }
}

#[after_save(on(create, update, delete), order = -5)]
pub(crate) fn with_action(
    _: &Tweet,
    _action: Action,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(())
}

#[after_save(crate = ::pubsub_core)]
fn named_lifetime<'a>(_: &'a Tweet) {}

#[after_commit(on(delete))]
fn r#match(_: &self::Tweet) {}

mod elsewhere {
    #[pubsub_core::after_save]
    fn by_path(_: &super::Tweet) {}
}
