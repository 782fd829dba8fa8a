//! Brings what a room says to those who are to hear it: each thing is written once, and an occupant costs its address only.

use super::room::Room;
use super::vocabulary::{Announcement, Audience, Letter, Telling, Words};
use super::words;
use crate::router::{Directory, Wakes};
use crate::wire;

/// Says all of it, in its order. What is for people who need not be here is handed back.
pub(super) fn tell(
    room: &Room,
    tellings: &[Telling],
    directory: &Directory<'_>,
    wakes: &mut Wakes,
) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut speaker = Speaker {
        directory,
        wakes,
        address: String::new(),
    };
    for telling in tellings {
        match &telling.words {
            Words::Presence(announcement) => {
                speaker.announce(room, announcement, &telling.audience);
            }
            Words::Invitation { .. } => letters.extend(letter(room, telling)),
            Words::Company(nick) => speaker.introduce(room, nick, &telling.audience),
            other => {
                let mut tail = String::with_capacity(256);
                let head = write(&mut tail, room, other);
                speaker.say(room, &telling.audience, head, &tail);
            }
        }
    }
    letters
}

/// A message with its address.
fn letter(room: &Room, telling: &Telling) -> Vec<Letter> {
    let mut tail = String::with_capacity(256);
    let head = write(&mut tail, room, &telling.words);
    let Audience::These(jids) = &telling.audience else {
        return Vec::new();
    };
    let letters = jids.iter().map(|jid| {
        let mut text = String::from(head);
        wire::escaped(&mut text, jid);
        text.push_str(&tail);
        Letter {
            to: jid.clone(),
            text,
        }
    });
    letters.collect()
}

/// Writes the tail of what is the same for everybody; returns its head.
fn write(tail: &mut String, room: &Room, what: &Words) -> &'static str {
    match what {
        Words::Message(spoken) => words::message(tail, &room.jid, spoken, false),
        Words::Past(spoken) => words::message(tail, &room.jid, spoken, true),
        Words::Subject => words::subject(tail, room),
        Words::Changed(codes) => words::changed(tail, &room.jid, codes),
        Words::Private {
            nick,
            variant,
            id,
            content,
        } => words::private(tail, &room.jid, (nick, variant), id.as_deref(), content),
        Words::Question {
            nick,
            variant,
            id,
            content,
        } => {
            words::question(tail, &room.jid, (nick, variant), id.as_deref(), content);
            return words::IQ;
        }
        Words::VoiceRequest { nick, jid } => words::voice_request(tail, &room.jid, nick, jid),
        Words::Invitation {
            is_decline,
            from,
            reason,
        } => words::invitation(tail, room, *is_decline, from, reason.as_deref()),
        // These are written for each kind of listener.
        Words::Presence(_) | Words::Company(_) => {}
    }
    words::MESSAGE
}

struct Speaker<'s> {
    directory: &'s Directory<'s>,
    wakes: &'s mut Wakes,
    address: String,
}

impl Speaker<'_> {
    fn deliver(&mut self, jid: &str, head: &str, tail: &str) {
        self.address.clear();
        wire::escaped(&mut self.address, jid);
        self.directory
            .deliver(self.wakes, jid, &[head, &self.address, tail]);
    }

    fn say(&mut self, room: &Room, audience: &Audience, head: &str, tail: &str) {
        match audience {
            Audience::Occupants => {
                for (session, _, _) in room.sessions() {
                    self.deliver(&session.full, head, tail);
                }
            }
            Audience::These(jids) => {
                for jid in jids {
                    self.deliver(jid, head, tail);
                }
            }
        }
    }

    /// A presence has three forms: for those who see the JID, for those who do not, and for the occupant itself.
    fn announce(&mut self, room: &Room, announced: &Announcement, audience: &Audience) {
        let mut tails = [const { String::new() }; 3];
        let mut deliver = |speaker: &mut Self, jid: &str, sees: bool, is_self: bool| {
            let which = if is_self { 2 } else { usize::from(sees) };
            if let Some(tail) = tails.get_mut(which) {
                if tail.is_empty() {
                    words::presence(tail, &room.jid, announced, sees || is_self, is_self);
                }
                speaker.deliver(jid, words::PRESENCE, tail);
            }
        };
        match audience {
            Audience::Occupants => {
                // Under a new nickname the occupant hears of its old one too.
                let own = announced.new_nick.as_ref().unwrap_or(&announced.nick);
                for (session, sees, nick) in room.sessions() {
                    deliver(self, &session.full, sees, nick == own);
                }
            }
            // Told of oneself: the occupant is not among the others, or no more.
            Audience::These(jids) => {
                for jid in jids {
                    deliver(self, jid, true, true);
                }
            }
        }
    }

    /// The presences of all but one nickname.
    fn introduce(&mut self, room: &Room, but: &str, audience: &Audience) {
        let Audience::These(jids) = audience else {
            return;
        };
        for jid in jids {
            let sees = room.sees_jids(jid);
            let others = room.occupants.iter().filter(|(nick, _)| &***nick != but);
            for (nick, occupant) in others {
                let mut tail = String::with_capacity(256);
                let announcement = room.announcement(nick, occupant);
                words::presence(&mut tail, &room.jid, &announcement, sees, false);
                self.deliver(jid, words::PRESENCE, &tail);
            }
        }
    }
}
