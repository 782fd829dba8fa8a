//! What an item of a node is as a message: the text that browsers get of it.
//!
//! Pure. The text is our JSON of the row where the model is known, the JSON of an XEP-0335 container, the text of an entry that holds nothing
//! else, what was published over HTTP as it was, and the XML itself of everything else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use pubsub_core::payload::{JSON, Payload};
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Action, Event, NodeName, Stamp};
use pubsub_xml::{Event as Piece, Reader, XmlError};

use super::parcel::{PUSH, Parcel};
use crate::channel::Content;
use crate::frame::json_text;

/// Makes JSON of the rows of models: the same bytes in the list API and in what is pushed.
///
/// ```
/// use std::sync::Arc;
///
/// use pubsub_core::NodeName;
/// use pubsub_gateway::RowJson;
///
/// let rows: RowJson = Arc::new(|node: &NodeName, id: &str, payload: &str| {
///     (node == "/twitter/Tweet").then(|| format!("{{\"id\":{id:?},\"bytes\":{}}}", payload.len()))
/// });
/// # let _ = rows;
/// ```
pub type RowJson = Arc<dyn Fn(&NodeName, &str, &str) -> Option<String> + Send + Sync>;

/// The door to the schemas of models.
#[derive(Clone, Default)]
pub(crate) struct Rows(Option<RowJson>);

impl Rows {
    pub(crate) fn new(json: Option<RowJson>) -> Self {
        Self(json)
    }

    fn json(&self, node: &NodeName, id: &str, payload: &str) -> Option<String> {
        self.0.as_ref().and_then(|json| json(node, id, payload))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Rows")
            .field(&self.0.is_some())
            .finish()
    }
}

/// What a published item says.
#[derive(Debug)]
pub(crate) enum Said {
    /// Something to tell, and whether it is for those who come later as well.
    Content(Content, bool),
    /// That the channel is deleted, and what its subscribers are told.
    Deletion(String),
}

/// What an event says to those who listen; `None` if it is of no interest to them.
pub(crate) fn said(rows: &Rows, node: &NodeName, event: &Event<RawXml>) -> Option<Said> {
    let (id, payload, mut said) = match event {
        Event::Published {
            id, item, change, ..
        } => (
            id,
            item.as_str(),
            published(rows, node, id.as_str(), item.as_str(), change),
        ),
        Event::Retracted { id, last, change } => {
            let last = last.as_ref().map(RawXml::as_str);
            let content = deleted(rows, node, id.as_str(), last, change);
            (id, last.unwrap_or_default(), Said::Content(content, true))
        }
        _ => return None,
    };
    if let Said::Content(content, _) = &mut said {
        let mut hasher = DefaultHasher::new();
        (id.as_str(), payload, content.action.is_some()).hash(&mut hasher);
        content.hash = hasher.finish();
    }
    Some(said)
}

/// Reads the payload of an item that was published.
fn published(rows: &Rows, node: &NodeName, id: &str, payload: &str, stamp: &Stamp) -> Said {
    if let Some(json) = rows.json(node, id, payload) {
        return Said::Content(content(json, stamp), true);
    }
    match read(payload) {
        Ok(Some(Found::Parcel(parcel))) if parcel.deletes => Said::Deletion(parcel.text),
        Ok(Some(Found::Parcel(parcel))) => {
            let is_stored = parcel.is_stored;
            let content = Content {
                event_id: parcel.event_id.into(),
                event_type: parcel.event_type.into(),
                ..content(
                    parcel.text,
                    &Stamp {
                        action: None,
                        ..stamp.clone()
                    },
                )
            };
            Said::Content(content, is_stored)
        }
        Ok(Some(Found::Text(text))) => Said::Content(content(text, stamp), true),
        Ok(None) | Err(_) => Said::Content(content(payload.to_owned(), stamp), true),
    }
}

/// What is told of an item that was deleted: the last row, or at least its id.
fn deleted(rows: &Rows, node: &NodeName, id: &str, last: Option<&str>, stamp: &Stamp) -> Content {
    let stamp = Stamp {
        action: Some(Action::Delete),
        ..stamp.clone()
    };
    let text = match last.map(|last| published(rows, node, id, last, &stamp)) {
        Some(Said::Content(content, _)) => {
            return Content {
                event_type: "delete".into(),
                action: Some(Action::Delete),
                ..content
            };
        }
        Some(Said::Deletion(_)) | None => format!("{{\"id\":{}}}", json_text(id)),
    };
    Content {
        event_type: "delete".into(),
        ..content(text, &stamp)
    }
}

