//! What follows when people come and go, or know each other otherwise than before: nobody asked for it by a request.

use super::{Broker, now};
use crate::committing::Entry;
use crate::router::Wakes;
use crate::service::access::Affiliation;
use crate::service::commands::{Changes, last_item};
use crate::service::options::{AccessModel, SendLast};
use crate::service::shows::Show;
use crate::service::vocabulary::{Actor, Notification};
use crate::shards::{Leaver, Shard};

impl Broker {
    /// Ends the subscriptions of somebody who never comes back.
    pub(crate) fn depart(&self, actor: &Actor) {
        let mut wakes = Wakes::default();
        for mut shard in self.shards.each() {
            let writes = shard.service.departure(&actor.bare, !actor.is_anonymous);
            if !writes.is_empty() {
                let guest = actor.is_anonymous.then(|| actor.bare.clone());
                self.change(
                    &mut shard,
                    writes,
                    Vec::new(),
                    guest.map(Leaver::Guest),
                    &mut wakes,
                );
            }
        }
    }

    /// A resource is no longer available: what lasts only as long as it is, ends. `is_last` says that no other resource of the account is.
    pub(crate) fn absent(&self, actor: &Actor, is_last: bool) {
        let mut wakes = Wakes::default();
        for mut shard in self.shards.each() {
            let (writes, notifications) = shard.service.absence(actor, is_last);
            if !writes.is_empty() {
                self.change(&mut shard, writes, notifications, None, &mut wakes);
            }
        }
    }

    /// Somebody's roster has changed: ends the subscriptions to nodes of that account that its access models no longer allow, and tells the
    /// subscribers. To be called after the change, and not while rosters are locked.
    pub(crate) fn reconsider(&self, owner: &str, wakes: &mut Wakes) {
        for mut shard in self.shards.each() {
            let all: Vec<Changes> = shard
                .service
                .nodes_of(owner)
                .filter(|node| node.affiliation(owner) == Affiliation::Owner)
                .filter(|node| {
                    let model = node.config.access_model;
                    matches!(model, AccessModel::Presence | AccessModel::Roster)
                })
                .map(|node| Changes::following(&*self.relations, node, node))
                .filter(|changes| !changes.writes.is_empty())
                .collect();
            for changes in all {
                self.change(
                    &mut shard,
                    changes.writes,
                    changes.notifications,
                    None,
                    wakes,
                );
            }
        }
    }

    /// Ends what a session awaits.
    pub(crate) fn end_session(&self, session: u64) {
        for mut shard in self.shards.each() {
            let writes = shard.service.farewell(session);
            // Nobody keeps them, so there is nothing to commit.
            self.shards.apply(&mut shard, &writes);
        }
        if let Some(committer) = self
            .committer
            .as_ref()
            .filter(|committer| committer.is_busy())
        {
            let entry = Entry {
                leaver: Some(Leaver::Session(session)),
                ..Entry::default()
            };
            committer.submit(entry, &mut Wakes::default());
        }
    }

    /// Sends the newest items that a resource is owed when it becomes available.
    pub(crate) fn greet(&self, actor: &Actor, show: Show, wakes: &mut Wakes) {
        let now = now();
        for mut shard in self.shards.each() {
            let owed: Vec<Notification> = shard
                .service
                .nodes_of(&actor.bare)
                .filter(|node| node.config.send_last == SendLast::OnSubscriptionAndPresence)
                .filter(|node| {
                    node.subscriptions_at(&actor.bare)
                        .chain(node.subscriptions_at(&actor.full))
                        .any(|one| one.terms.hears() && one.terms.shows.has(show))
                })
                .filter(|node| {
                    let newest = node.items.newest();
                    newest.is_some_and(|item| !node.has_expired(item, now))
                })
                .filter_map(|node| last_item(node, &actor.full))
                .collect();
            for notification in owed {
                self.owe(&mut shard, notification, wakes);
            }
        }
    }

    /// Sends what somebody is owed, once it is kept.
    pub(super) fn owe(&self, shard: &mut Shard, notification: Notification, wakes: &mut Wakes) {
        match &self.committer {
            Some(committer) if shard.is_undecided(&notification.node, committer.kept()) => {
                let owed = vec![notification];
                self.hand_over(committer, shard, Vec::new(), owed, Entry::default(), wakes);
            }
            _ => self.announce(shard, &notification, wakes),
        }
    }
}
