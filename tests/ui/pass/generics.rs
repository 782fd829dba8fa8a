//! Generic payloads, with the bounds their places need and no others.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use pubsub_core::payload::Text;
use pubsub_core::{Payload, Publish};

#[derive(Debug, Default, PartialEq, Payload)]
struct Page<T> {
    #[publish(child)]
    rows: Vec<T>,
}

#[derive(Debug, Default, PartialEq, Payload)]
struct Pair<K, V = i32> {
    key: K,
    value: Option<V>,
}

#[derive(Payload)]
struct Keyed<K: Ord, V> {
    values: BTreeMap<K, V>,
}

#[derive(Payload)]
struct Bound<T: Text, U>
where
    U: Payload,
{
    text: T,
    #[publish(child)]
    child: U,
}

#[derive(Payload)]
struct Foreign<T: xso::AsXmlText + xso::FromXmlText> {
    text: T,
}

#[derive(Payload)]
struct Marked<T, const N: usize> {
    text: String,
    #[publish(skip)]
    marker: PhantomData<[T; N]>,
}

#[derive(Payload)]
struct Tree<T> {
    value: T,
    #[publish(child)]
    branches: Vec<Tree<T>>,
}

#[derive(Payload)]
enum Either<L, R> {
    Left(L),
    Right(#[publish(child)] R),
}

#[derive(Payload)]
struct Wrapped<T>(T);

#[derive(Debug, PartialEq, Publish)]
struct Report {
    #[publish(id)]
    id: i64,
    #[publish(flatten)]
    page: Page<Pair<String>>,
}

struct OnlyXso;

impl xso::AsXmlText for OnlyXso {
    fn as_xml_text(&self) -> Result<std::borrow::Cow<'_, str>, xso::error::Error> {
        Ok("x".into())
    }
}

impl xso::FromXmlText for OnlyXso {
    fn from_xml_text(_: String) -> Result<Self, xso::error::Error> {
        Ok(Self)
    }
}

fn payload<P: Payload>() {}

#[test]
fn works() {
    payload::<Page<Report>>();
    payload::<Pair<char, u8>>();
    payload::<Keyed<String, i32>>();
    payload::<Bound<String, Page<Report>>>();
    payload::<Foreign<OnlyXso>>();
    payload::<Marked<OnlyXso, 3>>();
    payload::<Tree<i32>>();
    payload::<Either<i32, Report>>();
    payload::<Wrapped<i32>>();

    let report = Report {
        id: 1,
        page: Page {
            rows: vec![
                Pair {
                    key: "a".into(),
                    value: None,
                },
                Pair::default(),
            ],
        },
    };
    let mut xml = String::new();
    report.encode_entry(&Default::default(), &mut xml).unwrap();
    assert_eq!(Report::decode_entry(&xml).unwrap().0, report);
}
