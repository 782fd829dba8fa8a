//! Fields and types may have any name that generated code uses for itself.

#![allow(non_camel_case_types)]

use pubsub_core::{Payload, Publish};

#[derive(Debug, PartialEq, Publish)]
#[publish(channels("{out}-{text}-{channels}"))]
struct __Model {
    #[publish(id)]
    out: String,
    reader: String,
    namespace: String,
    name: Option<String>,
    value: Vec<String>,
    key: std::collections::BTreeMap<String, String>,
    text: String,
    escape: Option<String>,
    channels: Option<String>,
    found: String,
    start: String,
    kind: String,
    #[publish(child)]
    item: Leaf,
}

#[derive(Debug, PartialEq, Payload)]
enum Leaf {
    Slot {
        out: String,
        reader: String,
        value: String,
        name: String,
    },
    Child(String),
}

#[test]
fn works() {
    let model = __Model {
        out: "1".into(),
        reader: "2".into(),
        namespace: "3".into(),
        name: Some("4".into()),
        value: vec!["5".into()],
        key: [("6".into(), "7".into())].into(),
        text: "8".into(),
        escape: None,
        channels: Some("9".into()),
        found: "10".into(),
        start: "11".into(),
        kind: "12".into(),
        item: Leaf::Slot {
            out: "13".into(),
            reader: "14".into(),
            value: "15".into(),
            name: "16".into(),
        },
    };
    let mut xml = String::new();
    model.encode_entry(&Default::default(), &mut xml).unwrap();
    assert_eq!(__Model::decode_entry(&xml).unwrap().0, model);
    assert_eq!(model.channels().unwrap(), ["1-8-9"]);
    let _ = Leaf::Child(String::new());
}
