//! What an answer means for the request it answers.

use std::sync::atomic::Ordering;

use pubsub_xml::XmlError;

use super::{Dispatch, Occupant, Past, Pending, Recipient, Task};
use crate::session::error::{Failure, classify};
use crate::session::stanza::{Answer, RequestId};
use crate::session::{PubSubError, Target};
use crate::{ChangeKind, NodeName};

impl Dispatch {
    /// Settles the request that `answer` is for. An answer from anybody else than who was asked is ignored, whatever
    /// its id (RFC 6120 §8.1.2.1).
    pub(in crate::session::engine) fn settle(
        &mut self,
        answer: Answer<'_>,
    ) -> Result<(), XmlError> {
        let Some(id) = RequestId::read(&answer.id) else {
            return answer.skip();
        };
        let is_expected = self
            .window
            .get(id)
            .is_some_and(|occupant| self.is_from(occupant, answer.from.as_deref()));
        if !is_expected {
            tracing::debug!(from = ?answer.from, "an answer to no request of ours");
            return answer.skip();
        }
        let Some(occupant) = self.window.take(id) else {
            return answer.skip();
        };
        if answer.is_error {
            self.failed(occupant, answer.failure()?);
            return Ok(());
        }
        match occupant {
            Occupant::One(pending) => {
                self.let_go(&pending);
                return succeeded(pending, answer);
            }
            Occupant::Several(several) => {
                if let Some(first) = several.first() {
                    self.let_go(first);
                }
                several.into_iter().for_each(Pending::acknowledge);
            }
            Occupant::Create { node, .. } => self.created(&node),
            Occupant::Settle { home } => home.is_ours.store(true, Ordering::Relaxed),
            Occupant::Prepare { .. } | Occupant::Ping => {}
        }
        answer.skip()
    }

    fn is_from(&self, occupant: &Occupant, from: Option<&str>) -> bool {
        let recipient = match occupant {
            Occupant::One(Pending {
                task: Task::Request { request, .. },
                ..
            }) => &request.recipient,
            Occupant::Ping if !self.place.is_component => &Recipient::Server,
            _ => &Recipient::Service,
        };
        let Some(from) = from else {
            return *recipient == Recipient::Server;
        };
        match recipient {
            Recipient::Service => from == &*self.service.address,
            Recipient::Entity(address) => from == &**address,
            Recipient::Server => {
                let own = self.place.address.as_str();
                let bare = own.split_once('/').map_or(own, |(bare, _)| bare);
                let domain = bare.split_once('@').map_or(bare, |(_, domain)| domain);
                [own, bare, domain].contains(&from)
            }
        }
    }

    fn failed(&mut self, occupant: Occupant, failure: Failure) {
        match occupant {
            Occupant::One(pending) => self.refused(pending, failure),
            Occupant::Several(mut several) => {
                if several.len() > 1 && !failure.is("item-not-found") {
                    // One of them spoils it for all; alone, each gets an answer of its own.
                    self.split(several);
                } else {
                    for pending in several.drain(..) {
                        self.refused(pending, failure.clone());
                    }
                }
            }
            Occupant::Create { node, .. } if failure.is("conflict") => self.created(&node),
            Occupant::Create { node, .. } => {
                for pending in self.nodes.release(&node) {
                    let target = Target::Node(node.clone());
                    pending.fail(classify(failure.clone(), target, &self.service.address));
                }
            }
            Occupant::Prepare { node, .. } => Self::unprepared(&node, &failure),
            Occupant::Settle { home } => Self::unprepared(&home.node, &failure),
            Occupant::Ping => {}
        }
    }

    /// A node was not created ahead of its first publish.
    fn unprepared(node: &NodeName, failure: &Failure) {
        if !failure.is("conflict") {
            // The publish behind it tells whether that matters.
            tracing::debug!(%node, condition = %failure.condition, "the node was not created");
        }
    }

    fn refused(&mut self, pending: Pending, failure: Failure) {
        let is_missing = failure.is("item-not-found");
        if let Some((change, config)) = pending.publication() {
            let (node, config) = (change.node.clone(), *config);
            self.nodes.forget(&node);
            if is_missing && pending.may_create {
                if self.nodes.hold_for_creation(&node, pending) {
                    self.creations.push_back((node, config));
                }
                return;
            }
        }
        self.let_go(&pending);
        if is_missing && pending.past != Past::New && is_retraction(&pending) {
            // The first try got through; only its answer was lost.
            pending.acknowledge();
            return;
        }
        let target = pending.target();
        let service = match &pending.task {
            Task::Request { request, .. } => match &request.recipient {
                Recipient::Entity(address) => address,
                Recipient::Service | Recipient::Server => &self.service.address,
            },
            Task::Change { .. } => &self.service.address,
        };
        let error = classify(failure, target, service);
        tracing::debug!(%error, "refused");
        pending.fail(error);
    }

    /// The node is there, whoever created it: what waited for it goes out, in order, and is not created for again.
    fn created(&mut self, node: &NodeName) {
        let mut held = self.nodes.release(node);
        for pending in &mut held {
            pending.may_create = false;
        }
        self.queue.put_back(held);
    }
}

fn is_retraction(pending: &Pending) -> bool {
    matches!(&pending.task, Task::Change { change, .. } if matches!(change.kind, ChangeKind::Retract { .. }))
}

fn succeeded(pending: Pending, answer: Answer<'_>) -> Result<(), XmlError> {
    match pending.task {
        Task::Change { .. } => {
            pending.acknowledge();
            answer.skip()
        }
        Task::Request { target, reply, .. } => {
            let body = answer.body();
            let (outcome, result) = match body {
                Ok(body) => (Ok(body), Ok(())),
                Err(XmlError::UnexpectedText(position)) => {
                    let reason = XmlError::UnexpectedText(position).to_string();
                    (Err(PubSubError::AnswerMalformed { target, reason }), Ok(()))
                }
                Err(error) => {
                    let reason = error.to_string();
                    (
                        Err(PubSubError::AnswerMalformed { target, reason }),
                        Err(error),
                    )
                }
            };
            let _ = reply.send(outcome);
            result
        }
    }
}
