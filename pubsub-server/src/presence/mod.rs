//! Who is there: what each connected resource says of itself, what it asked to hear, and whom it told in particular (RFC 6121 §4). Pure state.
//!
//! Only resources that said something are here: a client that never sends presence nor asks for a roster costs nothing.

pub(crate) mod caps;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::caps::Wants;

/// The most addresses that one resource may send presence to in particular.
pub(crate) const MOST_DIRECTED: usize = 1000;

/// One connected resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) full: Arc<str>,
    /// Tells it from another connection of the same name.
    pub(crate) session: u64,
    /// Has asked for the roster, and is told of its changes.
    pub(crate) is_interested: bool,
    pub(crate) announced: Option<Announced>,
    /// Whom it sent presence to in particular.
    pub(crate) directed: BTreeSet<Arc<str>>,
    pub(crate) caps: Caps,
}

/// Its last presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    /// The stanza after the address of the recipient.
    pub(crate) tail: Arc<str>,
    pub(crate) priority: i8,
}

/// What is known of the capabilities of a resource (XEP-0115).
#[derive(Clone, Debug, Default)]
pub(crate) struct Caps {
    /// What it says that they are.
    pub(crate) claimed: Option<caps::Claim>,
    /// The question that it has not answered yet.
    pub(crate) asked: Option<Box<str>>,
    pub(crate) wants: Option<Arc<Wants>>,
}

/// All of them, by account.
#[derive(Debug, Default)]
pub(crate) struct Attendance {
    all: HashMap<Arc<str>, Vec<Resource>>,
}

impl Attendance {
    pub(crate) fn of(&self, bare: &str) -> &[Resource] {
        self.all.get(bare).map_or(&[], Vec::as_slice)
    }

    /// Those that sent presence.
    pub(crate) fn available(&self, bare: &str) -> impl Iterator<Item = (&Resource, &Announced)> {
        self.of(bare)
            .iter()
            .filter_map(|resource| Some((resource, resource.announced.as_ref()?)))
    }

    /// The resource, noted if it is new. A new connection takes over what one of the same name has said, and is one that said nothing itself.
    pub(crate) fn note(&mut self, bare: &Arc<str>, full: &Arc<str>, session: u64) -> &mut Resource {
        let resources = self.all.entry(bare.clone()).or_default();
        let known = resources
            .iter()
            .position(|resource| resource.full == *full)
            .map(|index| resources.swap_remove(index));
        let resource = match known {
            Some(resource) if resource.session == session => resource,
            Some(resource) => Resource {
                session,
                is_interested: false,
                caps: Caps::default(),
                ..resource
            },
            None => Resource {
                full: full.clone(),
                session,
                is_interested: false,
                announced: None,
                directed: BTreeSet::new(),
                caps: Caps::default(),
            },
        };
        resources.push_mut(resource)
    }

    pub(crate) fn find(&mut self, bare: &str, full: &str, session: u64) -> Option<&mut Resource> {
        self.all
            .get_mut(bare)?
            .iter_mut()
            .find(|resource| &*resource.full == full && resource.session == session)
    }

    /// A connection is over. Returns what it leaves, unless another has taken its place.
    pub(crate) fn remove(&mut self, bare: &str, full: &str, session: u64) -> Option<Resource> {
        let resources = self.all.get_mut(bare)?;
        let index = resources
            .iter()
            .position(|resource| &*resource.full == full && resource.session == session)?;
        let resource = resources.swap_remove(index);
        if resources.is_empty() {
            self.all.remove(bare);
        }
        Some(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_of_the_same_name_takes_over_and_the_old_one_takes_nothing_along() {
        let mut attendance = Attendance::default();
        let (bare, full) = ("a@x".into(), "a@x/1".into());
        let old = attendance.note(&bare, &full, 1);
        old.is_interested = true;
        old.announced = Some(Announced {
            tail: "".into(),
            priority: 0,
        });
        let new = attendance.note(&bare, &full, 2);
        assert!(!new.is_interested);
        assert!(new.announced.is_some());
        assert!(attendance.remove("a@x", "a@x/1", 1).is_none());
        assert_eq!(attendance.available("a@x").count(), 1);
        assert!(attendance.remove("a@x", "a@x/1", 2).is_some());
        assert!(attendance.all.is_empty());
    }
}
