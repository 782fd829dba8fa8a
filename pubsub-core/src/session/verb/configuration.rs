//! The configuration of nodes (XEP-0060 §8.2, §8.3).

use pubsub_xml::{Reader, XmlError};

use super::{about, get, set};
use crate::session::form::{self, Form};
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{DATA, PUBSUB_OWNER};
use crate::session::{PubSubError, Session};
use crate::{NodeConfig, NodeName};

impl Session {
    /// Changes what is set in `config` of a node's configuration.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node.
    pub async fn configure(&self, node: &NodeName, config: &NodeConfig) -> Result<(), PubSubError> {
        self.ask(set(configure(node, config)), about(node), |_| Ok(()))
            .await
    }

    /// The configuration of a node.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node.
    pub async fn configuration(&self, node: &NodeName) -> Result<Form, PubSubError> {
        let mut body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><configure");
        attribute(&mut body, "node", node.as_str());
        body.push_str("/></pubsub>");
        self.ask(get(body), about(node), form_within).await
    }

    /// The configuration of nodes that are created without one.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](PubSubError::Unsupported) where the service does not tell.
    pub async fn default_configuration(&self) -> Result<Form, PubSubError> {
        let body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><default/></pubsub>");
        self.ask(get(body), self.whole_service(), form_within).await
    }
}

fn configure(node: &NodeName, config: &NodeConfig) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><configure");
    attribute(&mut body, "node", node.as_str());
    body.push('>');
    body.push_str(&form::node_config(config));
    body.push_str("</configure></pubsub>");
    body
}

/// The form inside `<configure/>` or `<default/>`.
fn form_within(body: &str) -> Result<Form, XmlError> {
    let mut reader = Reader::new(body);
    reader.root()?;
    while reader.child()?.is_some() {
        while let Some(child) = reader.child()? {
            if child.is("x", DATA) {
                return Form::read(&mut reader);
            }
            reader.skip()?;
        }
    }
    Ok(Form::default())
}

#[cfg(test)]
mod tests {
    use super::{configure, form_within};
    use crate::{NodeConfig, NodeName};

    #[test]
    fn a_configuration_is_found_in_its_answer() {
        let asked = configure(
            &NodeName::new("n").unwrap(),
            &NodeConfig::new().persist(false),
        );
        let form = form_within(&asked).unwrap();
        assert_eq!(form.value("pubsub#persist_items"), Some("0"));
        let empty = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'/>";
        assert_eq!(form_within(empty).unwrap(), crate::session::Form::default());
    }
}
