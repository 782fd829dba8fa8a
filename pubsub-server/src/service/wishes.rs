//! Who wishes to be subscribed to nodes that do not exist yet. Kept in memory only, and no longer than the session that made the wish.
//!
//! Holds and counts; whether a wish is granted is decided where the node is made (`commands::create`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::node::bare_of;

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The id of the subscription that it becomes.
    pub(crate) subscription: Arc<str>,
    /// The session with which it ends.
    pub(crate) session: u64,
    /// Whether a restart keeps what it becomes.
    pub(crate) is_durable: bool,
}

/// Node and JID of a wish.
type Place = (Arc<str>, Arc<str>);

/// All wishes, by node and JID.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    by_node: HashMap<Arc<str>, BTreeMap<Arc<str>, Wish>>,
    by_session: HashMap<u64, BTreeSet<Place>>,
    by_account: HashMap<Arc<str>, BTreeSet<Place>>,
    count: usize,
}

impl Wishes {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// How many wishes an account has.
    pub(crate) fn of_account(&self, bare: &str) -> usize {
        self.by_account.get(bare).map_or(0, BTreeSet::len)
    }

    pub(crate) fn find(&self, node: &str, jid: &str) -> Option<&Wish> {
        self.by_node.get(node)?.get(jid)
    }

    /// The wishes for one node.
    pub(crate) fn of_node(&self, node: &str) -> impl Iterator<Item = (&Arc<str>, &Wish)> {
        self.by_node.get(node).into_iter().flatten()
    }

    /// Where an account has wishes.
    pub(crate) fn places_of(&self, bare: &str) -> impl Iterator<Item = &Place> {
        self.by_account.get(bare).into_iter().flatten()
    }

    /// Where a session has wishes.
    pub(crate) fn of_session(&self, session: u64) -> impl Iterator<Item = &Place> {
        self.by_session.get(&session).into_iter().flatten()
    }

    /// Notes a wish, in place of the same one of another session.
    pub(crate) fn add(&mut self, node: &Arc<str>, jid: &Arc<str>, wish: Wish) -> Option<Wish> {
        let before = self.remove(node, jid);
        let place = (node.clone(), jid.clone());
        self.by_session
            .entry(wish.session)
            .or_default()
            .insert(place.clone());
        self.by_account
            .entry(bare_of(jid).into())
            .or_default()
            .insert(place);
        self.count += 1;
        self.by_node
            .entry(node.clone())
            .or_default()
            .insert(jid.clone(), wish);
        before
    }

    pub(crate) fn remove(&mut self, node: &Arc<str>, jid: &Arc<str>) -> Option<Wish> {
        let wishes = self.by_node.get_mut(node)?;
        let wish = wishes.remove(jid)?;
        if wishes.is_empty() {
            self.by_node.remove(node);
        }
        self.forget(node, jid, &wish);
        Some(wish)
    }

    /// Nobody waits for the node any more. Returns who did, if anybody.
    pub(crate) fn clear(&mut self, node: &Arc<str>) -> Option<BTreeMap<Arc<str>, Wish>> {
        let wishes = self.by_node.remove(node)?;
        for (jid, wish) in &wishes {
            self.forget(node, jid, wish);
        }
        Some(wishes)
    }

    fn forget(&mut self, node: &Arc<str>, jid: &Arc<str>, wish: &Wish) {
        self.count -= 1;
        let place = (node.clone(), jid.clone());
        if let Some(places) = self.by_session.get_mut(&wish.session) {
            places.remove(&place);
            if places.is_empty() {
                self.by_session.remove(&wish.session);
            }
        }
        let bare = bare_of(jid);
        if let Some(places) = self.by_account.get_mut(bare) {
            places.remove(&place);
            if places.is_empty() {
                self.by_account.remove(bare);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Wish, Wishes};

    fn wish(session: u64) -> Wish {
        Wish {
            subscription: "s".into(),
            session,
            is_durable: true,
        }
    }

    #[test]
    fn a_wish_is_counted_once_and_nothing_is_left_of_it() {
        let mut wishes = Wishes::default();
        wishes.add(&"/n".into(), &"a@x/1".into(), wish(1));
        wishes.add(&"/n".into(), &"a@x/1".into(), wish(2));
        wishes.add(&"/m".into(), &"a@x".into(), wish(2));
        assert_eq!((wishes.len(), wishes.of_account("a@x")), (2, 2));
        assert_eq!(wishes.of_session(1).count(), 0);
        assert_eq!(wishes.of_session(2).count(), 2);
        assert_eq!(wishes.places_of("a@x").count(), 2);
        wishes.clear(&"/n".into());
        wishes.remove(&"/m".into(), &"a@x".into());
        assert_eq!(wishes.len(), 0);
        assert!(wishes.by_node.is_empty() && wishes.by_session.is_empty());
        assert!(wishes.by_account.is_empty());
    }
}
