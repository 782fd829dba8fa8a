//! Which request goes out next, and what its answer means. Knows every rule of order and window; does no I/O, reads
//! no clock: bytes go into a buffer, the time comes in as a parameter.
//!
//! The order of changes within a node is the order of their calls. Requests leave in that order and a server answers
//! one client in order (RFC 6120 §10.1), so it breaks only where a change must be sent again; then every later
//! change of that node is held back until the matter is settled. `settle` reads answers, `recover` survives the loss of a
//! connection.

mod recover;
mod settle;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::management::{Management, Sent};
use super::measure;
use super::nodes::Nodes;
use super::pending::{Past, Pending, Recipient, Task};
use super::queue::Queue;
use super::window::{Occupant, Window};
use crate::session::connect::Service;
use crate::session::form;
use crate::session::stanza::{Heads, RequestId};
use crate::session::wire::Wire;
use crate::session::{PubSubError, SessionConfig};
use crate::{ChangeKind, NodeConfig, NodeName};

/// With this much on its way to the socket, nothing is added.
const HIGH_WATER: usize = 256 * 1024;

/// Where we are logged in.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) is_component: bool,
    pub(super) largest_stanza: Option<usize>,
}

/// The requests of one session, from call to answer.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub(super) queue: Queue,
    window: Window,
    nodes: Nodes,
    creations: VecDeque<(NodeName, NodeConfig)>,
    pub(super) management: Option<Management>,
    service: Service,
    place: Place,
    heads: Heads,
    width: usize,
    /// Some request is under suspicion.
    is_probing: bool,
    patience: Duration,
}

