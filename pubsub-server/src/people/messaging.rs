//! Messages between accounts (RFC 6121 §8.5): who gets them, who gets a copy (XEP-0280), and which wait (XEP-0160).

use std::sync::Arc;

use super::{People, Receipt, Scene, Write};
use crate::address;
use crate::broker::now;
use crate::moment;
use crate::router::{Peer, Wakes};
use crate::service::vocabulary::Actor;
use crate::wire::message::{self, Traits};

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter<'x> {
    /// Normalised, bare or full.
    pub(crate) to: &'x str,
    /// The `type`.
    pub(crate) variant: &'x str,
    /// The whole stanza.
    pub(crate) text: &'x str,
    pub(crate) traits: Traits,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Fate {
    /// Somebody has it, or nobody misses it.
    Done,
    /// Nobody is there, and it may wait if there is such an account.
    Waits,
    Refused,
}

impl People {
    /// Hands a message to the clients that it is for.
    pub(crate) fn deliver(&self, sender: &Actor, letter: &Letter<'_>, wakes: &mut Wakes) -> Fate {
        let mut scene = self.scene(wakes);
        let fate = scene.deliver(letter);
        if !matches!(fate, Fate::Refused)
            && letter.traits.is_copied(letter.variant)
            && address::bare(letter.to) != &*sender.bare
        {
            scene.copy(
                letter,
                "sent",
                &sender.bare,
                std::slice::from_ref(&sender.full),
            );
        }
        fate
    }

    /// Keeps a message for an account that exists, unless somebody has come meanwhile.
    pub(crate) fn keep(
        &self,
        letter: &Letter<'_>,
        wakes: &mut Wakes,
    ) -> Result<Option<Receipt>, crate::offline::Full> {
        let mut scene = self.scene(wakes);
        if matches!(scene.deliver(letter), Fate::Done) {
            return Ok(None);
        }
        let bare: Arc<str> = address::bare(letter.to).into();
        let stamp = moment::write(now());
        let stanza: Arc<str> = message::delayed(letter.text, &self.domain, &stamp).into();
        let room = self.bounds.offline;
        let number = scene.state.offline.keep(&bare, stanza.clone(), &room)?;
        scene.writes.push(Write::Message {
            owner: bare,
            number,
            stanza,
        });
        Ok(scene.finish())
    }

    /// Messages that were written to a client which is gone and never said that it has them: they go to the account's other clients, or wait.
    pub(crate) fn return_messages(&self, actor: &Actor, texts: &[String], wakes: &mut Wakes) {
        if actor.is_anonymous {
            return;
        }
        for text in texts {
            let Ok((variant, traits)) = Traits::of_message(text) else {
                continue;
            };
            if traits.is_kept(&variant) {
                let letter = Letter {
                    to: &actor.bare,
                    variant: &variant,
                    text,
                    traits,
                };
                // The receipt is of no use: nobody waits for it.
                if self.keep(&letter, wakes).is_err() {
                    tracing::info!(jid = %actor.bare, "a message was lost with its connection: no more are kept for the account");
                }
            }
        }
    }
}

impl Scene<'_> {
    fn deliver(&mut self, letter: &Letter<'_>) -> Fate {
        let bare = address::bare(letter.to);
        if letter.to.contains('/')
            && let Some(peer) = self.peer(letter.to).cloned()
        {
            self.wakes.deliver(&peer, &[letter.text]);
            if letter.traits.is_copied(letter.variant) {
                self.copy(
                    letter,
                    "received",
                    bare,
                    std::slice::from_ref(&peer.actor.full),
                );
            }
            return Fate::Done;
        }
        // The resource is gone, or the account is meant (RFC 6121 §8.5.2, §8.5.3.2).
        match letter.variant {
            "groupchat" => return Fate::Refused,
            "error" => return Fate::Done,
            "headline" if letter.to.contains('/') => return Fate::Done,
            _ => {}
        }
        let recipients: Vec<Arc<Peer>> = self.directory.attentive(bare).cloned().collect();
        for peer in &recipients {
            self.wakes.deliver(peer, &[letter.text]);
        }
        if recipients.is_empty() {
            return match letter.variant {
                "headline" => Fate::Done,
                _ => Fate::Waits,
            };
        }
        if letter.traits.is_copied(letter.variant) {
            let have: Vec<_> = recipients
                .iter()
                .map(|peer| peer.actor.full.clone())
                .collect();
            self.copy(letter, "received", bare, &have);
        }
        Fate::Done
    }

    /// Sends copies to the clients of an account that asked for them and do not have the message.
    fn copy(&mut self, letter: &Letter<'_>, way: &str, bare: &str, have: &[Arc<str>]) {
        let others: Vec<Arc<Peer>> = self
            .directory
            .copied(bare)
            .filter(|peer| !have.contains(&peer.actor.full))
            .cloned()
            .collect();
        for peer in others {
            let mut copy = String::with_capacity(letter.text.len() + 256);
            let full = &peer.actor.full;
            message::write_copy(&mut copy, way, bare, full, letter.variant, letter.text);
            self.wakes.deliver(&peer, &[&copy]);
        }
    }
}
