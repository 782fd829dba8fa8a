//! An entry of the outbox made ready to be sent: the stamp is written into its payload, and the wishes of its model for the node are
//! looked up.
//!
//! Knows entries, stamps and models. Does not know lanes or services.

use std::sync::Arc;

use crate::change::{Action, Change, ChangeKind, Stamp};
use crate::node_config::Setting;
use crate::payload::entry::stamp_into;
use crate::registry::{Descriptor, Format, Registry};
use crate::store::{Entry, EntryKind};

/// Makes entries ready.
#[derive(Debug)]
pub(super) struct Preparer {
    registry: Arc<Registry>,
    log: Arc<str>,
    /// Kept for its capacity.
    text: String,
}

impl Preparer {
    pub(super) fn new(registry: Arc<Registry>, log: Arc<str>) -> Self {
        Self {
            registry,
            log,
            text: String::new(),
        }
    }

    /// The model of an entry and its wishes for the node, as far as this program knows the model.
    pub(super) fn setting(&self, model: Option<&str>) -> Setting {
        self.model(model)
            .map_or(Setting::default(), Descriptor::setting)
    }

    /// The change that tells an entry; in words, why there is none.
    pub(super) fn change(&mut self, entry: Entry) -> Result<Change, String> {
        let kind = match entry.kind {
            EntryKind::Put => {
                let payload = self.stamped(&entry, entry.action)?;
                let payload = payload.ok_or("the entry has no payload")?;
                ChangeKind::Put { payload }
            }
            EntryKind::Raw => {
                let payload = entry.payload.ok_or("the entry has no payload")?;
                ChangeKind::Put { payload }
            }
            // Nobody is to hear of it, so nobody is sent the last row either.
            EntryKind::Retract { notify: false } => ChangeKind::Retract {
                payload: None,
                notify: false,
            },
            EntryKind::Retract { notify: true } => ChangeKind::Retract {
                payload: if self.is_plain(&entry) {
                    None
                } else {
                    self.stamped(&entry, Some(Action::Delete))?
                },
                notify: true,
            },
        };
        Ok(Change {
            node: entry.node,
            item: entry.item,
            kind,
        })
    }

    fn model(&self, node: Option<&str>) -> Option<&'static Descriptor> {
        node.and_then(|node| self.registry.model(node))
    }

    /// Readers of django-pubsub's format know no deletes but retractions.
    fn is_plain(&self, entry: &Entry) -> bool {
        self.model(entry.model.as_deref())
            .is_some_and(|model| model.format == Format::Django)
    }

    fn stamped(
        &mut self,
        entry: &Entry,
        action: Option<Action>,
    ) -> Result<Option<Arc<str>>, String> {
        let Some(payload) = &entry.payload else {
            return Ok(None);
        };
        let stamp = Stamp {
            sequence: Some(entry.sequence),
            log: Some(Arc::clone(&self.log)),
            action,
            origin: entry.origin.clone(),
        };
        self.text.clear();
        stamp_into(payload, &stamp, &mut self.text)
            .map_err(|error| format!("the entry cannot be stamped: {error}"))?;
        Ok(Some(self.text.as_str().into()))
    }
}

/// How many bytes of payload a change has.
pub(super) fn weight(change: &Change) -> usize {
    match &change.kind {
        ChangeKind::Put { payload } => payload.len(),
        ChangeKind::Retract { payload, .. } => payload.as_deref().map_or(0, str::len),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Preparer;
    use crate::change::{Action, ChangeKind};
    use crate::name::{ItemId, NodeName};
    use crate::registry::Registry;
    use crate::store::{Entry, EntryKind};

    fn change(kind: EntryKind, payload: Option<&str>) -> Result<ChangeKind, String> {
        let mut preparer = Preparer::new(Arc::new(Registry::empty()), "l".into());
        let entry = Entry {
            node: NodeName::new("n").unwrap(),
            sequence: 7,
            item: ItemId::new("i").unwrap(),
            kind,
            action: Some(Action::Update),
            model: None,
            origin: Some("o".into()),
            payload: payload.map(Arc::from),
            is_parked: false,
            defect: None,
        };
        preparer.change(entry).map(|change| change.kind)
    }

    const ENTRY: &str = "<entry xmlns=\"http://www.w3.org/2005/Atom\"><a/></entry>";

    fn stamped(action: &str) -> Arc<str> {
        let stamp = format!(
            "<change xmlns=\"urn:pubsub:change:1\" seq=\"7\" log=\"l\" action=\"{action}\" origin=\"o\"/></entry>"
        );
        ENTRY.replace("</entry>", &stamp).into()
    }

    #[test]
    fn what_is_put_carries_its_place_in_the_log() {
        let payload = stamped("update");
        assert_eq!(
            change(EntryKind::Put, Some(ENTRY)),
            Ok(ChangeKind::Put { payload })
        );
    }

    #[test]
    fn a_raw_payload_goes_out_as_it_is() {
        let payload = ENTRY.into();
        assert_eq!(
            change(EntryKind::Raw, Some(ENTRY)),
            Ok(ChangeKind::Put { payload })
        );
    }

    #[test]
    fn a_retraction_carries_the_last_row_unless_nobody_is_to_hear() {
        let told = |payload, notify| Ok(ChangeKind::Retract { payload, notify });
        let loud = EntryKind::Retract { notify: true };
        assert_eq!(
            change(loud, Some(ENTRY)),
            told(Some(stamped("delete")), true)
        );
        assert_eq!(change(loud, None), told(None, true));
        let silent = EntryKind::Retract { notify: false };
        assert_eq!(change(silent, Some(ENTRY)), told(None, false));
    }

    #[test]
    fn what_has_no_payload_cannot_be_put() {
        for kind in [EntryKind::Put, EntryKind::Raw] {
            assert!(change(kind, None).unwrap_err().contains("no payload"));
        }
    }
}
