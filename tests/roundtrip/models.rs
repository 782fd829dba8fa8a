//! Models with every kind of field, and arbitrary values of them.

#![allow(
    clippy::linkedlist,
    reason = "every collection has to be read back, liked or not"
)]
#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "`skip_if` passes a reference"
)]

mod json;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::collection::{btree_map, btree_set, hash_map, hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use pubsub_core::{Payload, Publish};

/// Text that means harm: markup, ends of sections, quotes, all white space, the edges of what XML permits, and what it forbids.
pub fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<",
        ">",
        "&",
        "]]>",
        "<![CDATA[",
        "<!--",
        "-->",
        "<?xml?>",
        "&amp;",
        "&lt",
        "&#0;",
        "&#x",
        "\"",
        "'",
        "\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "  ",
        "</text>",
        "<a b='c'/>",
        "xmlns=''",
        "\u{85}",
        "\u{2028}",
        "\u{FFFD}",
        "\u{FEFF}",
        "é",
        "🦀",
        "e\u{301}",
        "\u{D7FF}",
        "\u{E000}",
        "\u{10FFFF}",
        "\0",
        "\u{1}",
        "\u{B}",
        "\u{1F}",
        "\u{7F}",
        "\u{FFFE}",
        "\u{FFFF}",
    ];
    prop_oneof![
        3 => vec(prop::sample::select(pieces), 0..6).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => "[a-z ]{0,40}",
    ]
}

/// Whether XML can carry a text; written down from the production `Char` of XML 1.0, apart from the code under test.
pub fn is_xml(text: &str) -> bool {
    text.chars().all(|letter| {
        matches!(u32::from(letter), 0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
    })
}

fn text() -> impl Strategy<Value = String> {
    hostile().prop_map(|text| {
        text.chars()
            .filter(|letter| is_xml(letter.encode_utf8(&mut [0; 4])))
            .collect()
    })
}

fn id() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("id{}", text.replace(char::is_control, "")))
}

fn time() -> impl Strategy<Value = SystemTime> {
    (-62_135_596_800_i64..=253_402_300_799, 0_u32..1_000_000_000).prop_map(
        |(seconds, nanoseconds)| {
            let whole = Duration::from_secs(seconds.unsigned_abs());
            let start = if seconds < 0 {
                UNIX_EPOCH - whole
            } else {
                UNIX_EPOCH + whole
            };
            start + Duration::from_nanos(nanoseconds.into())
        },
    )
}

/// Every kind of value.
#[derive(Debug, Clone, Publish)]
#[publish(channels("of-{id}", "{number}"))]
pub struct Leaves {
    #[publish(id)]
    id: String,
    #[publish(title)]
    pub text: Cow<'static, str>,
    #[publish(attribute, rename = "in-attribute")]
    pub attribute: String,
    #[publish(attribute)]
    maybe: Option<String>,
    number: i64,
    unsigned: u128,
    small: Option<i8>,
    float: f64,
    pub single: f32,
    flag: bool,
    letter: char,
    non_zero: NonZeroU8,
    boxed: Box<str>,
    address: IpAddr,
    #[publish(updated)]
    at: SystemTime,
    uuid: uuid::Uuid,
    word: Word,
    newtype: Newtype,
    #[publish(with = spaced)]
    converted: Vec<u8>,
    #[publish(with = pubsub_core::payload::base64)]
    bytes: Vec<u8>,
    #[publish(attribute, with = pubsub_core::payload::base64)]
    maybe_bytes: Option<Box<[u8]>>,
    #[publish(default, skip_if = is_zero)]
    usually_zero: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

mod spaced {
    use std::num::ParseIntError;

    pub fn to_text(bytes: &[u8]) -> String {
        let spaced: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        spaced.join(" ")
    }

    pub fn from_text(text: &str) -> Result<Vec<u8>, ParseIntError> {
        text.split_ascii_whitespace()
            .map(|byte| u8::from_str_radix(byte, 16))
            .collect()
    }
}

#[derive(Debug, Clone, Copy, Payload)]
#[publish(rename_all = "kebab-case")]
pub enum Word {
    Yes,
    NotYet,
    #[publish(rename = "<no & never>")]
    No,
}

#[derive(Debug, Clone, Payload)]
pub struct Newtype(String);

fn words() -> impl Strategy<Value = Word> {
    prop::sample::select(vec![Word::Yes, Word::NotYet, Word::No])
}

fn letters() -> impl Strategy<Value = char> {
    any::<char>().prop_filter("XML", |letter| is_xml(&letter.to_string()))
}

impl Leaves {
    pub fn any() -> impl Strategy<Value = Self> {
        let texts = (id(), text(), text(), option::of(text()), text(), text());
        let numbers = (
            any::<i64>(),
            any::<u128>(),
            any::<Option<i8>>(),
            any::<f64>(),
            any::<f32>(),
            any::<bool>(),
        );
        let floats = prop::sample::select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            f64::MIN_POSITIVE,
            5e-324,
            1e300,
        ]);
        let others = (
            letters(),
            any::<NonZeroU8>(),
            any::<IpAddr>(),
            time(),
            any::<u128>(),
            words(),
            vec(any::<u8>(), 0..4),
            option::of(vec(any::<u8>(), 0..9)),
            0_u32..3,
        );
        (texts, numbers, option::of(floats), others).prop_map(
            |(texts, numbers, special, others)| {
                let (id, text, attribute, maybe, boxed, newtype) = texts;
                let (number, unsigned, small, float, single, flag) = numbers;
                let (letter, non_zero, address, at, uuid, word, converted, bytes, usually_zero) =
                    others;
                Self {
                    id,
                    text: text.into(),
                    attribute,
                    maybe,
                    number,
                    unsigned,
                    small,
                    float: special.unwrap_or(float),
                    single,
                    flag,
                    letter,
                    non_zero,
                    boxed: boxed.into(),
                    address,
                    at,
                    uuid: uuid::Uuid::from_u128(uuid),
                    word,
                    newtype: Newtype(newtype),
                    converted,
                    bytes: bytes.clone().unwrap_or_default(),
                    maybe_bytes: bytes.map(Into::into),
                    usually_zero,
                }
            },
        )
    }
}

