//! Creating, deleting and emptying nodes (XEP-0060 §8.1, §8.4, §8.5).

use std::sync::atomic::Ordering;

use pubsub_xml::{Reader, XmlError};

use super::{about, set, set_once};
use crate::session::form;
use crate::session::home::Home;
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{PUBSUB, PUBSUB_OWNER};
use crate::session::{PubSubError, Session};
use crate::{NodeConfig, NodeName};

impl Session {
    /// Creates a node.
    ///
    /// # Errors
    ///
    /// [`Conflict`](PubSubError::Conflict) when it exists, whatever its configuration.
    pub async fn create(&self, node: &NodeName, config: &NodeConfig) -> Result<(), PubSubError> {
        let request = set_once(create(Some(node), config));
        self.ask(request, about(node), |_| Ok(())).await
    }

    /// Creates the node of a model with all that is known of it, in one step. What exists is left as it is; whether it did not.
    pub(crate) async fn create_home(&self, home: &Home) -> Result<bool, PubSubError> {
        let form = form::node_config_of(&home.config, home.description.as_ref());
        let request = set(create_with(Some(&home.node), &form));
        match self.ask(request, about(&home.node), |_| Ok(())).await {
            Ok(()) => {
                home.is_ours.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(PubSubError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Creates a node whose name the service chooses.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](PubSubError::Unsupported) where the service chooses none.
    pub async fn create_instant(&self, config: &NodeConfig) -> Result<NodeName, PubSubError> {
        let target = self.whole_service();
        let request = set_once(create(None, config));
        let name = self.ask(request, target.clone(), created).await?;
        let name = name.and_then(|name| NodeName::new(name).ok());
        name.ok_or_else(|| PubSubError::AnswerMalformed {
            target,
            reason: "it names no node".to_owned(),
        })
    }

    /// Sees to it that a node exists and has this configuration; what is not set in it is left as it is.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) when the node exists and belongs to somebody else.
    pub async fn ensure(&self, node: &NodeName, config: &NodeConfig) -> Result<(), PubSubError> {
        // Creating a node that exists does nothing, so unlike in `create` a repetition is harmless.
        let request = set(create(Some(node), config));
        match self.ask(request, about(node), |_| Ok(())).await {
            Err(PubSubError::Conflict { .. }) if config.is_empty() => Ok(()),
            Err(PubSubError::Conflict { .. }) => self.configure(node, config).await,
            outcome => outcome,
        }
    }

    /// Deletes a node with everything in it.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn delete_node(&self, node: &NodeName) -> Result<(), PubSubError> {
        let request = set_once(owner("delete", node));
        self.ask(request, about(node), |_| Ok(())).await
    }

    /// Removes all items of a node.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn purge(&self, node: &NodeName) -> Result<(), PubSubError> {
        let request = set_once(owner("purge", node));
        self.ask(request, about(node), |_| Ok(())).await
    }
}

fn create(node: Option<&NodeName>, config: &NodeConfig) -> String {
    if config.is_empty() {
        create_with(node, "")
    } else {
        create_with(node, &form::node_config(config))
    }
}

fn create_with(node: Option<&NodeName>, form: &str) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB}'><create");
    if let Some(node) = node {
        attribute(&mut body, "node", node.as_str());
    }
    body.push_str("/>");
    if !form.is_empty() {
        body.extend(["<configure>", form, "</configure>"]);
    }
    body.push_str("</pubsub>");
    body
}

fn owner(verb: &str, node: &NodeName) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><{verb}");
    attribute(&mut body, "node", node.as_str());
    body.push_str("/></pubsub>");
    body
}

/// The name in the answer to the creation of a node.
fn created(body: &str) -> Result<Option<String>, XmlError> {
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("create", PUBSUB) {
            return Ok(reader.attribute("node").map(std::borrow::Cow::into_owned));
        }
        reader.skip()?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{create, created, owner};
    use crate::{AccessModel, NodeConfig, NodeName};

    #[test]
    fn requests_about_nodes_are_as_the_standard_shows_them() {
        let node = NodeName::new("a<b").unwrap();
        assert_eq!(
            create(Some(&node), &NodeConfig::new()),
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='a&lt;b'/></pubsub>"
        );
        let configured = create(None, &NodeConfig::new().access(AccessModel::Open));
        assert!(configured.contains("<create/><configure><x xmlns='jabber:x:data' type='submit'>"));
        assert_eq!(
            owner("purge", &node),
            "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><purge node='a&lt;b'/></pubsub>"
        );
        let answer =
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='n1'/></pubsub>";
        assert_eq!(created(answer).unwrap().as_deref(), Some("n1"));
    }
}
