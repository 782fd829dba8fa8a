//! Looking around (XEP-0030): what an entity is and can do, which nodes a service has, which items a node has.

use std::sync::Arc;

use jid::Jid;
use pubsub_xml::{Reader, XmlError};

use super::{about, get};
use crate::NodeName;
use crate::session::engine::{Recipient, Request};
use crate::session::form::Form;
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{DATA, DISCO_INFO, DISCO_ITEMS, RSM};
use crate::session::verb::paging::{self, Turn};
use crate::session::{PubSubError, Session, Target};

/// The topic of the form with the meta-data of a node.
const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";
/// How many nodes are asked for at once.
const PAGE: u32 = 200;

/// What an entity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Such as `pubsub`.
    pub category: String,
    /// Such as `service` or `leaf`.
    pub kind: String,
    /// For people.
    pub name: Option<String>,
}

/// What an entity is and can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub identities: Vec<Identity>,
    /// What it can do, as namespaces.
    pub features: Vec<String>,
    /// What else it tells about itself, a form for each topic.
    pub forms: Vec<Form>,
}

impl Entity {
    /// Whether it says that it can do this.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// The form about one topic, which its field `FORM_TYPE` names.
    #[must_use]
    pub fn form(&self, topic: &str) -> Option<&Form> {
        let mut forms = self.forms.iter();
        forms.find(|form| form.value("FORM_TYPE") == Some(topic))
    }

    /// The meta-data of a node (XEP-0060 §5.4).
    #[must_use]
    pub fn meta_data(&self) -> Option<&Form> {
        self.form(META_DATA)
    }
}

/// A part of an entity.
#[derive(Debug)]
struct Part {
    /// Its name within the address of the entity.
    node: Option<String>,
    /// For people.
    name: Option<String>,
}

impl Session {
    /// What an entity is and can do.
    ///
    /// # Errors
    ///
    /// [`NoSuchService`](PubSubError::NoSuchService) when nobody is there.
    pub async fn discover(&self, address: &Jid) -> Result<Entity, PubSubError> {
        let recipient: Arc<str> = address.as_str().into();
        let request = Request {
            recipient: Recipient::Entity(Arc::clone(&recipient)),
            ..get(format!("<query xmlns='{DISCO_INFO}'/>"))
        };
        self.ask(request, Target::Service(recipient), entity).await
    }

    /// What the PubSub service is and can do.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn discover_service(&self) -> Result<Entity, PubSubError> {
        let request = get(format!("<query xmlns='{DISCO_INFO}'/>"));
        self.ask(request, self.whole_service(), entity).await
    }

    /// What a node is, with its meta-data.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn discover_node(&self, node: &NodeName) -> Result<Entity, PubSubError> {
        let mut body = format!("<query xmlns='{DISCO_INFO}'");
        attribute(&mut body, "node", node.as_str());
        body.push_str("/>");
        self.ask(get(body), about(node), entity).await
    }

    /// The nodes of the service, page by page where it has pages.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn nodes(&self) -> Result<Vec<NodeName>, PubSubError> {
        let mut found: Vec<NodeName> = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let mut body = format!("<query xmlns='{DISCO_ITEMS}'>");
            let turn = last.as_deref().map_or(Turn::First, Turn::After);
            paging::write(&mut body, PAGE, &turn);
            body.push_str("</query>");
            let (page, standing) = self.ask(get(body), self.whole_service(), parts).await?;
            let before = found.len();
            let names = page
                .into_iter()
                .filter_map(|part| NodeName::new(part.node?).ok());
            found.extend(names);
            match paging::next(&standing, found.len(), last.as_deref()) {
                Some(next) if found.len() > before => last = Some(next),
                _ => return Ok(found),
            }
        }
    }

    /// The items of a node by name, without their payloads.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn item_names(&self, node: &NodeName) -> Result<Vec<String>, PubSubError> {
        let mut body = format!("<query xmlns='{DISCO_ITEMS}'");
        attribute(&mut body, "node", node.as_str());
        body.push_str("/>");
        let (parts, _) = self.ask(get(body), about(node), parts).await?;
        Ok(parts.into_iter().filter_map(|part| part.name).collect())
    }
}

fn entity(body: &str) -> Result<Entity, XmlError> {
    let mut entity = Entity::default();
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        let text = |name: &str| reader.attribute(name).map(std::borrow::Cow::into_owned);
        if child.is("x", DATA) {
            entity.forms.push(Form::read(&mut reader)?);
            continue;
        }
        if child.is("identity", DISCO_INFO) {
            entity.identities.push(Identity {
                category: text("category").unwrap_or_default(),
                kind: text("type").unwrap_or_default(),
                name: text("name"),
            });
        } else if child.is("feature", DISCO_INFO) {
            entity.features.extend(text("var"));
        }
        reader.skip()?;
    }
    Ok(entity)
}

fn parts(body: &str) -> Result<(Vec<Part>, paging::Standing), XmlError> {
    let mut parts = Vec::new();
    let mut standing = paging::Standing::default();
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        let text = |name: &str| reader.attribute(name).map(std::borrow::Cow::into_owned);
        if child.is("set", RSM) {
            standing = paging::read(&mut reader)?;
            continue;
        }
        if child.is("item", DISCO_ITEMS) {
            parts.push(Part {
                node: text("node"),
                name: text("name"),
            });
        }
        reader.skip()?;
    }
    Ok((parts, standing))
}

#[cfg(test)]
mod tests {
    use super::{entity, parts};

    #[test]
    fn an_entity_says_what_it_is() {
        let entity = entity(
            "<query xmlns='http://jabber.org/protocol/disco#info' node='n'><identity category='pubsub' type='leaf' name='N'/>\
             <feature var='f'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#meta-data</value></field>\
             <field var='pubsub#title'><value>T</value></field></x>\
             <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>urn:other</value></field></x></query>",
        )
        .unwrap();
        assert!(entity.has("f") && !entity.has("g"));
        assert_eq!(entity.identities.first().unwrap().kind, "leaf");
        let meta_data = entity.meta_data().unwrap();
        assert_eq!(meta_data.value("pubsub#title"), Some("T"));
        assert!(entity.form("urn:other").is_some() && entity.form("urn:none").is_none());
    }

    #[test]
    fn parts_are_listed_with_their_place() {
        let (parts, standing) = parts(
            "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='p' node='a' name='A'/><item jid='q'/>\
             <set xmlns='http://jabber.org/protocol/rsm'><last>a</last><count>3</count></set></query>",
        )
        .unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts.first().unwrap().node.as_deref(), Some("a"));
        assert_eq!(standing.count, Some(3));
    }
}
