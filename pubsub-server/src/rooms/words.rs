//! What a room says, as XML. Each is written once, without the address it goes to: that is put between the head and the tail.

use super::room::Room;
use super::standing::Role;
use super::vocabulary::{Announcement, Destroyed, Line, Spoken};
use crate::moment;
use crate::wire::{attribute, form, text};

pub(crate) const MUC: &str = "http://jabber.org/protocol/muc";
pub(crate) const USER: &str = "http://jabber.org/protocol/muc#user";
pub(crate) const ADMIN: &str = "http://jabber.org/protocol/muc#admin";
pub(crate) const REQUEST: &str = "http://jabber.org/protocol/muc#request";
pub(crate) const OWNER: &str = "http://jabber.org/protocol/muc#owner";

pub(crate) const MESSAGE: &str = "<message to='";
pub(crate) const PRESENCE: &str = "<presence to='";
pub(crate) const IQ: &str = "<iq to='";

/// Ends the attribute of the head and says who speaks: the room, or one of its nicknames.
fn open(out: &mut String, room: &str, nick: &str, variant: &str, id: Option<&str>) {
    out.push('\'');
    if !variant.is_empty() {
        attribute(out, "type", variant);
    }
    if let Some(id) = id {
        attribute(out, "id", id);
    }
    out.push_str(" from='");
    crate::wire::escaped(out, room);
    if !nick.is_empty() {
        out.push('/');
        crate::wire::escaped(out, nick);
    }
    out.push_str("'>");
}

fn open_user(out: &mut String) {
    out.push_str("<x xmlns='http://jabber.org/protocol/muc#user'>");
}

fn status(out: &mut String, code: u16) {
    out.push_str("<status code='");
    out.push_str(&code.to_string());
    out.push_str("'/>");
}

fn reason(out: &mut String, words: Option<&str>) {
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        out.push_str("<reason>");
        text(out, words);
        out.push_str("</reason>");
    }
}

/// A message to all, with the id that the room gave it; one from before with its time.
pub(crate) fn message(out: &mut String, room: &str, spoken: &Spoken, is_past: bool) {
    open(out, room, &spoken.nick, "groupchat", spoken.id.as_deref());
    out.push_str(&spoken.content);
    out.push_str("<stanza-id xmlns='urn:xmpp:sid:0'");
    attribute(out, "by", room);
    attribute(out, "id", &spoken.number);
    out.push_str("/>");
    if is_past {
        out.push_str("<delay xmlns='urn:xmpp:delay'");
        attribute(out, "from", room);
        attribute(out, "stamp", &moment::write(spoken.at));
        out.push_str("/>");
    }
    out.push_str("</message>");
}

/// The subject as it stands, which ends what somebody who enters is told (§7.2.15).
pub(crate) fn subject(out: &mut String, room: &Room) {
    match &room.subject {
        Some(spoken) => message(out, &room.jid, spoken, true),
        None => {
            open(out, &room.jid, "", "groupchat", None);
            out.push_str("<subject/></message>");
        }
    }
}

/// Status codes for everybody.
pub(crate) fn changed(out: &mut String, room: &str, codes: &[u16]) {
    open(out, room, "", "groupchat", None);
    open_user(out);
    for code in codes {
        status(out, *code);
    }
    out.push_str("</x></message>");
}

