//! The name of a channel, and the node that it stands for.
//!
//! Pure: knows aliases and reserved words. Does not know URLs, nor which channels exist.

use std::fmt;
use std::sync::Arc;

use pubsub_core::{NameError, NodeName};

/// Asks for all channels where statistics are asked for, and can therefore be the name of none.
const ALL: &str = "ALL";

/// The name of a channel as browsers know it.
///
/// A channel is a node of the service. The node `/twitter/Tweet` of a model is the channel `twitter.Tweet`, which needs no escaping in a
/// URL and no quoting in a script; every other node is the channel of the very same name.
///
/// ```
/// use pubsub_gateway::ChannelName;
///
/// let tweets = ChannelName::new("twitter.Tweet")?;
/// assert_eq!(tweets.node().as_str(), "/twitter/Tweet");
/// assert_eq!(ChannelName::new("/twitter/Tweet")?, tweets);
/// assert_eq!(ChannelName::new("user-5")?.node().as_str(), "user-5");
/// # Ok::<(), pubsub_gateway::ChannelNameError>(())
/// ```
#[derive(Clone)]
pub struct ChannelName {
    name: Arc<str>,
    node: NodeName,
}

/// Why something cannot be the name of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelNameError {
    /// `ALL`, or something with `*` in it: these ask for the statistics of several channels.
    #[error("Channel id not authorized for this method.")]
    Reserved,
    /// No node can be called so.
    #[error("Channel id is not valid: {0}.")]
    NotANode(#[from] NameError),
}

impl ChannelName {
    /// The channel of this name, or of the node of this name.
    ///
    /// # Errors
    ///
    /// See [`ChannelNameError`].
    pub fn new(text: &str) -> Result<Self, ChannelNameError> {
        if text == ALL || text.contains('*') {
            return Err(ChannelNameError::Reserved);
        }
        if let Some((first, second)) = parts_of_alias(text, '.') {
            let node = NodeName::new(format!("/{first}/{second}"))?;
            let name = Arc::from(text);
            return Ok(Self { name, node });
        }
        let node = NodeName::new(text)?;
        let alias = text
            .strip_prefix('/')
            .and_then(|path| parts_of_alias(path, '/'))
            .map(|(first, second)| format!("{first}.{second}"));
        let name = Arc::from(alias.as_deref().unwrap_or(text));
        Ok(Self { name, node })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The node whose events the channel carries.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// Whether it is the node of a model.
    pub(crate) fn is_of_model(&self) -> bool {
        *self.name != *self.node.as_str()
    }

    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }
}

/// The two parts of the name of a model's node: a crate, and a type, which begins with an upper-case letter.
fn parts_of_alias(text: &str, separator: char) -> Option<(&str, &str)> {
    let (first, second) = text.split_once(separator)?;
    let is_type = second.chars().next().is_some_and(char::is_uppercase);
    let is_plain = |part: &str| !part.contains(['.', '/']);
    (is_type && !first.is_empty() && is_plain(first) && is_plain(second)).then_some((first, second))
}

impl PartialEq for ChannelName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ChannelName {}

impl fmt::Display for ChannelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.name, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ChannelName, ChannelNameError};

    #[test]
    fn nodes_of_models_have_an_alias() {
        for (given, name, node) in [
            ("twitter.Tweet", "twitter.Tweet", "/twitter/Tweet"),
            ("/twitter/Tweet", "twitter.Tweet", "/twitter/Tweet"),
            ("shop.Élan", "shop.Élan", "/shop/Élan"),
            ("user-5", "user-5", "user-5"),
            ("a.b", "a.b", "a.b"),
            ("a.B.C", "a.B.C", "a.B.C"),
            ("/a.b/C", "/a.b/C", "/a.b/C"),
            ("/a/B/c", "/a/B/c", "/a/B/c"),
            ("/home", "/home", "/home"),
            (".B", ".B", ".B"),
        ] {
            let channel = ChannelName::new(given).unwrap();
            assert_eq!(
                (channel.as_str(), channel.node().as_str()),
                (name, node),
                "{given}"
            );
        }
    }

    #[test]
    fn what_asks_for_several_channels_is_none() {
        for given in ["ALL", "*", "a*", "a*b"] {
            let refused = ChannelName::new(given).unwrap_err();
            assert_eq!(refused, ChannelNameError::Reserved, "{given}");
        }
        assert!(ChannelName::new("all").is_ok());
    }

    #[test]
    fn what_no_node_can_be_called_is_said() {
        for given in ["", "a\0b", "a\r\nb", "\u{FFFE}"] {
            assert!(matches!(
                ChannelName::new(given),
                Err(ChannelNameError::NotANode(_))
            ));
        }
    }

    proptest! {
        #[test]
        fn name_and_node_are_the_same_channel(text in "\\PC{1,12}|[a-c./B-D]{1,8}") {
            if let Ok(channel) = ChannelName::new(&text) {
                let by_name = ChannelName::new(channel.as_str()).unwrap();
                let by_node = ChannelName::new(channel.node().as_str());
                prop_assert_eq!(by_name.node(), channel.node());
                prop_assert_eq!(by_node.unwrap(), channel);
            }
        }
    }
}
