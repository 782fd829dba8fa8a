//! What the service and a room say of themselves (XEP-0030, XEP-0045 §6).

use std::sync::Arc;

use super::hall::{Hall, lock};
use super::room::Room;
use super::settings::{Kind, SETTINGS};
use super::standing::Affiliation;
use super::vocabulary::Visitor;
use super::words::{MUC, REQUEST};
use crate::service::vocabulary::{Page, PageInfo, PageStart};
use crate::wire::{attribute, disco, form, page, text};

const FEATURES: &[&str] = &[
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    MUC,
    "http://jabber.org/protocol/muc#self-ping-optimization",
    "http://jabber.org/protocol/rsm",
    "urn:xmpp:ping",
];

const ROOM_FEATURES: &[&str] = &[
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    MUC,
    REQUEST,
    "http://jabber.org/protocol/muc#self-ping-optimization",
    "http://jabber.org/protocol/muc#stable_id",
    "urn:xmpp:ping",
    "urn:xmpp:sid:0",
];

/// As many rooms as one answer lists, whatever is asked for.
const MOST: usize = 1_000;

/// `disco#info` of the service.
pub(super) fn write_service(out: &mut String) {
    disco::open(out, "info", None);
    disco::identity(out, "conference", "text", "Rooms");
    disco::features(out, FEATURES);
    disco::close(out);
}

/// `disco#items` of the service: the rooms that the visitor may know of.
pub(super) fn write_rooms(
    out: &mut String,
    hall: &Hall,
    visitor: &Visitor,
    asked: Option<&Page<'_>>,
) {
    let mut listed = Vec::new();
    for (jid, room) in hall.addresses() {
        let room = lock(&room);
        let is_shown = room.settings.is_public
            || room.affiliation(&visitor.bare) > Affiliation::None
            || room.occupant_of(&visitor.full).is_some();
        if is_shown && !room.is_gone && !room.is_locked {
            listed.push((jid, title(&room)));
        }
    }
    let count = listed.len();
    let (chosen, info) = choose(&listed, asked);
    disco::open(out, "items", None);
    for (jid, name) in chosen {
        out.push_str("<item");
        attribute(out, "jid", jid);
        attribute(out, "name", name);
        out.push_str("/>");
    }
    // Without being asked for a page one gets it all, and is told if that was too much.
    if asked.is_some() || chosen.len() < count {
        page::write(out, &info);
    }
    disco::close(out);
}

/// The rooms of a page.
fn choose<'r>(
    listed: &'r [(Arc<str>, String)],
    asked: Option<&Page<'_>>,
) -> (&'r [(Arc<str>, String)], PageInfo) {
    let most = asked.and_then(|page| page.max).unwrap_or(MOST).min(MOST);
    let place = |name: &str| listed.partition_point(|(jid, _)| **jid < *name);
    let (start, end) = match asked.map(|page| &page.from) {
        None | Some(PageStart::First) => (0, most),
        Some(PageStart::Index(index)) => (*index, index.saturating_add(most)),
        Some(PageStart::After(name)) => {
            let start = listed.partition_point(|(jid, _)| **jid <= **name);
            (start, start + most)
        }
        Some(PageStart::Last) => (listed.len().saturating_sub(most), listed.len()),
        Some(PageStart::Before(name)) => (place(name).saturating_sub(most), place(name)),
    };
    let start = start.min(listed.len());
    let chosen = listed.get(start..end.min(listed.len())).unwrap_or_default();
    let info = PageInfo {
        first: chosen.first().map(|(jid, _)| jid.clone()),
        last: chosen.last().map(|(jid, _)| jid.clone()),
        index: (!chosen.is_empty()).then_some(start),
        count: listed.len(),
    };
    (chosen, info)
}

fn title(room: &Room) -> String {
    if room.settings.name.is_empty() {
        let (local, _) = room.jid.split_once('@').unwrap_or((&room.jid, ""));
        local.to_owned()
    } else {
        room.settings.name.clone()
    }
}

/// `disco#info` of a room (§6.4), with its meta-data.
pub(super) fn write_room(out: &mut String, room: &Room) {
    let settings = &room.settings;
    disco::open(out, "info", None);
    disco::identity(out, "conference", "text", &title(room));
    disco::features(out, ROOM_FEATURES);
    let either = |is: bool, yes, no| if is { yes } else { no };
    disco::features(
        out,
        &[
            either(settings.is_persistent, "muc_persistent", "muc_temporary"),
            either(settings.is_public, "muc_public", "muc_hidden"),
            either(settings.is_members_only, "muc_membersonly", "muc_open"),
            either(settings.is_moderated, "muc_moderated", "muc_unmoderated"),
            either(
                settings.is_non_anonymous,
                "muc_nonanonymous",
                "muc_semianonymous",
            ),
            either(
                settings.password.is_empty(),
                "muc_unsecured",
                "muc_passwordprotected",
            ),
        ],
    );
    form::open(out, "result", "http://jabber.org/protocol/muc#roominfo");
    form::field(
        out,
        "muc#roominfo_description",
        "text-single",
        &settings.description,
    );
    form::field(
        out,
        "muc#roominfo_occupants",
        "text-single",
        &room.occupants.len().to_string(),
    );
    for name in ["muc#roomconfig_roomname", "muc#roomconfig_changesubject"] {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
            form::field(out, name, "text-single", &(setting.read)(settings));
        }
    }
    form::close(out);
    disco::close(out);
}

/// `disco#items` of a room: its occupants, for those among them.
pub(super) fn write_occupants(out: &mut String, room: &Room, visitor: &Visitor) {
    disco::open(out, "items", None);
    if room.occupant_of(&visitor.full).is_some() {
        for nick in room.occupants.keys() {
            out.push_str("<item");
            attribute(out, "jid", &format!("{}/{nick}", room.jid));
            out.push_str("/>");
        }
    }
    disco::close(out);
}

/// The form of an owner (§10.2), filled in as the room is.
pub(super) fn write_configuration(out: &mut String, room: &Room) {
    out.push_str("<query xmlns='http://jabber.org/protocol/muc#owner'>");
    form::open(out, "form", "http://jabber.org/protocol/muc#roomconfig");
    for setting in SETTINGS {
        out.push_str("<field");
        attribute(out, "var", setting.name);
        attribute(out, "label", setting.label);
        let kind = match setting.kind {
            Kind::Boolean => "boolean",
            Kind::Text => "text-single",
            Kind::Private => "text-private",
            Kind::Choice(_) => "list-single",
        };
        attribute(out, "type", kind);
        out.push('>');
        if let Kind::Choice(choices) = setting.kind {
            for choice in choices {
                out.push_str("<option><value>");
                text(out, choice);
                out.push_str("</value></option>");
            }
        }
        out.push_str("<value>");
        text(out, &(setting.read)(&room.settings));
        out.push_str("</value></field>");
    }
    form::close(out);
    out.push_str("</query>");
}