impl Dispatch {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            queue: Queue::default(),
            window: Window::default(),
            nodes: Nodes::default(),
            creations: VecDeque::new(),
            management: None,
            service: Service::default(),
            place: Place::default(),
            heads: Heads::default(),
            width: config.window,
            is_probing: false,
            patience: config.request_deadline,
        }
    }

    /// A new stream: nothing that was learned of the one before holds.
    pub(super) fn begin(&mut self, place: Place, service: Service, management: Option<Management>) {
        let from = place.is_component.then_some(place.address.as_str());
        self.heads = Heads::new(&service.address, from);
        self.place = place;
        self.service = service;
        self.management = management;
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    pub(super) fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Something waits that might be sent.
    pub(super) fn has_more(&self) -> bool {
        !self.queue.is_empty() || self.nodes.next_turn().is_some()
    }

    /// Nothing waits, nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.window.callers() == 0 && !self.nodes.is_holding()
    }

    /// Sends what may be sent.
    pub(super) fn pump(&mut self, wire: &mut Wire, now: Instant) {
        let before = self.window.callers();
        while let Some((node, config)) = self.creations.pop_front() {
            self.send(wire.out(), Occupant::Create { node, config }, now);
        }
        while wire.unsent() < HIGH_WATER && self.window.callers() < self.width() {
            let first = self.queue.first().map(|pending| pending.order);
            let turn = self.nodes.next_turn();
            if turn.is_some_and(|turn| first.is_none_or(|first| turn < first)) {
                if let Some(pending) = self.nodes.take_turn() {
                    self.start(wire.out(), pending, now);
                }
            } else if let Some(pending) = self.queue.pop() {
                if let Some(pending) = self.nodes.admit(pending) {
                    self.start(wire.out(), pending, now);
                }
            } else {
                break;
            }
        }
        if self.window.callers() != before {
            measure::in_flight(self.window.callers());
        }
    }

    /// One at a time while one of them may be what made the server close the stream.
    fn width(&mut self) -> usize {
        if !self.is_probing {
            return self.width;
        }
        let is_next = self.queue.first().is_some_and(Pending::is_suspect);
        self.is_probing = is_next
            || self
                .window
                .each_caller()
                .any(|pending| pending.is_suspect());
        if self.is_probing { 1 } else { self.width }
    }

    fn start(&mut self, out: &mut String, mut pending: Pending, now: Instant) {
        pending.ticket = None;
        let Some((change, config)) = pending.publication() else {
            self.send_alone(out, pending, now);
            return;
        };
        let config = *config;
        let home = pending.home().filter(|_| self.service.awaits_nodes);
        let is_home = home.is_some_and(|home| home.node == change.node);
        if let Some(home) = home
            && self.nodes.is_unsettled(&home.node)
        {
            let home = Arc::clone(home);
            self.send(out, Occupant::Settle { home }, now);
        }
        if !config.is_empty() && self.nodes.is_new(&change.node) {
            let node = change.node.clone();
            if self.service.creates_nodes && !is_home {
                // A node that the service creates by itself would get the service's configuration.
                self.send(out, Occupant::Prepare { node, config }, now);
            }
            pending.with_options = self.service.checks_options && form::has_options(&config);
        }
        if !self.service.publishes_several || pending.is_suspect() {
            self.send_alone(out, pending, now);
            return;
        }
        // One such publish at a time for each node: what is called meanwhile gathers, and if one item spoils it
        // the others can be sent again without overtaking.
        let held = self.nodes.companions(&pending);
        let mut several = held.unwrap_or_else(|| self.queue.companions(&pending));
        if let Some(node) = pending.changed_node() {
            self.nodes.hold(node);
        }
        for companion in &mut several {
            companion.ticket = None;
        }
        several.insert(0, pending);
        self.send(out, Occupant::Several(several), now);
    }

    /// Sends what goes by itself, and lets the next of its node follow.
    fn send_alone(&mut self, out: &mut String, pending: Pending, now: Instant) {
        let node = pending.changed_node().cloned();
        self.send(out, Occupant::One(pending), now);
        if let Some(node) = node {
            self.nodes.free(&node);
        }
    }

    fn send(&mut self, out: &mut String, occupant: Occupant, now: Instant) {
        let Some(id) = self.window.reserve() else {
            self.queue.put_back(occupant.callers());
            return;
        };
        let start = out.len();
        self.write(out, id, &occupant);
        if self
            .place
            .largest_stanza
            .is_some_and(|largest| out.len() - start > largest)
        {
            out.truncate(start);
            self.window.release(id);
            self.too_big(occupant);
            return;
        }
        match &occupant {
            Occupant::One(pending) if pending.changed_node().is_some() => measure::sent(1),
            Occupant::Several(several) => measure::sent(several.len()),
            _ => {}
        }
        let called = match &occupant {
            Occupant::One(pending) => pending.called,
            Occupant::Several(several) => several.first().map_or(now, |first| first.called),
            Occupant::Create { .. }
            | Occupant::Prepare { .. }
            | Occupant::Settle { .. }
            | Occupant::Ping => now,
        };
        self.window.fill(id, occupant, called + self.patience);
        self.track(out, Sent::Request(id));
    }

    fn write(&self, out: &mut String, id: RequestId, occupant: &Occupant) {
        match occupant {
            Occupant::One(pending) => self.write_one(out, id, pending),
            Occupant::Several(several) => {
                let Some(first) = several.first() else { return };
                let Some((change, config)) = first.publication() else {
                    return;
                };
                let items = several
                    .iter()
                    .filter_map(|pending| match pending.publication() {
                        Some((change, _)) => match &change.kind {
                            ChangeKind::Put { payload } => Some((&change.item, &**payload)),
                            ChangeKind::Retract { .. } => None,
                        },
                        None => None,
                    });
                let options = first.with_options.then(|| form::publish_options(config));
                self.heads
                    .publish(out, id, &change.node, items, options.as_deref());
            }
            Occupant::Create { node, config } | Occupant::Prepare { node, config } => {
                let form = (!config.is_empty()).then(|| form::node_config(config));
                self.heads.create(out, id, node, form.as_deref());
            }
            Occupant::Settle { home } => {
                let form = form::node_config_of(&home.config, home.description.as_ref());
                self.heads.create(out, id, &home.node, Some(&form));
            }
            Occupant::Ping => {
                // A component has no server of its own to ask.
                let to = self.place.is_component.then_some(&*self.service.address);
                self.heads
                    .request(out, id, "get", to, "<ping xmlns='urn:xmpp:ping'/>");
            }
        }
    }

    fn write_one(&self, out: &mut String, id: RequestId, pending: &Pending) {
        match &pending.task {
            Task::Change { change, config, .. } => match &change.kind {
                ChangeKind::Put { payload } => {
                    let options = pending.with_options.then(|| form::publish_options(config));
                    let items = [(&change.item, &**payload)];
                    self.heads
                        .publish(out, id, &change.node, items, options.as_deref());
                }
                ChangeKind::Retract { notify, .. } => {
                    self.heads
                        .retract(out, id, &change.node, &change.item, *notify);
                }
            },
            Task::Request { request, .. } => {
                let to = match &request.recipient {
                    Recipient::Service => Some(&*self.service.address),
                    Recipient::Server => None,
                    Recipient::Entity(address) => Some(&**address),
                };
                self.heads.request(out, id, request.kind, to, &request.body);
            }
        }
    }

    /// Counts a stanza that was written, and asks for an acknowledgement once in a while.
    pub(super) fn track(&mut self, out: &mut String, sent: Sent) {
        if let Some(management) = &mut self.management
            && management.sent(sent)
        {
            out.push_str("<r xmlns='urn:xmpp:sm:3'/>");
        }
    }

    /// Asks the server for a sign of life.
    pub(super) fn ask_for_life(&mut self, out: &mut String, now: Instant) {
        if let Some(management) = &mut self.management {
            management.ask();
            out.push_str("<r xmlns='urn:xmpp:sm:3'/>");
        } else {
            self.send(out, Occupant::Ping, now);
        }
    }

    fn too_big(&mut self, occupant: Occupant) {
        match occupant {
            Occupant::Several(several) if several.len() > 1 => self.split(several),
            occupant => {
                for pending in occupant.callers() {
                    self.let_go(&pending);
                    let target = pending.target();
                    pending.fail(PubSubError::PayloadTooBig { target });
                }
            }
        }
    }

    /// When somebody's time is up next.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let first_call = self
            .queue
            .first_call()
            .into_iter()
            .chain(self.nodes.first_call())
            .min();
        let waiting = first_call.map(|called| called + self.patience);
        waiting.into_iter().chain(self.window.next_deadline()).min()
    }

    /// Tells those whose time is up.
    pub(super) fn expire(&mut self, now: Instant, is_online: bool) {
        let patience = self.patience;
        if let Some(limit) = now.checked_sub(patience) {
            let mut expired = self.nodes.take_older(limit);
            while let Some(pending) = self.queue.pop_older(limit) {
                expired.push(pending);
            }
            // Nothing overtakes: what waits behind a change goes with it.
            let nodes: HashSet<NodeName> = expired
                .iter()
                .filter_map(|pending| pending.changed_node().cloned())
                .collect();
            if !nodes.is_empty() {
                expired.append(&mut self.nodes.take_changes_of(&nodes));
                expired.append(&mut self.queue.take_changes_of(&nodes));
            }
            expired.sort_by_key(|pending| pending.order);
            for pending in expired {
                pending.expire(patience, is_online);
            }
        }
        while let Some(occupant) = self.window.take_expired(now) {
            match occupant {
                Occupant::Create { node, .. } => self.release(&node),
                Occupant::Prepare { node, .. } => self.nodes.forget(&node),
                Occupant::Settle { home } => self.nodes.unsettle(&home.node),
                Occupant::Ping => {}
                callers @ (Occupant::One(_) | Occupant::Several(_)) => {
                    for pending in callers.callers() {
                        self.let_go(&pending);
                        pending.expire(patience, true);
                    }
                }
            }
        }
    }

    /// A change is over with; what was held behind it may go.
    pub(super) fn let_go(&mut self, pending: &Pending) {
        if self.service.publishes_several
            && let Some((change, _)) = pending.publication()
            && !self.nodes.is_being_created(&change.node)
        {
            self.nodes.free(&change.node);
        }
    }

    fn release(&mut self, node: &NodeName) {
        let held = self.nodes.release(node);
        self.queue.put_back(held);
    }

    fn split(&mut self, several: Vec<Pending>) {
        let node = several.first().and_then(Pending::changed_node).cloned();
        self.is_probing = true;
        let alone = several.into_iter().map(|mut pending| {
            // Sent by itself next time.
            pending.past = Past::Suspect;
            pending
        });
        self.queue.put_back(alone.collect::<Vec<_>>());
        if let Some(node) = node {
            self.release(&node);
        }
    }
}
