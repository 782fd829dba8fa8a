//! The one place that makes things happen: decide -> apply -> keep -> answer -> notify, for every request, in that order.
//!
//! A node belongs to a shard, a service of its own behind a short lock. What nothing has to be kept for is answered and told at once, while the
//! lock is held. All else is handed to the committer, still under the lock, which answers and tells when it is on the disk. Either way
//! all subscribers of a node hear of its changes in the order in which they were made.

mod personal;
mod presence;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::announcer::{Announcer, Subscribers};
use crate::committing::{Announced, Asker, Committer, Content, Counts, Entry};
use crate::router::{Router, Wakes};
use crate::service::Rules;
use crate::service::error::ServiceError;
use crate::service::node::Node;
use crate::service::relations::Relations;
use crate::service::vocabulary::{
    Actor, Audience, Context, Notification, Page, PageInfo, Reply, Request, Write,
};
use crate::shards::{Leaver, Shard, Shards};
use crate::statistics::Statistics;
use crate::storage::{Storage, StorageError};

/// The PubSub service with its state, its store and its subscribers.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) rules: Arc<Rules>,
    shards: Arc<Shards>,
    announcer: Arc<Announcer>,
    relations: Arc<dyn Relations>,
    /// None: nothing is kept.
    committer: Option<Committer>,
}

impl Broker {
    /// A broker with everything the store holds.
    pub(crate) fn load(
        address: Arc<str>,
        rules: Rules,
        router: Arc<Router>,
        relations: Arc<dyn Relations>,
        storage: Arc<dyn Storage>,
    ) -> Result<Self, StorageError> {
        let rules = Arc::new(rules);
        let shards = Arc::new(Shards::new(&rules));
        let announcer = Arc::new(Announcer::new(address, router, relations.clone()));
        let committer = if storage.is_volatile() {
            None
        } else {
            storage.load(&mut |write| {
                if let Some(mut shard) = shards.of(write.node()) {
                    shards.apply(&mut shard, &[write]);
                }
            })?;
            Some(Committer::start(
                storage,
                shards.clone(),
                announcer.clone(),
            )?)
        };
        Ok(Self {
            rules,
            shards,
            announcer,
            relations,
            committer,
        })
    }

    /// The address of the service.
    pub(crate) fn address(&self) -> &Arc<str> {
        &self.announcer.address
    }

    /// Does what is asked of one node, and queues what subscribers are to hear of it. Returns the answer, unless the asker is sent it later: when
    /// all that it depends on is kept.
    pub(crate) fn perform(
        &self,
        asker: &Asker<'_>,
        request: Request<'_>,
        wakes: &mut Wakes,
    ) -> Option<Result<Reply, ServiceError>> {
        let mut context = self.context();
        if let Request::Subscribe { awaits: true, .. } = &request {
            context.wishes_left = self.wishes_left(&asker.peer.actor.bare);
        }
        let request = match request {
            // The shard depends on the name, so an instant node gets its name here.
            Request::Create { node: None, form } => Request::Create {
                node: Some(Cow::Owned(context.fresh_name(0).to_string())),
                form,
            },
            request => request,
        };
        let Some(mut shard) = self.shards.of(request.node()) else {
            return Some(Err(ServiceError::StorageFailed));
        };
        self.expire(&mut shard, request.node(), context.now, wakes);
        let committer = self.committer.as_ref().map(|committer| {
            (
                committer,
                shard.is_undecided(request.node(), committer.kept()),
            )
        });
        let result = shard.service.decide(&context, &asker.peer.actor, request);
        match (committer, result) {
            (None | Some((_, false)), Err(error)) => Some(Err(error)),
            (Some((committer, true)), Err(error)) => {
                let answer = asker.answer(Content::Result(Err(error)), &[]);
                let entry = Entry {
                    answer: Some(answer),
                    ..Entry::default()
                };
                committer.submit(entry, wakes);
                None
            }
            (Some((committer, waits)), Ok(outcome))
                if waits || outcome.writes.iter().any(Write::is_durable) =>
            {
                if let Err(error) = committer.check_room() {
                    return Some(Err(error));
                }
                let answer = asker.answer(Content::Result(Ok(outcome.reply)), &outcome.writes);
                let entry = Entry {
                    answer: Some(answer),
                    ..Entry::default()
                };
                self.hand_over(
                    committer,
                    &mut shard,
                    outcome.writes,
                    outcome.notifications,
                    entry,
                    wakes,
                );
                None
            }
            (_, Ok(outcome)) => {
                if !outcome.writes.is_empty() {
                    self.shards.apply(&mut shard, &outcome.writes);
                    self.announcer.count_published(&outcome.writes);
                }
                for notification in &outcome.notifications {
                    self.announce(&shard, notification, wakes);
                }
                Some(Ok(outcome.reply))
            }
        }
    }

