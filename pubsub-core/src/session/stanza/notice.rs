//! Reads the notifications of a PubSub service (XEP-0060 §7.1.2 and on, §8.6), item by item in their order, without copying.

use std::borrow::Cow;

use pubsub_xml::{Reader, XmlError};

use super::namespace::{PUBSUB, PUBSUB_EVENT};

/// One thing that a message says about a node.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::session) struct Notice<'n, 'x> {
    pub(in crate::session) node: &'n str,
    pub(in crate::session) kind: NoticeKind<'x>,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::session) enum NoticeKind<'x> {
    Published {
        id: Option<Cow<'x, str>>,
        publisher: Option<Cow<'x, str>>,
        /// One element, complete in itself; absent from nodes that do not deliver payloads.
        payload: Option<Cow<'x, str>>,
    },
    Retracted {
        id: Cow<'x, str>,
    },
    Purged,
    Deleted {
        redirect: Option<Cow<'x, str>>,
    },
    Configured,
    /// The state of our subscription has changed without our asking.
    Subscription {
        state: Cow<'x, str>,
    },
}

/// Hands every notice of a message to `each`. `reader` stands in the message.
pub(in crate::session) fn notices<'x>(
    mut reader: Reader<'x>,
    mut each: impl FnMut(Notice<'_, 'x>),
) -> Result<(), XmlError> {
    while let Some(child) = reader.child()? {
        if child.is("event", PUBSUB_EVENT) {
            while let Some(about) = reader.child()? {
                if about.namespace == PUBSUB_EVENT
                    && let Some(node) = reader.attribute("node")
                {
                    about_node(&mut reader, about.local, &node, &mut each)?;
                } else {
                    reader.skip()?;
                }
            }
        } else if child.is("pubsub", PUBSUB) {
            while let Some(about) = reader.child()? {
                if about.is("subscription", PUBSUB)
                    && let Some(node) = reader.attribute("node")
                {
                    let state = reader.attribute("subscription").unwrap_or_default();
                    let kind = NoticeKind::Subscription { state };
                    each(Notice { node: &node, kind });
                }
                reader.skip()?;
            }
        } else {
            reader.skip()?;
        }
    }
    reader.finish()
}

fn about_node<'x>(
    reader: &mut Reader<'x>,
    what: &str,
    node: &str,
    each: &mut impl FnMut(Notice<'_, 'x>),
) -> Result<(), XmlError> {
    let kind = match what {
        "items" => return items(reader, node, each),
        "purge" => NoticeKind::Purged,
        "configuration" => NoticeKind::Configured,
        "subscription" => NoticeKind::Subscription {
            state: reader.attribute("subscription").unwrap_or_default(),
        },
        "delete" => {
            let mut redirect = None;
            while reader.child()?.is_some() {
                redirect = reader.attribute("uri").or(redirect);
                reader.skip()?;
            }
            let kind = NoticeKind::Deleted { redirect };
            each(Notice { node, kind });
            return Ok(());
        }
        _ => return reader.skip(),
    };
    reader.skip()?;
    each(Notice { node, kind });
    Ok(())
}

fn items<'x>(
    reader: &mut Reader<'x>,
    node: &str,
    each: &mut impl FnMut(Notice<'_, 'x>),
) -> Result<(), XmlError> {
    while let Some(child) = reader.child()? {
        let id = reader.attribute("id");
        let kind = if child.is("item", PUBSUB_EVENT) {
            let publisher = reader.attribute("publisher");
            let mut payload = None;
            while reader.child()?.is_some() {
                let element = reader.raw()?;
                payload.get_or_insert(element);
            }
            NoticeKind::Published {
                id,
                publisher,
                payload,
            }
        } else if child.is("retract", PUBSUB_EVENT)
            && let Some(id) = id
        {
            reader.skip()?;
            NoticeKind::Retracted { id }
        } else {
            reader.skip()?;
            continue;
        };
        each(Notice { node, kind });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pubsub_xml::Reader;

    use super::notices;

    fn check(event: &str, expect: &[&str]) {
        read(
            &format!("<event xmlns='http://jabber.org/protocol/pubsub#event'>{event}</event>"),
            expect,
        );
    }

    fn read(content: &str, expect: &[&str]) {
        let message = format!("<message xmlns='jabber:client'><body>x</body>{content}</message>");
        let mut reader = Reader::new(&message);
        reader.root().unwrap();
        let mut found = Vec::new();
        notices(reader, |notice| {
            found.push(format!("{} {:?}", notice.node, notice.kind));
        })
        .unwrap();
        assert_eq!(found, expect);
    }

    #[test]
    fn items_and_retractions_keep_their_order() {
        check(
            "<items node='n'><item id='1' publisher='a@x'><e xmlns='u'>1</e></item><retract id='2'/><item id='3'/></items>",
            &[
                r#"n Published { id: Some("1"), publisher: Some("a@x"), payload: Some("<e xmlns='u'>1</e>") }"#,
                r#"n Retracted { id: "2" }"#,
                r#"n Published { id: Some("3"), publisher: None, payload: None }"#,
            ],
        );
    }

    #[test]
    fn what_became_of_a_pending_subscription_is_told() {
        read(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <subscription node='n' jid='a@x' subid='7' subscription='subscribed'/><other/></pubsub>",
            &[r#"n Subscription { state: "subscribed" }"#],
        );
    }

    #[test]
    fn changes_of_the_node_itself_are_told() {
        check("<purge node='n'/>", &["n Purged"]);
        check(
            "<configuration node='n'><x xmlns='jabber:x:data'/></configuration>",
            &["n Configured"],
        );
        check(
            "<delete node='n'><redirect uri='xmpp:p?;node=m'/></delete>",
            &[r#"n Deleted { redirect: Some("xmpp:p?;node=m") }"#],
        );
        check(
            "<subscription node='n' jid='a@x' subscription='subscribed'/>",
            &[r#"n Subscription { state: "subscribed" }"#],
        );
        check(
            "<collection node='n'><associate node='m'/></collection><other/>",
            &[],
        );
    }
}
