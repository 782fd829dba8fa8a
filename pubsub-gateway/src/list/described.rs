//! What a node says of its items, and by which element a payload is known.
//!
//! Knows meta-data and XML. Does not know which models there are: that is the `directory`.

use pubsub_core::payload::{ATOM, JSON, STAMP};
use pubsub_core::schema::Outline;
use pubsub_core::{NodeName, PubSub};
use pubsub_xml::Reader;

use crate::feed::PUSH;

/// Name and namespace.
pub(super) type Element = (String, String);

/// What a node says of its items.
pub(super) enum Described {
    /// What they look like, and whether anybody may read them.
    Rows(Box<Outline>, bool),
    /// It describes itself in other words or not at all.
    Otherwise,
    /// It does not exist, or cannot be asked.
    Unknown,
}

/// Asks a node what it says of its items.
pub(super) async fn described(pubsub: &PubSub, node: &NodeName) -> Described {
    let Some(session) = pubsub.session() else {
        return Described::Unknown;
    };
    let Ok(told) = session.discover_node(node).await else {
        return Described::Unknown;
    };
    let form = told.meta_data();
    let text = form.and_then(|form| form.value("pubsub#description"));
    let Some((form, text)) = form.zip(text.filter(|text| text.starts_with("<schema "))) else {
        return Described::Otherwise;
    };
    let is_open = form.value("pubsub#access_model") == Some("open");
    match Outline::read(text) {
        Ok(outline) if outline.node() == node.as_str() => {
            Described::Rows(Box::new(outline), is_open)
        }
        Ok(_) => Described::Otherwise,
        Err(error) => {
            tracing::debug!(%node, %error, "a description of items cannot be read");
            Described::Otherwise
        }
    }
}

/// The first element in an entry that could be a row of some model.
pub(super) fn element(entry: &str) -> Option<Element> {
    elements(entry, |name, namespace| {
        let is_known = [PUSH, JSON, ATOM].contains(&namespace);
        (!is_known).then(|| (name.to_owned(), namespace.to_owned()))
    })
}

/// Looks at the root, or in an entry at each of its children, until something is found.
pub(super) fn elements<T>(entry: &str, mut look: impl FnMut(&str, &str) -> Option<T>) -> Option<T> {
    let mut reader = Reader::new(entry);
    let root = reader.root().ok()?;
    if root.local != "entry" {
        return look(root.local, &root.namespace);
    }
    while let Ok(Some(child)) = reader.child() {
        if child.namespace != STAMP
            && let Some(found) = look(child.local, &child.namespace)
        {
            return Some(found);
        }
        reader.skip().ok()?;
    }
    None
}
