//! What a client says by presence (RFC 6121 §3, §4): that it is there, that it is not, and what it wants of somebody's presence.

use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::destination::Destination;
use super::dialogue::{Dialogue, drain};
use super::serving::Deferred;
use crate::address;
use crate::people::{Closeness, Greeting, Receipt, Refusal, Told};
use crate::roster::Step;
use crate::router::Wakes;
use crate::service::options::NodeConfig;
use crate::wire::error::StanzaError;
use crate::wire::presence;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

/// The longest presence: it is kept as long as the client is there, and sent to everybody who comes.
const LONGEST: usize = 16 * 1024;

impl Dialogue {
    pub(super) fn notice_presence(
        &self,
        stanza: &Stanza<'_>,
        destination: &Destination,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let actor = &self.peer.actor;
        let step = Step::of(&stanza.variant);
        let from = if step.is_some() {
            &actor.bare
        } else {
            &actor.full
        };
        let mut tail = String::new();
        match stanza::write_tail(&mut tail, reader, Kind::Presence, from) {
            Ok(()) => {}
            Err(XmlError::UnexpectedText(_)) => {
                drain(reader)?;
                self.fail(out, stanza, StanzaError::BAD_REQUEST);
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        drain(reader)?;
        if tail.len() > LONGEST {
            self.fail(out, stanza, StanzaError::LONG_PRESENCE);
            return Ok(None);
        }
        let people = &self.host.people;
        let is_error = stanza.variant == "error";
        match (destination, step, &*stanza.variant) {
            (Destination::Own, None, "") if stanza.to.is_none() => {
                return self.announce(stanza, &tail.into(), out, wakes);
            }
            (Destination::Own, None, "unavailable") if stanza.to.is_none() => {
                people.withdraw(&self.peer, &tail, wakes);
                let is_last = !self.host.router.is_available(&actor.bare);
                self.host.broker.absent(actor, is_last);
                self.leave_rooms(wakes);
            }
            (Destination::Local(to), Some(step), _) if to.contains('@') => {
                let to: Arc<str> = address::bare(to).into();
                return Ok(self.subscribe(stanza, step, &to, &tail.into(), out, wakes));
            }
            (Destination::Local(to), None, "" | "unavailable") => {
                let is_available = stanza.variant.is_empty();
                if let Err(Refusal::TooManyDirected) =
                    people.direct(actor, to, is_available, &tail, wakes)
                {
                    self.fail(out, stanza, StanzaError::TOO_MANY_DIRECTED);
                }
            }
            (Destination::Local(to), None, "probe") => people.probe(actor, to, wakes),
            (Destination::Local(to), None, "error") => people.pass_presence(to, &tail, wakes),
            (Destination::Own, None, "probe") => people.probe(actor, &actor.bare, wakes),
            (Destination::Elsewhere, ..) if !is_error => {
                self.fail(out, stanza, StanzaError::OTHER_SERVER);
            }
            (Destination::Nowhere, ..) if !is_error => {
                self.fail(out, stanza, StanzaError::BAD_ADDRESS);
            }
            // The server and its service have no presence.
            (
                Destination::Domain | Destination::PubSub | Destination::Local(_),
                Some(Step::Subscribe),
                _,
            ) => {
                self.fail(out, stanza, StanzaError::NO_PRESENCE);
            }
            // One's own presence needs no subscription, and what goes nowhere is not answered.
            (_, None, "" | "unavailable" | "error" | "probe") | (_, Some(_), _) => {}
            (_, None, _) => self.fail(out, stanza, StanzaError::BAD_REQUEST),
        }
        Ok(None)
    }

    fn announce(
        &self,
        stanza: &Stanza<'_>,
        tail: &Arc<str>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let Ok(said) = presence::read(tail)? else {
            self.fail(out, stanza, StanzaError::BAD_PRIORITY);
            return Ok(None);
        };
        let Greeting {
            is_new,
            wants_news,
            receipt,
        } = self.host.people.announce(&self.peer, tail, said, wakes);
        if is_new {
            let show = self.peer.show();
            self.host.broker.greet(&self.peer.actor, show, wakes);
        }
        if wants_news {
            self.tell_news(wakes);
        }
        Ok(receipt.map(wait))
    }

    fn subscribe(
        &self,
        stanza: &Stanza<'_>,
        step: Step,
        to: &Arc<str>,
        tail: &Arc<str>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Option<Deferred> {
        let actor = &self.peer.actor;
        if actor.is_anonymous {
            self.fail(out, stanza, StanzaError::NO_ROSTER);
            return None;
        }
        if step != Step::Subscribe {
            let told = Told {
                from: &actor.bare,
                to,
                step,
                tail,
            };
            let before = self.host.people.closeness(&actor.bare, to);
            let receipt = self.host.people.subscribe(&told, false, wakes);
            self.tell_whom_it_opens_to(to, &before, wakes);
            if matches!(step, Step::Unsubscribe | Step::Unsubscribed) {
                // Who may no longer see one's presence may have had a subscription by it.
                self.host.broker.reconsider(&actor.bare, wakes);
                self.host.broker.reconsider(to, wakes);
            }
            return receipt.ok().flatten().map(wait);
        }
        // Whether there is such an account takes a look at the accounts.
        let (host, from, to, tail) = (
            self.host.clone(),
            actor.bare.clone(),
            to.clone(),
            tail.clone(),
        );
        let mut refusal = String::new();
        self.fail(&mut refusal, stanza, StanzaError::ROSTER_FULL);
        Some(Box::pin(async move {
            let is_missing = !host.has_account(&to).await;
            let told = Told {
                from: &from,
                to: &to,
                step,
                tail: &tail,
            };
            let receipt = host
                .people
                .subscribe(&told, is_missing, &mut Wakes::default());
            match receipt {
                Ok(Some(receipt)) => {
                    let _ = receipt.wait().await;
                    String::new()
                }
                Ok(None) => String::new(),
                Err(_) => refusal,
            }
        }))
    }

    /// Sends the client the news that it has said it wants to hear.
    pub(super) fn tell_news(&self, wakes: &mut Wakes) {
        let actor = &self.peer.actor;
        let Some((owners, wants)) = self.host.people.news_of(actor) else {
            return;
        };
        for owner in owners {
            let broker = &self.host.broker;
            let who = (&*actor.bare, &actor.full);
            broker.greet_with(&owner, who, |node| wants.contains(node), |_| true, wakes);
        }
    }

    /// Sends the clients of a contact the news of those nodes of one's account that were not open to it `before`.
    pub(super) fn tell_whom_it_opens_to(
        &self,
        contact: &Arc<str>,
        before: &Closeness,
        wakes: &mut Wakes,
    ) {
        let own = &self.peer.actor.bare;
        let now = self.host.people.closeness(own, contact);
        if now == *before {
            return;
        }
        let is_new = |config: &NodeConfig| now.opens(config) && !before.opens(config);
        for (full, wants) in self.host.people.listening(contact) {
            let broker = &self.host.broker;
            let who = (&**contact, &full);
            broker.greet_with(own, who, |node| wants.contains(node), is_new, wakes);
        }
    }
}

/// Reads on when the change is kept; presence has no answer.
fn wait(receipt: Receipt) -> Deferred {
    Box::pin(async move {
        if receipt.wait().await.is_err() {
            tracing::error!(
                "a change of presence subscriptions or waiting messages could not be kept"
            );
        }
        String::new()
    })
}
