//! Brings a stanza to the room that it is for, and writes what the sender is answered at once. Everything else is told by the room.

use std::cell::RefCell;
use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::discovery;
use super::hall::Hall;
use super::reading::{self, Ownership};
use super::refusal::Refusal;
use super::talking::Speech;
use super::vocabulary::{After, Destroyed, Outcome, Visitor};
use super::words::{self, ADMIN, OWNER};
use crate::broker::now;
use crate::router::Wakes;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::{error, namespace, page};

/// Errors that say of an occupant that it is not there any more (§18.1.2 of XEP-0045 asks a service to look for these).
const BOUNCES: &[&str] = &[
    "gone",
    "internal-server-error",
    "item-not-found",
    "jid-malformed",
    "recipient-unavailable",
    "redirect",
    "remote-server-not-found",
    "remote-server-timeout",
    "service-unavailable",
];

/// What a request is answered with: something inside a result, or a refusal.
type Answer = Result<(), Refusal>;

impl Hall {
    /// Handles a stanza to the service, a room, or an occupant. `to` is normalised; what is answered is appended to `out`.
    pub(crate) fn receive(
        &self,
        visitor: &Visitor,
        stanza: &Stanza<'_>,
        to: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<After, XmlError> {
        let (jid, nick) = match to.split_once('/') {
            Some((jid, nick)) => (jid, Some(nick)),
            None => (to, None),
        };
        let start = out.len();
        let is_response =
            stanza.variant == "error" || (stanza.kind == Kind::Iq && stanza.variant == "result");
        if stanza.kind == Kind::Iq && !is_response {
            open(out, visitor, stanza, "result");
        }
        let asked = Asked {
            hall: self,
            visitor,
            stanza,
            jid,
            after: RefCell::default(),
        };
        let answer = match (stanza.kind, nick) {
            (_, _) if !jid.contains('@') && stanza.kind != Kind::Iq => {
                drain(reader)?;
                Ok(Err(Refusal::Unknown))
            }
            (Kind::Presence, nick) => asked.presence(nick, reader, wakes),
            (Kind::Message, nick) => asked.message(nick, reader, wakes),
            (Kind::Iq, Some(nick)) if jid.contains('@') => {
                let is_answered = asked.question(nick, reader, wakes);
                match is_answered {
                    Ok(Ok(true)) => Ok(Ok(())),
                    Ok(Ok(false)) => {
                        // The occupant answers.
                        out.truncate(start);
                        return Ok(asked.after.into_inner());
                    }
                    Ok(Err(refusal)) => Ok(Err(refusal)),
                    Err(error) => Err(error),
                }
            }
            (Kind::Iq, _) => asked.iq(reader, out, wakes),
        };
        // What is no XML of ours ends the stream, but text between elements is only a bad request.
        let answer = match answer {
            Ok(answer) => answer,
            Err(XmlError::UnexpectedText(_)) => {
                drain(reader)?;
                Err(Refusal::BadRequest)
            }
            Err(error) => return Err(error),
        };
        match answer {
            _ if is_response => out.truncate(start),
            Ok(()) if stanza.kind == Kind::Iq => stanza::close(out, Kind::Iq),
            Ok(()) => {}
            Err(refusal) => {
                out.truncate(start);
                open(out, visitor, stanza, "error");
                error::write(out, refusal.error());
                stanza::close(out, stanza.kind);
            }
        }
        Ok(asked.after.into_inner())
    }
}

/// A stanza on its way to a room.
struct Asked<'a> {
    hall: &'a Hall,
    visitor: &'a Visitor,
    stanza: &'a Stanza<'a>,
    /// The room.
    jid: &'a str,
    /// What is left to do.
    after: RefCell<After>,
}

