//! Reading and retracting items (XEP-0060 §6.5, §7.2). Publishing is [`Session::publish`].

use std::borrow::Cow;
use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::paging::{self, Turn};
use super::{about, get};
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{PUBSUB, RSM};
use crate::session::{PubSubError, Publishing, Session};
use crate::{Change, ChangeKind, ItemId, NodeName};

/// An item that a node keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Who published it, where the service says.
    pub publisher: Option<Arc<str>>,
    /// The payload: one element, complete in itself.
    pub payload: Option<Arc<str>>,
}

/// Which items of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemQuery {
    /// All that the service gives at once.
    All,
    /// The latest so many.
    Latest(u32),
    /// These, in this order.
    Ids(Vec<ItemId>),
    /// The first page of so many, where the service has pages (XEP-0059).
    FirstPage(u32),
    /// The page of so many after the item that [`ItemPage::last`] names.
    PageAfter(u32, String),
    /// The last page of so many.
    LastPage(u32),
    /// The page of so many before the item that [`ItemPage::first`] names.
    PageBefore(u32, String),
}

/// The items that were asked for, in the order of the service: the oldest first, as a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemPage {
    /// The items.
    pub items: Vec<Item>,
    /// What to give to [`ItemQuery::PageBefore`]; absent where the service has no pages.
    pub first: Option<String>,
    /// What to give to [`ItemQuery::PageAfter`]; absent where the service has no pages.
    pub last: Option<String>,
    /// How many items there are in all, where the service says.
    pub count: Option<u64>,
}

impl Session {
    /// Reads items of a node.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn items(&self, node: &NodeName, query: &ItemQuery) -> Result<ItemPage, PubSubError> {
        self.ask(get(request(node, query)), about(node), page).await
    }

    /// Retracts an item, in the order of the changes of its node.
    ///
    /// # Errors
    ///
    /// As of [`publish`](Self::publish).
    pub fn retract(&self, node: NodeName, item: ItemId, notify: bool) -> Publishing {
        let kind = ChangeKind::Retract {
            payload: None,
            notify,
        };
        self.publish(Change { node, item, kind })
    }
}

fn request(node: &NodeName, query: &ItemQuery) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB}'><items");
    attribute(&mut body, "node", node.as_str());
    match query {
        ItemQuery::Latest(count) => attribute(&mut body, "max_items", &count.to_string()),
        ItemQuery::Ids(ids) => {
            body.push('>');
            for id in ids {
                body.push_str("<item");
                attribute(&mut body, "id", id.as_str());
                body.push_str("/>");
            }
            body.push_str("</items></pubsub>");
            return body;
        }
        _ => {}
    }
    body.push_str("/>");
    match query {
        ItemQuery::FirstPage(size) => paging::write(&mut body, *size, &Turn::First),
        ItemQuery::LastPage(size) => paging::write(&mut body, *size, &Turn::Last),
        ItemQuery::PageAfter(size, id) => paging::write(&mut body, *size, &Turn::After(id)),
        ItemQuery::PageBefore(size, id) => paging::write(&mut body, *size, &Turn::Before(id)),
        ItemQuery::All | ItemQuery::Latest(_) | ItemQuery::Ids(_) => {}
    }
    body.push_str("</pubsub>");
    body
}

fn page(body: &str) -> Result<ItemPage, XmlError> {
    let mut page = ItemPage::default();
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("items", PUBSUB) {
            while let Some(child) = reader.child()? {
                if child.is("item", PUBSUB) {
                    page.items.extend(item(&mut reader)?);
                } else {
                    reader.skip()?;
                }
            }
        } else if child.is("set", RSM) {
            let standing = paging::read(&mut reader)?;
            page.first = standing.first;
            page.last = standing.last;
            page.count = standing.count;
        } else {
            reader.skip()?;
        }
    }
    Ok(page)
}

/// `None` for an item whose id is none that an item can have.
fn item(reader: &mut Reader<'_>) -> Result<Option<Item>, XmlError> {
    let id = reader.attribute("id").unwrap_or_default();
    let publisher = reader.attribute("publisher");
    let mut payload: Option<Cow<'_, str>> = None;
    while reader.child()?.is_some() {
        let element = reader.raw()?;
        payload.get_or_insert(element);
    }
    let Ok(id) = ItemId::new(&*id) else {
        return Ok(None);
    };
    Ok(Some(Item {
        id,
        publisher: publisher.map(|publisher| publisher.as_ref().into()),
        payload: payload.map(|payload| payload.as_ref().into()),
    }))
}

#[cfg(test)]
mod tests {
    use super::{ItemQuery, page, request};
    use crate::{ItemId, NodeName};

    fn check(query: &ItemQuery, expect: &str) {
        let node = NodeName::new("n").unwrap();
        let expect = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{expect}</pubsub>");
        assert_eq!(request(&node, query), expect);
    }

    #[test]
    fn every_query_is_written() {
        let set = "<set xmlns='http://jabber.org/protocol/rsm'><max>5</max>";
        check(&ItemQuery::All, "<items node='n'/>");
        check(&ItemQuery::Latest(3), "<items node='n' max_items='3'/>");
        check(
            &ItemQuery::Ids(vec![ItemId::new("a").unwrap(), ItemId::new("b'").unwrap()]),
            "<items node='n'><item id='a'/><item id='b&apos;'/></items>",
        );
        check(
            &ItemQuery::FirstPage(5),
            &format!("<items node='n'/>{set}</set>"),
        );
        check(
            &ItemQuery::LastPage(5),
            &format!("<items node='n'/>{set}<before/></set>"),
        );
        check(
            &ItemQuery::PageAfter(5, "x".into()),
            &format!("<items node='n'/>{set}<after>x</after></set>"),
        );
        check(
            &ItemQuery::PageBefore(5, "x".into()),
            &format!("<items node='n'/>{set}<before>x</before></set>"),
        );
    }

    #[test]
    fn a_page_keeps_order_payload_and_place() {
        let page = page(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'>\
             <item id='1' publisher='a@x'><e xmlns='u'>t</e></item><item id='2'/><item id=''/></items>\
             <set xmlns='http://jabber.org/protocol/rsm'><first>1</first><last>2</last><count>9</count></set></pubsub>",
        )
        .unwrap();
        let ids: Vec<_> = page.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["1", "2"]);
        let first = page.items.first().unwrap();
        assert_eq!(first.payload.as_deref(), Some("<e xmlns='u'>t</e>"));
        assert_eq!(first.publisher.as_deref(), Some("a@x"));
        assert_eq!((page.last.as_deref(), page.count), (Some("2"), Some(9)));
    }
}