    /// A look at the state by somebody who is not answered by the broker itself. What it shows may not be kept yet: see [`Self::answer`].
    pub(crate) fn look(&self, actor: &Actor, request: Request<'_>) -> Result<Reply, ServiceError> {
        let context = self.context();
        let Some(mut shard) = self.shards.of(request.node()) else {
            return Err(ServiceError::StorageFailed);
        };
        let mut wakes = Wakes::default();
        self.expire(&mut shard, request.node(), context.now, &mut wakes);
        let outcome = shard.service.decide(&context, actor, request)?;
        if !outcome.writes.is_empty() {
            return Err(ServiceError::StorageFailed);
        }
        Ok(outcome.reply)
    }

    /// Answers with a stanza that tells of the state. Returns it, unless the asker is sent it later: when all that it tells is kept.
    pub(crate) fn answer(
        &self,
        asker: &Asker<'_>,
        text: String,
        wakes: &mut Wakes,
    ) -> Option<String> {
        let Some(committer) = self
            .committer
            .as_ref()
            .filter(|committer| committer.is_busy())
        else {
            return Some(text);
        };
        let entry = Entry {
            answer: Some(asker.answer(Content::Written(text), &[])),
            ..Entry::default()
        };
        committer.submit(entry, wakes);
        None
    }

    /// Answers with several stanzas, in their order, when all that they tell is kept.
    pub(crate) fn answer_all(&self, asker: &Asker<'_>, stanzas: Vec<String>, wakes: &mut Wakes) {
        let committer = self
            .committer
            .as_ref()
            .filter(|committer| committer.is_busy());
        for text in stanzas {
            match committer {
                Some(committer) => {
                    let entry = Entry {
                        answer: Some(asker.answer(Content::Written(text), &[])),
                        ..Entry::default()
                    };
                    committer.submit(entry, wakes);
                }
                None => wakes.deliver(asker.peer, &[&text]),
            }
        }
    }

    /// Whether something is not kept yet, so that what tells of the state goes through [`Self::answer`].
    pub(crate) fn is_busy(&self) -> bool {
        self.committer.as_ref().is_some_and(Committer::is_busy)
    }

    /// The number of the last decision that has to be kept.
    pub(crate) fn last(&self) -> u64 {
        self.committer.as_ref().map_or(0, Committer::last)
    }

    /// Whether everything up to that decision is kept, answered and told.
    pub(crate) fn has_kept(&self, decision: u64) -> bool {
        self.committer
            .as_ref()
            .is_none_or(|committer| committer.kept() >= decision)
    }

    /// What an account awaits: node, JID and the id of the subscription that it becomes.
    pub(crate) fn awaited(&self, bare: &str) -> Vec<(Arc<str>, Arc<str>, Arc<str>)> {
        let mut found = Vec::new();
        for shard in self.shards.each() {
            let wishes = shard.service.wishes();
            for (node, jid) in wishes.places_of(bare) {
                if let Some(wish) = wishes.find(node, jid) {
                    found.push((node.clone(), jid.clone(), wish.subscription.clone()));
                }
            }
        }
        found
    }

    /// How many more nodes an account may await.
    fn wishes_left(&self, bare: &str) -> usize {
        let (mut own, mut all) = (0, 0);
        for shard in self.shards.each() {
            own += shard.service.wishes().of_account(bare);
            all += shard.service.wishes().len();
        }
        let Rules {
            max_awaited,
            max_awaited_by_all,
            ..
        } = &*self.rules;
        let own = max_awaited.saturating_sub(own);
        own.min(max_awaited_by_all.saturating_sub(all))
    }

    /// Removes all items that have expired by then. Those of a node that is asked for go without waiting for this.
    pub(crate) fn sweep(&self, now: u64) {
        let mut wakes = Wakes::default();
        for mut shard in self.shards.each() {
            let nodes: Vec<Arc<str>> = shard.service.expiring().iter().cloned().collect();
            for node in nodes {
                self.expire(&mut shard, &node, now, &mut wakes);
            }
        }
    }

    /// Looks at one node.
    pub(crate) fn inspect<T>(&self, name: &str, look: impl FnOnce(&Node) -> T) -> Option<T> {
        self.shards.of(name)?.service.node(name).map(look)
    }

    /// Collects something from the nodes at which an account has a standing.
    pub(crate) fn survey<T>(&self, bare: &str, mut look: impl FnMut(&Node, &mut Vec<T>)) -> Vec<T> {
        let mut found = Vec::new();
        for shard in self.shards.each() {
            for node in shard.service.nodes_of(bare) {
                look(node, &mut found);
            }
        }
        found
    }

