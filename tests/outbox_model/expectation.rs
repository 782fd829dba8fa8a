//! What should be so: the rows, and what each node is to be told, in order.

use std::collections::BTreeMap;

use super::{Note, VETOED};

/// What a node is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An item is there, with this text.
    Put { item: String, text: String },
    /// An item is gone; this was its text.
    Gone { item: String, text: String },
    /// An item has left for another channel, and there is nothing to be said of it here.
    Left { item: String },
}

/// The model of the store.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    pub rows: BTreeMap<u8, Note>,
    /// By node: what it is told, the first being number one.
    pub told: BTreeMap<String, Vec<Told>>,
}

pub const NODE: &str = "/outbox_model/Note";

impl Expectation {
    /// Whether the hook lets all of them pass.
    pub fn is_fit(notes: &[Note]) -> bool {
        notes.iter().all(|note| note.text != VETOED)
    }

    pub fn save(&mut self, note: &Note) {
        let former = self.rows.insert(note.id, note.clone());
        self.put(note);
        if let Some(former) = former
            && former.author != note.author
        {
            let item = note.id.to_string();
            let told = self.told.entry(channel(&former)).or_default();
            told.push(Told::Left { item });
        }
    }

    pub fn delete(&mut self, id: u8) {
        if let Some(former) = self.rows.remove(&id) {
            self.gone(NODE, &former);
            self.gone(&channel(&former), &former);
        }
    }

    pub fn touch(&mut self, id: u8) {
        if let Some(note) = self.rows.get(&id).cloned() {
            self.put(&note);
        }
    }

    /// The row alone.
    pub fn save_silently(&mut self, note: &Note) {
        self.rows.insert(note.id, note.clone());
    }

    /// What a node shows in the end, as far as it was told.
    pub fn shown(&self, node: &str) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::new();
        for told in self.told.get(node).into_iter().flatten() {
            match told {
                Told::Put { item, text } => {
                    shown.insert(item.clone(), text.clone());
                }
                Told::Gone { item, .. } | Told::Left { item } => {
                    shown.remove(item);
                }
            }
        }
        shown
    }

    fn put(&mut self, note: &Note) {
        for node in [NODE.to_owned(), channel(note)] {
            self.told.entry(node).or_default().push(Told::Put {
                item: note.id.to_string(),
                text: note.text.clone(),
            });
        }
    }

    fn gone(&mut self, node: &str, former: &Note) {
        self.told
            .entry(node.to_owned())
            .or_default()
            .push(Told::Gone {
                item: former.id.to_string(),
                text: former.text.clone(),
            });
    }
}

pub fn channel(note: &Note) -> String {
    format!("by-{}", note.author)
}