impl Asked<'_> {
    fn decide<T>(
        &self,
        wakes: &mut Wakes,
        decide: impl FnOnce(&mut super::room::Room, &mut Outcome) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let (result, mut after) = self.hall.in_room_noted(self.jid, wakes, decide);
        let mut all = self.after.borrow_mut();
        all.number = all.number.max(after.number);
        all.letters.append(&mut after.letters);
        result
    }

    fn id(&self) -> Option<Arc<str>> {
        self.stanza.id.as_deref().map(Into::into)
    }

    fn presence(
        &self,
        nick: Option<&str>,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<Answer, XmlError> {
        let presence = reading::presence(reader)?;
        drain(reader)?;
        let full = &self.visitor.full;
        Ok(match &*self.stanza.variant {
            "" => match nick.map(Arc::from) {
                Some(nick) => self.enter(&nick, presence, wakes),
                None => Err(Refusal::BadNick),
            },
            "unavailable" => {
                let said = presence.entry.presence;
                let left = self.decide(wakes, |room, outcome| {
                    *outcome = room.leave(full, said, &[])?;
                    Ok(())
                });
                // Who is not there has left already.
                left.or(Ok(()))
            }
            "error" => {
                self.bounce(wakes);
                Ok(())
            }
            _ => Ok(()),
        })
    }

    fn enter(&self, nick: &Arc<str>, presence: reading::Presence, wakes: &mut Wakes) -> Answer {
        let reading::Presence { entry, is_entering } = presence;
        let hall = self.hall;
        hall.ensure(self.jid, self.visitor, is_entering)?;
        let entered = hall
            .note_visit(&self.visitor.full, self.jid)
            .and_then(|()| {
                self.decide(wakes, |room, outcome| {
                    *outcome = room.enter(self.visitor, nick, entry, is_entering, now())?;
                    Ok(())
                })
            });
        if entered.is_err() {
            // The room may have been made for nothing; and who was inside before still is.
            let is_inside = self.hall.look(self.jid, |room| {
                room.occupant_of(&self.visitor.full).is_some()
            });
            if is_inside != Some(true) {
                hall.forget_visit(&self.visitor.full, self.jid);
            }
            let _ = self.decide(wakes, |_, _| Ok(()));
        }
        entered
    }

    /// What could not be delivered says that the occupant is gone (333).
    fn bounce(&self, wakes: &mut Wakes) {
        let _ = self.decide(wakes, |room, outcome| {
            *outcome = room.leave(&self.visitor.full, "".into(), &[333])?;
            Ok(())
        });
    }

    fn message(
        &self,
        nick: Option<&str>,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<Answer, XmlError> {
        let message = reading::message(reader, self.jid)?;
        drain(reader)?;
        let variant = &*self.stanza.variant;
        if variant == "error" {
            let condition = message.condition.as_deref().unwrap_or_default();
            if BOUNCES.contains(&condition) {
                self.bounce(wakes);
            }
            return Ok(Ok(()));
        }
        let content = message.content;
        Ok(match (nick, variant) {
            (None, "groupchat") => {
                let speech = Speech {
                    id: self.id(),
                    is_subject: message.has_subject && !message.has_body,
                    is_kept: message.has_body,
                    content: content.into(),
                };
                self.decide(wakes, |room, outcome| {
                    *outcome = room.say(self.visitor, speech, now())?;
                    Ok(())
                })
            }
            (Some(_), "groupchat") => Err(Refusal::BadRequest),
            (None, _) if let Some(voice) = &message.voice => self.decide(wakes, |room, outcome| {
                *outcome = room.voice(self.visitor, voice)?;
                Ok(())
            }),
            (None, _) if message.invitations.is_empty() => Err(Refusal::BadRequest),
            (None, _) => self.decide(wakes, |room, outcome| {
                for invitation in &message.invitations {
                    let one = room.invite(self.visitor, invitation)?;
                    outcome.tellings.extend(one.tellings);
                    outcome.is_lasting |= one.is_lasting;
                }
                Ok(())
            }),
            (Some(nick), _) => self.decide(wakes, |room, outcome| {
                *outcome = room.whisper(self.visitor, nick, variant, self.id(), content.into())?;
                Ok(())
            }),
        })
    }

    /// A question to an occupant, or its answer. Returns whether the room answers for it: the ping to oneself of XEP-0410.
    fn question(
        &self,
        nick: &str,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<Result<bool, Refusal>, XmlError> {
        let mut content = String::new();
        let mut is_ping = false;
        while let Some(name) = reader.child()? {
            is_ping |= name.is("ping", namespace::PING);
            content.push_str(&reader.raw_in(namespace::CLIENT)?);
        }
        drain(reader)?;
        Ok(self.decide(wakes, |room, outcome| {
            let own = room.occupant_of(&self.visitor.full);
            let (own, _) = own.ok_or(Refusal::NotInside)?;
            if is_ping && self.stanza.variant == "get" && **own == *nick {
                return Ok(true);
            }
            let variant = &*self.stanza.variant;
            *outcome = room.question(self.visitor, nick, variant, self.id(), content.into())?;
            Ok(false)
        }))
    }

    /// An IQ to the service or to a room.
    fn iq(
        &self,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Answer, XmlError> {
        let is_set = self.stanza.variant == "set";
        let is_room = self.jid.contains('@');
        let Some(name) = reader.child()? else {
            drain(reader)?;
            return Ok(Err(Refusal::BadRequest));
        };
        let node = reader
            .attribute("node")
            .is_some_and(|node| !node.is_empty());
        let visitor = self.visitor;
        match (name.local, &*name.namespace) {
            ("query", namespace::DISCO_INFO | namespace::DISCO_ITEMS) if is_set || node => {
                drain(reader)?;
                Ok(Err(Refusal::Unknown))
            }
            ("query", namespace::DISCO_INFO) => {
                drain(reader)?;
                if !is_room {
                    discovery::write_service(out);
                    return Ok(Ok(()));
                }
                let found = self
                    .hall
                    .look(self.jid, |room| discovery::write_room(out, room));
                Ok(found.ok_or(Refusal::NoRoom))
            }
            ("query", namespace::DISCO_ITEMS) => {
                let mut asked = None;
                while let Some(name) = reader.child()? {
                    if name.is("set", namespace::PAGE) {
                        asked = Some(page::read(reader)?);
                    } else {
                        reader.skip()?;
                    }
                }
                drain(reader)?;
                if !is_room {
                    discovery::write_rooms(out, self.hall, visitor, asked.as_ref());
                    return Ok(Ok(()));
                }
                let found = self.hall.look(self.jid, |room| {
                    discovery::write_occupants(out, room, visitor);
                });
                Ok(found.ok_or(Refusal::NoRoom))
            }
            ("ping", namespace::PING) => {
                drain(reader)?;
                if !is_room {
                    return Ok(Ok(()));
                }
                Ok(self.hall.look(self.jid, |_| ()).ok_or(Refusal::NoRoom))
            }
            ("query", ADMIN) if is_room => {
                let lines = reading::lines(reader)?;
                drain(reader)?;
                Ok(self.administer(lines, is_set, out, wakes))
            }
            ("query", OWNER) if is_room => {
                let asked = reading::ownership(reader)?;
                drain(reader)?;
                Ok(self.own(asked, is_set, out, wakes))
            }
            _ => {
                drain(reader)?;
                Ok(Err(Refusal::Unknown))
            }
        }
    }

    fn administer(
        &self,
        lines: Option<Vec<super::vocabulary::Line>>,
        is_set: bool,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Answer {
        let lines = lines.ok_or(Refusal::BadRequest)?;
        self.decide(wakes, |room, outcome| {
            if is_set {
                *outcome = room.govern(self.visitor, &lines)?;
                return Ok(());
            }
            let [asked] = lines.as_slice() else {
                return Err(Refusal::BadRequest);
            };
            words::lines(out, &room.list(self.visitor, asked)?);
            Ok(())
        })
    }

    fn own(&self, asked: Ownership, is_set: bool, out: &mut String, wakes: &mut Wakes) -> Answer {
        self.decide(wakes, |room, outcome| {
            room.require_owner(self.visitor)?;
            match asked {
                Ownership::Nothing if !is_set => {
                    discovery::write_configuration(out, room);
                    Ok(())
                }
                // Who gives a new room up does not want it (§10.1.3).
                Ownership::Form { is_cancelled, .. } if is_set && is_cancelled => {
                    if room.is_locked {
                        *outcome = room.destroy(self.visitor, &Destroyed::default())?;
                    }
                    Ok(())
                }
                Ownership::Form { fields, .. } if is_set => {
                    let fields = fields.iter();
                    let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
                    *outcome = room.configure(self.visitor, fields)?;
                    Ok(())
                }
                Ownership::Destroy(destroyed) if is_set => {
                    *outcome = room.destroy(self.visitor, &destroyed)?;
                    Ok(())
                }
                _ => Err(Refusal::BadRequest),
            }
        })
    }
}

fn open(out: &mut String, visitor: &Visitor, stanza: &Stanza<'_>, variant: &str) {
    let (id, from) = (stanza.id.as_deref(), stanza.to.as_deref());
    stanza::open(out, stanza.kind, variant, id, from, Some(&visitor.full));
    out.push('>');
}

fn drain(reader: &mut Reader<'_>) -> Result<(), XmlError> {
    while reader.event()? != pubsub_xml::Event::Eof {}
    Ok(())
}