    /// A page of the names of all nodes, in the order of their bytes.
    pub(crate) fn names(&self, page: &Page<'_>, hidden: &[String]) -> (Vec<Arc<str>>, PageInfo) {
        self.shards.names(page, self.rules.max_page, hidden)
    }

    /// What the service holds and has done; nothing of connections.
    pub(crate) fn statistics(&self) -> Statistics {
        let (published, delivered) = self.announcer.counts();
        let committer = self.committer.as_ref();
        let Counts {
            times,
            micros,
            waiting,
        } = committer.map(Committer::counts).unwrap_or_default();
        let mut statistics = Statistics {
            nodes: self.shards.nodes(),
            stored_bytes: self.shards.stored(),
            published,
            delivered,
            groups: times.iter().sum(),
            group_times: times,
            group_micros: micros,
            waiting_bytes: waiting,
            ..Statistics::default()
        };
        for shard in self.shards.each() {
            statistics.subscriptions += shard.service.subscriptions();
            statistics.items += shard.service.items();
            statistics.awaited += shard.service.wishes().len();
        }
        statistics
    }

    /// Takes no more changes; what was taken is kept.
    pub(crate) fn close(&self) {
        if let Some(committer) = &self.committer {
            committer.close();
        }
    }

    /// The same, and waits until everything is on the disk and the store is let go. Blocks.
    pub(crate) fn stop(&self) {
        if let Some(committer) = &self.committer {
            committer.stop();
        }
    }

    /// Removes the items of a node that have expired by then.
    fn expire(&self, shard: &mut Shard, name: &str, now: u64, wakes: &mut Wakes) {
        if shard.service.expiring().is_empty() {
            return;
        }
        let writes = shard.service.expiry(name, now);
        if !writes.is_empty() {
            self.change(shard, writes, Vec::new(), None, wakes);
        }
    }

    /// Changes something that nobody asked for.
    fn change(
        &self,
        shard: &mut Shard,
        writes: Vec<Write>,
        notifications: Vec<Notification>,
        leaver: Option<Leaver>,
        wakes: &mut Wakes,
    ) {
        match &self.committer {
            Some(committer) => {
                let entry = Entry {
                    leaver,
                    ..Entry::default()
                };
                self.hand_over(committer, shard, writes, notifications, entry, wakes);
            }
            None => {
                self.shards.apply(shard, &writes);
                for notification in &notifications {
                    self.announce(shard, notification, wakes);
                }
            }
        }
    }

    /// Makes a decision so, and hands it to the committer with whatever `entry` holds already.
    fn hand_over(
        &self,
        committer: &Committer,
        shard: &mut Shard,
        writes: Vec<Write>,
        notifications: Vec<Notification>,
        entry: Entry,
        wakes: &mut Wakes,
    ) {
        let mut touched: Vec<Arc<str>> = Vec::new();
        let announced_nodes = notifications.iter().map(|notification| &notification.node);
        for node in writes.iter().map(Write::node).chain(announced_nodes) {
            if touched.last() != Some(node) {
                touched.push(node.clone());
            }
        }
        let before = self.shards.apply_reversibly(shard, &writes);
        let announcements = notifications
            .into_iter()
            .filter_map(|notification| announced(shard, notification))
            .collect();
        let entry = Entry {
            writes,
            before,
            announcements,
            ..entry
        };
        let number = committer.submit(entry, wakes);
        let kept = committer.kept();
        for node in &touched {
            shard.note(node, number, kept);
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            now: now(),
            random: rand::random(),
            nodes_left: self.rules.max_nodes.saturating_sub(self.shards.nodes()),
            bytes_left: self.rules.max_stored.saturating_sub(self.shards.stored()),
            wishes_left: 0,
            relations: &*self.relations,
        }
    }

    fn announce(&self, shard: &Shard, notification: &Notification, wakes: &mut Wakes) {
        let subscribers = shard
            .service
            .node(&notification.node)
            .map(|node| Subscribers {
                plain: &node.subscriptions,
                particular: node.particular.as_deref(),
                affiliations: Some(&node.affiliations),
            });
        self.announcer.announce(notification, subscribers, wakes);
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The notification with those who are to hear it, if there is anybody.
fn announced(shard: &Shard, notification: Notification) -> Option<Announced> {
    let mut told = Announced {
        notification,
        subscribers: None,
        particular: None,
        affiliations: None,
    };
    if told.notification.audience == Audience::Subscribers {
        let node = shard.service.node(&told.notification.node)?;
        let is_personal = crate::service::personal::owner(&node.name).is_some();
        if node.subscriptions.is_empty() && node.particular.is_none() && !is_personal {
            return None;
        }
        told.subscribers = Some(node.subscriptions.clone());
        told.particular.clone_from(&node.particular);
        told.affiliations = is_personal.then(|| node.affiliations.clone());
    }
    Some(told)
}
