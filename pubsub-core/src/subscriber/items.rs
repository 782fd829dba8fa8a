//! The items of a node as they were read, with the position of that moment.

use std::ops::Deref;

use super::{Decode, Item, SubscribeError};
use crate::change::Action;
use crate::name::NodeName;
use crate::outlet::Held;
use crate::payload::entry;
use crate::position::{MOST_MARKS, Position, mark};
use crate::session::Item as RawItem;

/// The items that a node keeps, oldest first. A slice of [`Item`]s that also knows its [`position`](Self::position).
#[derive(Debug, Clone, PartialEq)]
pub struct Items<T> {
    items: Vec<Item<T>>,
    position: Position,
}

impl<T> Items<T> {
    /// Decodes what the service answered. Items that say of themselves that they were deleted are none.
    pub(crate) fn decode(
        node: &NodeName,
        held: Held,
        decode: Decode<T>,
    ) -> Result<Self, SubscribeError> {
        let Held { items, newest } = held;
        let position = position(node, newest.as_deref().unwrap_or(&items));
        let mut decoded = Vec::with_capacity(items.len());
        for item in items {
            let item = decode_item(node, item, decode)?;
            if item.change.action != Some(Action::Delete) {
                decoded.push(item);
            }
        }
        Ok(Self {
            items: decoded,
            position,
        })
    }

    /// Of a node that does not exist yet.
    pub(crate) fn none(node: &NodeName) -> Self {
        Self {
            items: Vec::new(),
            position: Position::beginning(node),
        }
    }

    /// The moment at which they were read: [`PubSub::subscribe_from`](crate::PubSub::subscribe_from) goes on there.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The items alone.
    #[must_use]
    pub fn into_vec(self) -> Vec<Item<T>> {
        self.items
    }
}

/// What these items show of the history of their node.
fn position(node: &NodeName, items: &[RawItem]) -> Position {
    let mut position = Position::of(node);
    position.was_empty = items.is_empty();
    let mut marks = 0;
    for item in items.iter().rev() {
        let payload = item.payload.as_deref().unwrap_or_default();
        let stamp = entry::stamp(payload).unwrap_or_default();
        let is_numbered = stamp.log.is_some() && stamp.sequence.is_some();
        if is_numbered || marks < MOST_MARKS {
            marks += usize::from(!is_numbered);
            position.see(&stamp, mark(&item.id, payload));
        }
    }
    position
}

fn decode_item<T>(
    node: &NodeName,
    item: RawItem,
    decode: Decode<T>,
) -> Result<Item<T>, SubscribeError> {
    match decode(item.payload.as_deref().unwrap_or_default()) {
        Ok((value, change)) => {
            let publisher = item
                .publisher
                .as_deref()
                .and_then(|publisher| publisher.parse().ok());
            Ok(Item {
                node: node.clone(),
                id: item.id,
                item: value,
                publisher,
                change,
            })
        }
        Err(source) => Err(SubscribeError::Decode {
            node: node.clone(),
            id: item.id,
            source,
        }),
    }
}

impl<T> Deref for Items<T> {
    type Target = [Item<T>];

    fn deref(&self) -> &[Item<T>] {
        &self.items
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = Item<T>;
    type IntoIter = std::vec::IntoIter<Item<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Items<T> {
    type Item = &'a Item<T>;
    type IntoIter = std::slice::Iter<'a, Item<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
