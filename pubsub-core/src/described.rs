//! What a row of a node looks like: from the models of the program, or else from the meta-data of the node.
//!
//! Knows where an outline is looked for. Does not know how it was put there; that is in `set_up`.

use crate::handle::PubSub;
use crate::name::NodeName;
use crate::schema::{Outline, OutlineError};
use crate::session::PubSubError;

/// Why it is not known what a row of a node looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescribedError {
    /// The service does not answer, or does not let us look.
    #[error(transparent)]
    Service(#[from] PubSubError),
    /// The node has a description that begins like a schema and is none.
    #[error("node {node}: {error}")]
    Outline {
        /// The node.
        node: NodeName,
        /// What is wrong with it.
        #[source]
        error: OutlineError,
    },
}

impl PubSub {
    /// What a row of a node looks like. Of a model of this program that is known; any other node is asked for its meta-data, where the program that publishes the model has put it, as the description of the node (`pubsub#description`).
    ///
    /// `None` for a node that is described in other words or not at all, as channels are.
    ///
    /// # Errors
    ///
    /// See [`DescribedError`].
    pub async fn outline(&self, node: &NodeName) -> Result<Option<Outline>, DescribedError> {
        if let Some(model) = self.registry().model(node.as_str()) {
            return Ok(Some(Outline::of(model)));
        }
        let Some(text) = self.outlet().description(node).await? else {
            return Ok(None);
        };
        if !text.starts_with("<schema ") {
            return Ok(None);
        }
        match Outline::read(&text) {
            // Whoever copied it from another node meant that one.
            Ok(outline) => Ok(Some(outline).filter(|outline| outline.node() == node.as_str())),
            Err(error) => Err(DescribedError::Outline {
                node: node.clone(),
                error,
            }),
        }
    }
}