/// The presence of an occupant, for one who sees its JID or not, and is the occupant itself or not.
pub(crate) fn presence(
    out: &mut String,
    room: &str,
    announced: &Announcement,
    sees_jid: bool,
    is_self: bool,
) {
    let variant = if announced.is_unavailable {
        "unavailable"
    } else {
        ""
    };
    open(out, room, &announced.nick, variant, None);
    out.push_str(&announced.presence);
    open_user(out);
    out.push_str("<item");
    attribute(out, "affiliation", announced.affiliation.as_str());
    attribute(out, "role", announced.role.unwrap_or(Role::None).as_str());
    if sees_jid && !announced.jid.is_empty() {
        attribute(out, "jid", &announced.jid);
    }
    if let Some(nick) = &announced.new_nick {
        attribute(out, "nick", nick);
    }
    out.push('>');
    if let Some(actor) = &announced.actor {
        out.push_str("<actor");
        attribute(out, "nick", actor);
        out.push_str("/>");
    }
    reason(out, announced.reason.as_deref());
    out.push_str("</item>");
    if let Some(destroyed) = &announced.destroyed {
        destroy(out, destroyed);
    }
    if is_self {
        for code in announced.own_statuses.iter().chain(&[110]) {
            status(out, *code);
        }
    }
    for code in &announced.statuses {
        status(out, *code);
    }
    out.push_str("</x></presence>");
}

fn destroy(out: &mut String, destroyed: &Destroyed) {
    out.push_str("<destroy");
    if let Some(alternative) = &destroyed.alternative {
        attribute(out, "jid", alternative);
    }
    out.push('>');
    reason(out, destroyed.reason.as_deref());
    out.push_str("</destroy>");
}

/// A message between two occupants (§7.5).
pub(crate) fn private(
    out: &mut String,
    room: &str,
    (nick, variant): (&str, &str),
    id: Option<&str>,
    content: &str,
) {
    open(out, room, nick, variant, id);
    out.push_str(content);
    out.push_str("<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
}

/// A question or an answer between two occupants.
pub(crate) fn question(
    out: &mut String,
    room: &str,
    (nick, variant): (&str, &str),
    id: Option<&str>,
    content: &str,
) {
    open(out, room, nick, variant, id);
    out.push_str(content);
    out.push_str("</iq>");
}

/// Asks a moderator whether an occupant may speak (§8.6).
pub(crate) fn voice_request(out: &mut String, room: &str, nick: &str, jid: &str) {
    open(out, room, "", "", None);
    form::open_titled(
        out,
        REQUEST,
        "Voice request",
        "Submit this form to let the occupant speak.",
    );
    form::field(out, "muc#role", "text-single", "participant");
    form::field(out, "muc#jid", "jid-single", jid);
    form::field(out, "muc#roomnick", "text-single", nick);
    form::field(out, "muc#request_allow", "boolean", "0");
    form::close(out);
    out.push_str("</message>");
}

/// An invitation, or the word that somebody will not come (§7.8.2).
pub(crate) fn invitation(
    out: &mut String,
    room: &Room,
    is_decline: bool,
    from: &str,
    why: Option<&str>,
) {
    open(out, &room.jid, "", "", None);
    open_user(out);
    let word = if is_decline { "decline" } else { "invite" };
    out.push('<');
    out.push_str(word);
    attribute(out, "from", from);
    out.push('>');
    reason(out, why);
    out.push_str("</");
    out.push_str(word);
    out.push('>');
    let password = &room.settings.password;
    if !is_decline && !password.is_empty() {
        out.push_str("<password>");
        text(out, password);
        out.push_str("</password>");
    }
    out.push_str("</x>");
    if !is_decline {
        // For clients that know direct invitations only (XEP-0249).
        out.push_str("<x xmlns='jabber:x:conference'");
        attribute(out, "jid", &room.jid);
        out.push_str("/>");
    }
    out.push_str("</message>");
}

/// An affiliation or role list.
pub(crate) fn lines(out: &mut String, lines: &[Line]) {
    out.push_str("<query xmlns='http://jabber.org/protocol/muc#admin'>");
    for line in lines {
        out.push_str("<item");
        if let Some(affiliation) = line.affiliation {
            attribute(out, "affiliation", affiliation.as_str());
        }
        if let Some(jid) = &line.jid {
            attribute(out, "jid", jid);
        }
        if let Some(nick) = &line.nick {
            attribute(out, "nick", nick);
        }
        if let Some(role) = line.role {
            attribute(out, "role", role.as_str());
        }
        out.push_str("/>");
    }
    out.push_str("</query>");
}
