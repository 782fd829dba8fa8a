//! The roster of an account as XML (RFC 6121 §2).

use pubsub_xml::{Reader, XmlError};

use super::{attribute, namespace, text};
use crate::address;
use crate::roster::{Contact, LONGEST_NAME, MOST_GROUPS};

/// What a roster set asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The contact's bare JID.
    pub(crate) jid: std::sync::Arc<str>,
    pub(crate) name: Box<str>,
    pub(crate) groups: Vec<Box<str>>,
    pub(crate) is_removal: bool,
}

/// Why a roster set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Not exactly one item with a JID, or a group twice.
    Malformed,
    /// A name or group that is empty or too long, or too many groups.
    TooLong,
}

/// Reads the `<query/>` of a roster set that was just entered.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Result<Change, Unfit>, XmlError> {
    let mut changes = Vec::new();
    while let Some(name) = reader.child()? {
        if name.is("item", namespace::ROSTER) {
            changes.push(read_item(reader)?);
        } else {
            reader.skip()?;
        }
    }
    Ok(match changes.pop() {
        Some(change) if changes.is_empty() => change,
        _ => Err(Unfit::Malformed),
    })
}

fn read_item(reader: &mut Reader<'_>) -> Result<Result<Change, Unfit>, XmlError> {
    let jid = reader
        .attribute("jid")
        .and_then(|jid| address::normalize(&jid))
        .map(|jid| address::bare(&jid).into());
    let name: Box<str> = reader.attribute("name").unwrap_or_default().into();
    let is_removal = reader
        .attribute("subscription")
        .is_some_and(|word| word == "remove");
    let mut groups: Vec<Box<str>> = Vec::new();
    let mut is_doubled = false;
    while let Some(child) = reader.child()? {
        if child.is("group", namespace::ROSTER) {
            let group: Box<str> = reader.text()?.into();
            // One more than there may be says enough.
            if groups.len() <= MOST_GROUPS {
                is_doubled |= groups.contains(&group);
                groups.push(group);
            }
        } else {
            reader.skip()?;
        }
    }
    let Some(jid) = jid else {
        return Ok(Err(Unfit::Malformed));
    };
    if is_doubled {
        return Ok(Err(Unfit::Malformed));
    }
    let is_fit = |group: &str| !group.is_empty() && group.len() <= LONGEST_NAME;
    if name.len() > LONGEST_NAME
        || groups.len() > MOST_GROUPS
        || !groups.iter().all(|group| is_fit(group))
    {
        return Ok(Err(Unfit::TooLong));
    }
    Ok(Ok(Change {
        jid,
        name,
        groups,
        is_removal,
    }))
}

/// Opens the `<query/>` of a roster in that version.
pub(crate) fn open(out: &mut String, version: &str) {
    out.push_str("<query xmlns='jabber:iq:roster'");
    attribute(out, "ver", version);
    out.push('>');
}

/// Writes one contact; nothing of it is left after a removal.
pub(crate) fn write_item(out: &mut String, jid: &str, contact: Option<&Contact>) {
    out.push_str("<item");
    attribute(out, "jid", jid);
    let Some(contact) = contact else {
        out.push_str(" subscription='remove'/>");
        return;
    };
    if !contact.name.is_empty() {
        attribute(out, "name", &contact.name);
    }
    attribute(out, "subscription", contact.subscription());
    if contact.has_asked {
        out.push_str(" ask='subscribe'");
    }
    if contact.groups.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for group in &contact.groups {
        out.push_str("<group>");
        text(out, group);
        out.push_str("</group>");
    }
    out.push_str("</item>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(items: &str) -> Result<Change, Unfit> {
        let xml = format!("<query xmlns='jabber:iq:roster'>{items}</query>");
        let mut reader = Reader::new(&xml);
        reader.root().expect("a query");
        super::read(&mut reader).expect("well-formed")
    }

    #[test]
    fn one_item_is_read_with_its_name_and_groups() {
        let change =
            read("<item jid='Bob@x/phone' name='B'><group>a</group><group>b</group></item>")
                .expect("fit");
        assert_eq!((&*change.jid, &*change.name), ("bob@x", "B"));
        assert_eq!(change.groups, ["a".into(), "b".into()]);
        assert!(!change.is_removal);
        assert!(
            read("<item jid='b@x' subscription='remove'/>")
                .expect("fit")
                .is_removal
        );
    }

    #[test]
    fn what_is_unfit_is_refused_for_what_it_is() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let groups: String = (0..=MOST_GROUPS)
            .map(|number| format!("<group>{number}</group>"))
            .collect();
        for (items, expected) in [
            ("", Unfit::Malformed),
            ("<item/>", Unfit::Malformed),
            ("<item jid='@'/>", Unfit::Malformed),
            ("<item jid='a@x'/><item jid='b@x'/>", Unfit::Malformed),
            (
                "<item jid='a@x'><group>a</group><group>a</group></item>",
                Unfit::Malformed,
            ),
            ("<item jid='a@x'><group/></item>", Unfit::TooLong),
            (&format!("<item jid='a@x' name='{long}'/>"), Unfit::TooLong),
            (&format!("<item jid='a@x'>{groups}</item>"), Unfit::TooLong),
            (
                &format!("<item jid='a@x'>{groups}<group>0</group></item>"),
                Unfit::TooLong,
            ),
        ] {
            assert_eq!(read(items), Err(expected), "{items}");
        }
    }

    #[test]
    fn a_contact_is_written_as_it_stands() {
        let mut contact = Contact {
            name: "A & B".into(),
            groups: vec!["<x>".into()],
            to: true,
            is_listed: true,
            ..Contact::default()
        };
        let mut out = String::new();
        write_item(&mut out, "a@x", Some(&contact));
        assert_eq!(
            out,
            "<item jid='a@x' name='A &amp; B' subscription='to'><group>&lt;x&gt;</group></item>"
        );
        contact = Contact {
            has_asked: true,
            ..Contact::default()
        };
        out.clear();
        write_item(&mut out, "a@x", Some(&contact));
        assert_eq!(out, "<item jid='a@x' subscription='none' ask='subscribe'/>");
    }
}
