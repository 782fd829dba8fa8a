//! The reader that the derive writes: what it takes from a payload is written so that it takes the same again.
#![no_main]

use std::time::SystemTime;

use pubsub_core::{Payload, Publish};

/// One of each kind of field.
#[derive(Debug, Publish)]
struct Model {
    #[publish(id)]
    id: String,
    #[publish(title)]
    text: String,
    #[publish(attribute)]
    maybe: Option<String>,
    number: i64,
    small: Option<i8>,
    flag: bool,
    letter: char,
    #[publish(updated)]
    at: SystemTime,
    word: Word,
    #[publish(with = pubsub_core::payload::base64)]
    bytes: Vec<u8>,
    #[publish(child, rename = "line")]
    lines: Vec<Line>,
    #[publish(default)]
    weight: f64,
}

#[derive(Debug, Payload)]
enum Word {
    One,
    Two,
}

#[derive(Debug, Payload)]
struct Line {
    #[publish(attribute)]
    name: String,
    words: Vec<String>,
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok((model, stamp)) = Model::decode_entry(text) {
        let mut xml = String::new();
        match model.encode_entry(&stamp, &mut xml) {
            Ok(()) => {
                let again = Model::decode_entry(&xml);
                let (again, stamp_again) = again.unwrap_or_else(|error| panic!("{error}: {xml}"));
                assert_eq!(format!("{again:?}"), format!("{model:?}"));
                assert_eq!(stamp_again, stamp);
            }
            Err(error) => panic!("{error}: {model:?}"),
        }
    }
});
