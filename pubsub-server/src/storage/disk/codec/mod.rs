//! How the state is written: what each record is called and what it says. Pure; knows no engine.
//!
//! A node is some records, and their names sort so that all of one node lie together, in the order in which they are read:
//!
//! | name | says |
//! |---|---|
//! | node, 0 | by whom it was created, and when |
//! | node, 1 | configuration: the options that differ from [`NodeConfig::default`], by their names in forms |
//! | node, 2, JID | affiliation |
//! | node, 3, JID | the id of the subscription |
//! | node, 4, item id | place in the order of publishing, when and by whom, payload |
//! | node, 5, JID, 0, subscription id | state and options of a subscription that is not plain, as far as they differ from a plain one |
//!
//! A name begins with the length of the node's name (two bytes) and the name. What a record says begins with a version, and what this program does not
//! know it refuses to guess at.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::service::access::Affiliation;
use crate::service::node::Item;
use crate::service::options::{Field, NodeConfig, OPTIONS};
use crate::service::terms::{PLAIN, SUBSCRIPTION_OPTIONS, SubscriptionState, Terms};

/// The version that records are written in.
const VERSION: u8 = 1;

/// Why a record was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(String);

impl Unreadable {
    pub(super) fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject<'k> {
    Node,
    Config,
    Affiliation(&'k str),
    Subscription(&'k str),
    Item(&'k str),
    /// JID and id.
    Terms(&'k str, &'k str),
}

/// What the names of all records of a node begin with.
pub(super) fn node_prefix(node: &str) -> Vec<u8> {
    // Names are bounded far below 64 KiB; a longer one would be cut, and found out by its node.
    let length = u16::try_from(node.len()).unwrap_or(u16::MAX);
    let mut key = Vec::with_capacity(node.len() + 40);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(node.as_bytes());
    key
}

/// What the names of all items of a node begin with.
pub(super) fn items_prefix(node: &str) -> Vec<u8> {
    key(node, &Subject::Item(""))
}

/// The name of a record.
pub(super) fn key(node: &str, subject: &Subject<'_>) -> Vec<u8> {
    let mut key = node_prefix(node);
    let (kind, rest) = match subject {
        Subject::Node => (0, ""),
        Subject::Config => (1, ""),
        Subject::Affiliation(jid) => (2, *jid),
        Subject::Subscription(jid) => (3, *jid),
        Subject::Item(id) => (4, *id),
        Subject::Terms(jid, _) => (5, *jid),
    };
    key.push(kind);
    key.extend_from_slice(rest.as_bytes());
    if let Subject::Terms(_, id) = subject {
        // No JID holds it.
        key.push(0);
        key.extend_from_slice(id.as_bytes());
    }
    key
}

/// Takes the name of a record apart.
pub(super) fn read_key(key: &[u8]) -> Result<(&str, Subject<'_>), Unreadable> {
    let damaged = || Unreadable::new(format_args!("a record has the name {key:02x?}"));
    let (length, rest) = key.split_first_chunk::<2>().ok_or_else(damaged)?;
    let (node, rest) = rest
        .split_at_checked(usize::from(u16::from_be_bytes(*length)))
        .ok_or_else(damaged)?;
    let (kind, rest) = rest.split_first().ok_or_else(damaged)?;
    let node = std::str::from_utf8(node).map_err(|_| damaged())?;
    let rest = std::str::from_utf8(rest).map_err(|_| damaged())?;
    let subject = match kind {
        0 if rest.is_empty() => Subject::Node,
        1 if rest.is_empty() => Subject::Config,
        2 => Subject::Affiliation(rest),
        3 => Subject::Subscription(rest),
        4 => Subject::Item(rest),
        5 => {
            let (jid, id) = rest.split_once('\0').ok_or_else(damaged)?;
            Subject::Terms(jid, id)
        }
        _ => {
            return Err(Unreadable::new(format_args!(
                "node \"{node}\" has a record of the unknown kind {kind}"
            )));
        }
    };
    Ok((node, subject))
}

pub(super) fn write_node(creator: &str, created: u64) -> Vec<u8> {
    let mut out = vec![VERSION];
    number(&mut out, created);
    text(&mut out, creator);
    out
}

/// Creator, and when in seconds since 1970.
pub(super) fn read_node(value: &[u8]) -> Result<(&str, u64), Unreadable> {
    let mut reader = Reader::new(value)?;
    let created = reader.number()?;
    let creator = reader.text()?;
    reader.end()?;
    Ok((creator, created))
}

pub(super) fn write_config(config: &NodeConfig) -> Vec<u8> {
    let plain = NodeConfig::default();
    let mut out = vec![VERSION];
    for option in OPTIONS {
        let value = (option.read)(config);
        if value != (option.read)(&plain) {
            text(&mut out, option.name);
            text(&mut out, &value);
        }
    }
    out
}

pub(super) fn read_config(value: &[u8]) -> Result<NodeConfig, Unreadable> {
    let mut reader = Reader::new(value)?;
    let mut fields = Vec::new();
    while !reader.rest.is_empty() {
        let name = reader.text()?;
        if !OPTIONS.iter().any(|option| option.name == name) {
            return Err(Unreadable::new(format_args!(
                "the option {name} is not known to this version"
            )));
        }
        fields.push(Field {
            name: name.into(),
            values: vec![reader.text()?.into()],
        });
    }
    NodeConfig::default().with(&fields).map_err(Unreadable::new)
}

pub(super) fn write_affiliation(affiliation: Affiliation) -> Vec<u8> {
    let mut out = vec![VERSION];
    text(&mut out, affiliation.as_str());
    out
}

pub(super) fn read_affiliation(value: &[u8]) -> Result<Affiliation, Unreadable> {
    let mut reader = Reader::new(value)?;
    let word = reader.text()?;
    reader.end()?;
    Affiliation::of(word).ok_or_else(|| {
        Unreadable::new(format_args!(
            "the affiliation {word} is not known to this version"
        ))
    })
}

pub(super) fn write_subscription(id: &str) -> Vec<u8> {
    let mut out = vec![VERSION];
    text(&mut out, id);
    out
}

pub(super) fn read_subscription(value: &[u8]) -> Result<&str, Unreadable> {
    let mut reader = Reader::new(value)?;
    let id = reader.text()?;
    reader.end()?;
    Ok(id)
}

pub(super) fn write_terms(terms: &Terms) -> Vec<u8> {
    let mut out = vec![VERSION];
    text(&mut out, terms.state.as_str());
    for option in SUBSCRIPTION_OPTIONS {
        let value = (option.read)(terms);
        if value != (option.read)(&PLAIN) {
            text(&mut out, option.name);
            text(&mut out, &value);
        }
    }
    out
}

pub(super) fn read_terms(value: &[u8]) -> Result<Terms, Unreadable> {
    let mut reader = Reader::new(value)?;
    let word = reader.text()?;
    let state = [SubscriptionState::Subscribed, SubscriptionState::Pending]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| {
            Unreadable::new(format_args!(
                "the subscription state {word} is not known to this version"
            ))
        })?;
    let mut fields = Vec::new();
    while !reader.rest.is_empty() {
        fields.push(Field {
            name: reader.text()?.into(),
            values: vec![reader.text()?.into()],
        });
    }
    let mut terms = PLAIN.with(&fields).map_err(Unreadable::new)?;
    terms.state = state;
    Ok(terms)
}

pub(super) fn write_item(place: u64, item: &Item) -> Vec<u8> {
    let mut out = Vec::with_capacity(item.payload.len() + item.publisher.len() + 24);
    out.push(VERSION);
    number(&mut out, place);
    number(&mut out, item.published);
    text(&mut out, &item.publisher);
    out.extend_from_slice(item.payload.as_bytes());
    out
}

/// The item, and its place among the others.
pub(super) fn read_item(
    id: &str,
    value: &[u8],
    mut share: impl FnMut(&str) -> Arc<str>,
) -> Result<(u64, Item), Unreadable> {
    let mut reader = Reader::new(value)?;
    let place = reader.number()?;
    let published = reader.number()?;
    let publisher = share(reader.text()?);
    let payload = std::str::from_utf8(reader.rest).map_err(|_| Unreadable::new("it is no text"))?;
    let item = Item {
        id: id.into(),
        publisher,
        payload: payload.into(),
        published,
    };
    Ok((place, item))
}

/// Seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// What is left of a record.
struct Reader<'v> {
    rest: &'v [u8],
}

impl<'v> Reader<'v> {
    fn new(value: &'v [u8]) -> Result<Self, Unreadable> {
        match value.split_first() {
            Some((&VERSION, rest)) => Ok(Self { rest }),
            Some((version, _)) => Err(Unreadable::new(format_args!(
                "it is of version {version}, and this program knows {VERSION}"
            ))),
            None => Err(Unreadable::new("it is empty")),
        }
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or_else(cut)?;
            self.rest = rest;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                break;
            }
            number |= low << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable::new("a number in it is too large"))
    }

    fn text(&mut self) -> Result<&'v str, Unreadable> {
        let length = usize::try_from(self.number()?).map_err(|_| cut())?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| Unreadable::new("a text in it is no text"))
    }

    fn end(&self) -> Result<(), Unreadable> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Unreadable::new("it goes on where it should end"))
        }
    }
}

fn cut() -> Unreadable {
    Unreadable::new("it ends in the middle")
}
