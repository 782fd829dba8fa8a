//! A module can convert whatever cannot be text by itself: in an element, an attribute, a part of a name, inside `Option`, or all of a collection.

use pubsub_core::{Payload, Publish};

struct Colour(u8, u8, u8);

mod hex {
    use std::num::ParseIntError;

    use super::Colour;

    pub fn to_text(colour: &Colour) -> String {
        format!("{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
    }

    pub fn from_text(text: &str) -> Result<Colour, ParseIntError> {
        let all = u32::from_str_radix(text, 16)?;
        Ok(Colour((all >> 16) as u8, (all >> 8) as u8, all as u8))
    }
}

mod words {
    use std::convert::Infallible;

    pub fn to_text(words: &[String]) -> String {
        words.join(" ")
    }

    pub fn from_text(text: &str) -> Result<Vec<String>, Infallible> {
        Ok(text.split(' ').map(str::to_owned).collect())
    }
}

#[derive(Publish)]
#[publish(channels("colour-{id}"))]
struct Paint {
    #[publish(id, with = hex)]
    id: Colour,
    #[publish(attribute, with = hex)]
    attribute: Colour,
    #[publish(with = hex)]
    optional: Option<Colour>,
    #[publish(title, with = self::words)]
    words: Vec<String>,
    #[publish(child)]
    choice: Choice,
    wrapped: Wrapped,
}

#[derive(Payload)]
enum Choice {
    Mixed(#[publish(with = hex)] Colour),
}

#[derive(Payload)]
struct Wrapped(#[publish(with = self::hex)] Colour);

#[test]
fn works() {
    let paint = Paint {
        id: Colour(1, 2, 3),
        attribute: Colour(4, 5, 6),
        optional: Some(Colour(7, 8, 9)),
        words: vec!["a".into(), "b".into()],
        choice: Choice::Mixed(Colour(10, 11, 12)),
        wrapped: Wrapped(Colour(13, 14, 15)),
    };
    let mut xml = String::new();
    paint.encode_entry(&Default::default(), &mut xml).unwrap();
    let (read, _) = Paint::decode_entry(&xml).unwrap();
    let mut again = String::new();
    read.encode_entry(&Default::default(), &mut again).unwrap();
    assert_eq!(xml, again);
    assert_eq!(paint.channels().unwrap(), ["colour-010203"]);
}