/// Every kind of nesting.
#[derive(Debug, Clone, Publish)]
pub struct Order {
    #[publish(id)]
    number: u32,
    pub customer: String,
    pub note: Option<String>,
    pub tags: Vec<String>,
    queue: VecDeque<f64>,
    list: LinkedList<bool>,
    set: BTreeSet<i16>,
    pub prices: BTreeMap<String, i32>,
    #[publish(child)]
    pub place: Place,
    #[publish(child)]
    pub media: Vec<Media>,
    #[publish(child)]
    pub places: BTreeMap<String, Place>,
    #[publish(child)]
    answer: Option<Box<Tree>>,
    #[publish(flatten)]
    pub audit: Audit,
}

#[derive(Debug, Clone, Default, Payload)]
pub struct Place {
    #[publish(attribute)]
    pub name: String,
    pub latitude: f64,
}

#[derive(Debug, Clone, Payload)]
pub enum Media {
    Photo {
        #[publish(attribute)]
        width: u32,
        url: String,
    },
    Link(String),
    Spot(#[publish(child)] Place),
    Nothing,
}

#[derive(Debug, Clone, Payload)]
pub struct Tree {
    text: String,
    #[publish(child)]
    branches: Vec<Tree>,
}

#[derive(Debug, Clone, Payload)]
pub struct Audit {
    pub changed_by: String,
    #[publish(attribute)]
    revision: Option<u32>,
    #[publish(flatten)]
    deeper: Deeper,
}

#[derive(Debug, Clone, Payload)]
pub struct Deeper {
    reasons: Vec<String>,
}

fn places() -> impl Strategy<Value = Place> {
    (text(), any::<f64>()).prop_map(|(name, latitude)| Place { name, latitude })
}

fn media() -> impl Strategy<Value = Media> {
    prop_oneof![
        (any::<u32>(), text()).prop_map(|(width, url)| Media::Photo { width, url }),
        text().prop_map(Media::Link),
        places().prop_map(Media::Spot),
        Just(Media::Nothing),
    ]
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = text().prop_map(|text| Tree {
        text,
        branches: Vec::new(),
    });
    leaf.prop_recursive(3, 8, 3, |inner| {
        (text(), vec(inner, 0..3)).prop_map(|(text, branches)| Tree { text, branches })
    })
}

fn audits() -> impl Strategy<Value = Audit> {
    (text(), any::<Option<u32>>(), vec(text(), 0..3)).prop_map(|(changed_by, revision, reasons)| {
        Audit {
            changed_by,
            revision,
            deeper: Deeper { reasons },
        }
    })
}

impl Order {
    pub fn any() -> impl Strategy<Value = Self> {
        let texts = (any::<u32>(), text(), option::of(text()), vec(text(), 0..4));
        let collections = (
            vec(any::<f64>(), 0..3),
            vec(any::<bool>(), 0..3),
            btree_set(any::<i16>(), 0..3),
            btree_map(text(), any::<i32>(), 0..3),
        );
        let nested = (
            places(),
            vec(media(), 0..4),
            btree_map(text(), places(), 0..3),
            option::of(trees()),
            audits(),
        );
        (texts, collections, nested).prop_map(|(texts, collections, nested)| {
            let (number, customer, note, tags) = texts;
            let (queue, list, set, prices) = collections;
            let (place, media, places, answer, audit) = nested;
            Self {
                number,
                customer,
                note,
                tags,
                queue: queue.into(),
                list: list.into_iter().collect(),
                set,
                prices,
                place,
                media,
                places,
                answer: answer.map(Box::new),
                audit,
            }
        })
    }
}

/// Collections without an order.
#[derive(Debug, PartialEq, Publish)]
pub struct Sets {
    set: HashSet<String>,
    map: HashMap<String, u8>,
}

impl Sets {
    pub fn any() -> impl Strategy<Value = Self> {
        (hash_set(text(), 0..5), hash_map(text(), any::<u8>(), 0..5))
            .prop_map(|(set, map)| Self { set, map })
    }
}

/// A row of Django.
#[derive(Debug, Clone, Publish)]
#[publish(format = "django")]
pub struct Row {
    #[publish(id)]
    pub id: String,
    pub message: String,
    is_public: bool,
    rank: Option<i32>,
    mood: Option<String>,
    at: SystemTime,
}

impl Row {
    pub fn any() -> impl Strategy<Value = Self> {
        (
            id(),
            text(),
            any::<bool>(),
            any::<Option<i32>>(),
            option::of(text()),
            time(),
        )
            .prop_map(|(id, message, is_public, rank, mood, at)| Self {
                id,
                message,
                is_public,
                rank,
                mood,
                at,
            })
    }
}
