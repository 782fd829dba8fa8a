//! What can be written but not read would be lost.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: OneWay,
}

struct OneWay;

impl xso::AsXmlText for OneWay {
    fn as_xml_text(&self) -> Result<std::borrow::Cow<'_, str>, xso::error::Error> {
        Ok("x".into())
    }
}

fn main() {}
