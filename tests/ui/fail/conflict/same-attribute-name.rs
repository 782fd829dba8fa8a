//! Two attributes of one name are broken XML.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute)]
    lang: String,
    #[publish(attribute, rename = "lang")]
    language: String,
}

fn main() {}
