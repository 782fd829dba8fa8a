//! How much of a node was known when something was read from it: where a subscription takes over without gap or repeat.
//!
//! Knows logs, numbers and marks. Does not know where rows or items are read.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A moment in the life of a node. Written as text it can be handed to a browser or another program, which hands it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// By log, or by origin where there is none: the number of the last change that is known.
    pub(crate) known: BTreeMap<Arc<str>, u64>,
}
