//! Who may do what with a node (XEP-0060 §5.7, §8.9).

use std::sync::Arc;

use jid::Jid;
use pubsub_xml::{Reader, XmlError};

use super::{about, set};
use crate::NodeName;
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{PUBSUB, PUBSUB_OWNER};
use crate::session::{PubSubError, Session};

/// What somebody may do with a node (XEP-0060 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Affiliation {
    /// Everything.
    Owner,
    /// Publish and read.
    Publisher,
    /// Publish, not read.
    PublishOnly,
    /// Read, also where only those on the list may.
    Member,
    /// What everybody may.
    None,
    /// Nothing.
    Outcast,
}

impl Affiliation {
    /// The word of the standard.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Publisher => "publisher",
            Self::PublishOnly => "publish-only",
            Self::Member => "member",
            Self::None => "none",
            Self::Outcast => "outcast",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [
            Self::Owner,
            Self::Publisher,
            Self::PublishOnly,
            Self::Member,
            Self::None,
            Self::Outcast,
        ]
        .into_iter()
        .find(|affiliation| affiliation.as_str() == word)
    }
}

/// What we may do with a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAffiliation {
    /// The node.
    pub node: NodeName,
    /// What we may do.
    pub affiliation: Affiliation,
}

/// What somebody may do with one of our nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAffiliation {
    /// Who.
    pub user: Arc<str>,
    /// What they may do.
    pub affiliation: Affiliation,
}

impl Session {
    /// What we may do with the nodes of the service.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn affiliations(&self) -> Result<Vec<NodeAffiliation>, PubSubError> {
        let read = |body: &str| {
            affiliations(body, PUBSUB, |reader, affiliation| {
                let node = NodeName::new(&*reader.attribute("node")?).ok()?;
                Some(NodeAffiliation { node, affiliation })
            })
        };
        self.list(PUBSUB, "<affiliations/>", self.whole_service(), read)
            .await
    }

    /// Who may do what with a node that is ours.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node.
    pub async fn node_affiliations(
        &self,
        node: &NodeName,
    ) -> Result<Vec<UserAffiliation>, PubSubError> {
        let read = |body: &str| {
            affiliations(body, PUBSUB_OWNER, |reader, affiliation| {
                let user = reader.attribute("jid")?.as_ref().into();
                Some(UserAffiliation { user, affiliation })
            })
        };
        let mut list = "<affiliations".to_owned();
        attribute(&mut list, "node", node.as_str());
        list.push_str("/>");
        self.list(PUBSUB_OWNER, &list, about(node), read).await
    }

    /// Lets others do more, or less, with a node that is ours. Others than those named keep what they have.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node.
    pub async fn set_affiliations(
        &self,
        node: &NodeName,
        affiliations: &[(Jid, Affiliation)],
    ) -> Result<(), PubSubError> {
        self.ask(set(request(node, affiliations)), about(node), |_| Ok(()))
            .await
    }
}

fn request(node: &NodeName, affiliations: &[(Jid, Affiliation)]) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><affiliations");
    attribute(&mut body, "node", node.as_str());
    body.push('>');
    for (user, affiliation) in affiliations {
        body.push_str("<affiliation");
        attribute(&mut body, "jid", user.as_str());
        attribute(&mut body, "affiliation", affiliation.as_str());
        body.push_str("/>");
    }
    body.push_str("</affiliations></pubsub>");
    body
}

fn affiliations<T>(
    body: &str,
    namespace: &str,
    read: impl Fn(&Reader<'_>, Affiliation) -> Option<T>,
) -> Result<Vec<T>, XmlError> {
    let mut found = Vec::new();
    let mut reader = Reader::new(body);
    reader.root()?;
    while reader.child()?.is_some() {
        while let Some(child) = reader.child()? {
            if child.is("affiliation", namespace)
                && let Some(word) = reader.attribute("affiliation")
                && let Some(affiliation) = Affiliation::read(&word)
            {
                found.extend(read(&reader, affiliation));
            }
            reader.skip()?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use jid::Jid;

    use super::{Affiliation, affiliations, request};
    use crate::NodeName;
    use crate::session::stanza::namespace::PUBSUB_OWNER;

    #[test]
    fn what_is_set_reads_back() {
        let node = NodeName::new("n").unwrap();
        let wanted = [
            (Jid::new("a@x").unwrap(), Affiliation::PublishOnly),
            (Jid::new("b@x").unwrap(), Affiliation::Outcast),
        ];
        let body = request(&node, &wanted);
        let found = affiliations(&body, PUBSUB_OWNER, |reader, affiliation| {
            Some((Jid::new(&reader.attribute("jid")?).ok()?, affiliation))
        });
        assert_eq!(found.unwrap(), wanted);
    }
}