fn content(text: String, stamp: &Stamp) -> Content {
    Content {
        text: text.into(),
        action: stamp.action,
        stamp: stamp.clone(),
        ..Content::default()
    }
}

/// What was found in a payload.
enum Found {
    Text(String),
    Parcel(Parcel),
}

fn read(payload: &str) -> Result<Option<Found>, XmlError> {
    let mut reader = Reader::new(payload);
    let root = reader.root()?;
    if root.is("json", JSON) {
        return Ok(Some(Found::Text(reader.text()?.into_owned())));
    }
    if root.is(Parcel::NAME, PUSH) {
        return Ok(Parcel::read(&mut reader, PUSH).ok().map(Found::Parcel));
    }
    if root.local != "entry" {
        return Ok(None);
    }
    let mut text = String::new();
    let mut found = None;
    let mut has_others = false;
    loop {
        match reader.event()? {
            Piece::Text(run) => text.push_str(&run),
            Piece::Start(child) if child.is("json", JSON) => {
                found = Some(Found::Text(reader.text()?.into_owned()));
            }
            Piece::Start(child) if child.is(Parcel::NAME, PUSH) => {
                found = Parcel::read(&mut reader, PUSH).ok().map(Found::Parcel);
            }
            Piece::Start(child) => {
                has_others |= !child.is("change", pubsub_core::payload::STAMP);
                reader.skip()?;
            }
            Piece::End | Piece::Eof => break,
        }
    }
    Ok(match found {
        Some(found) => Some(found),
        None if !has_others => Some(Found::Text(text)),
        None => None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pubsub_core::{Action, NodeName, Stamp};

    use super::{Rows, Said, deleted, published};

    fn text(rows: &Rows, payload: &str) -> String {
        let node = NodeName::new("/t/Tweet").unwrap();
        match published(rows, &node, "7", payload, &Stamp::default()) {
            Said::Content(content, _) => content.text.to_string(),
            Said::Deletion(text) => format!("deleted: {text}"),
        }
    }

    #[test]
    fn every_kind_of_payload_has_a_text() {
        let none = Rows::default();
        for (payload, expected) in [
            (
                "<entry xmlns='http://www.w3.org/2005/Atom'>hi &amp; ho</entry>",
                "hi & ho",
            ),
            (
                "<entry>hi<change xmlns='urn:pubsub:change:1' seq='1'/></entry>",
                "hi",
            ),
            ("<entry/>", ""),
            (
                "<json xmlns='urn:xmpp:json:0'>{\"a\":1}</json>",
                "{\"a\":1}",
            ),
            (
                "<entry><json xmlns='urn:xmpp:json:0'>[1]</json></entry>",
                "[1]",
            ),
            ("<message xmlns='urn:pubsub:push:1'>x</message>", "x"),
            (
                "<entry><message xmlns='urn:pubsub:push:1'>x</message></entry>",
                "x",
            ),
            (
                "<message xmlns='urn:pubsub:push:1' action='delete'>gone</message>",
                "deleted: gone",
            ),
            (
                "<tweet xmlns='u'><text>x</text></tweet>",
                "<tweet xmlns='u'><text>x</text></tweet>",
            ),
            (
                "<entry><tweet xmlns='u'/></entry>",
                "<entry><tweet xmlns='u'/></entry>",
            ),
        ] {
            assert_eq!(text(&none, payload), expected);
        }
    }

    #[test]
    fn rows_of_known_models_are_json() {
        let rows = Rows::new(Some(Arc::new(|node, id, payload| {
            (node == "/t/Tweet").then(|| format!("{{\"id\":{id},\"bytes\":{}}}", payload.len()))
        })));
        assert_eq!(text(&rows, "<entry/>"), "{\"id\":7,\"bytes\":8}");
        let node = NodeName::new("/t/Tweet").unwrap();
        let content = deleted(&rows, &node, "7", Some("<entry/>"), &Stamp::default());
        assert_eq!(
            (&*content.text, &*content.event_type),
            ("{\"id\":7,\"bytes\":8}", "delete")
        );
        assert_eq!(content.action, Some(Action::Delete));
        let content = deleted(&rows, &node, "\"7\"", None, &Stamp::default());
        assert_eq!(&*content.text, "{\"id\":\"\\\"7\\\"\"}");
    }
}
