//! What is written reads back as it was, whatever is in it; what XML cannot carry is refused, never lost.
use pubsub_core::{Action, Payload, Publish, Stamp};
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(channels("user-{author}", "global"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
    score: f64,
    tags: Vec<String>,
    reply_to: Option<i64>,
    #[publish(child)]
    place: Option<Place>,
    #[publish(child)]
    media: Vec<Media>,
    state: State,
    #[publish(attribute)]
    lang: String,
    prices: BTreeMap<String, i32>,
    #[publish(skip)]
    draft: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Payload)]
struct Place {
    #[publish(attribute)]
    name: String,
    lat: f64,
    lon: f64,
}

#[derive(Debug, Clone, PartialEq, Payload)]
enum Media {
    Photo {
        url: String,
        #[publish(attribute)]
        width: u32,
    },
    Link(String),
    Spot(#[publish(child)] Place),
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Payload)]
enum State {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Payload)]
struct Note<'a> {
    text: Cow<'a, str>,
}

#[test]
fn one() {
    let tweet = Tweet {
        id: 1,
        author: "ann".into(),
        text: "a <b> & \"c\" ]]>".into(),
        score: 1.5,
        tags: vec!["x".into(), String::new()],
        reply_to: Some(3),
        place: Some(Place {
            name: "a\nb\"".into(),
            lat: 1.0,
            lon: -0.0,
        }),
        media: vec![
            Media::Nothing,
            Media::Link("u".into()),
            Media::Photo {
                url: "p".into(),
                width: 3,
            },
            Media::Spot(Place {
                name: "q".into(),
                lat: 0.1,
                lon: 0.2,
            }),
        ],
        state: State::Closed,
        lang: "en".into(),
        prices: [("a<".to_string(), 3)].into(),
        draft: None,
    };
    let mut out = String::new();
    tweet
        .encode_entry(&Stamp::of(Action::Create), &mut out)
        .unwrap();
    println!("{out}");
    let (back, stamp) = Tweet::decode_entry(&out).unwrap();
    assert_eq!(back, tweet);
    assert_eq!(stamp, Stamp::of(Action::Create));
    println!("{:#?}", Tweet::DESCRIPTOR);
    println!("{:?}", tweet.channels());
    assert_eq!(Tweet::NODE, "/roundtrip/Tweet");
}
