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
        let form = form::node_config(config);
        self.ask(set(configure(node, &form)), about(node), |_| Ok(()))
            .await
    }

    /// Sees to it that the meta-data of a node name the namespace of its payloads, and describe it so. Whether they did not before.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node, if there is anything to change.
    pub async fn describe(
        &self,
        node: &NodeName,
        payload_type: &str,
        description: &str,
    ) -> Result<bool, PubSubError> {
        let told = self.discover_node(node).await?;
        let is_told = told.meta_data().is_some_and(|told| {
            told.value("pubsub#type") == Some(payload_type)
                && told.value("pubsub#description") == Some(description)
        });
        if is_told {
            return Ok(false);
        }
        let form = form::description(payload_type, description);
        self.ask(set(configure(node, &form)), about(node), |_| Ok(()))
            .await?;
        Ok(true)
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

fn configure(node: &NodeName, form: &str) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB_OWNER}'><configure");
    attribute(&mut body, "node", node.as_str());
    body.push('>');
    body.push_str(form);
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
    use super::{configure, form, form_within};
    use crate::{NodeConfig, NodeName};

    #[test]
    fn a_configuration_is_found_in_its_answer() {
        let node = NodeName::new("n").unwrap();
        let asked = configure(&node, &form::node_config(&NodeConfig::new().persist(false)));
        let form = form_within(&asked).unwrap();
        assert_eq!(form.value("pubsub#persist_items"), Some("0"));
        let asked = configure(&node, &form::description("urn:a", "<b/>"));
        let form = form_within(&asked).unwrap();
        assert_eq!(form.value("pubsub#type"), Some("urn:a"));
        assert_eq!(form.value("pubsub#description"), Some("<b/>"));
        let empty = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'/>";
        assert_eq!(form_within(empty).unwrap(), crate::session::Form::default());
    }
}
