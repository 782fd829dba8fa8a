//! What a token says: for whom and for how long, and which channels it opens.
//!
//! Plain values, as JSON Web Tokens (RFC 7519 §4) have them. Does not know signatures.

use serde::{Deserialize, Serialize};

/// What a token says. Unknown claims are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose token it is.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The token's own name, by which it can be revoked.
    #[serde(rename = "jti", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Until when it holds, in seconds since 1970. Every token must say so.
    #[serde(rename = "exp")]
    pub expires: u64,
    /// From when on it holds.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
    /// When it was made. What was revoked for a subject is older than the revocation.
    #[serde(rename = "iat", default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<u64>,
    /// For which channels.
    #[serde(rename = "pubsub", default)]
    pub channels: Channels,
}

/// The channels of a token, by name; a name that ends in `*` stands for all that begin so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// Those that may be subscribed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscribe: Vec<String>,
    /// Those that may be published to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
}

impl Claims {
    /// A token for somebody, until then in seconds since 1970, that opens nothing yet.
    #[must_use]
    pub fn until(subject: impl Into<String>, expires: u64) -> Self {
        Self {
            subject: Some(subject.into()),
            expires,
            ..Self::default()
        }
    }

    /// Opens channels to listen to.
    #[must_use]
    pub fn subscribe(mut self, channel: impl Into<String>) -> Self {
        self.channels.subscribe.push(channel.into());
        self
    }

    /// Opens channels to publish to.
    #[must_use]
    pub fn publish(mut self, channel: impl Into<String>) -> Self {
        self.channels.publish.push(channel.into());
        self
    }

    pub(crate) fn may_subscribe(&self, channel: &str) -> bool {
        matches(&self.channels.subscribe, channel)
    }

    pub(crate) fn may_publish(&self, channel: &str) -> bool {
        matches(&self.channels.publish, channel)
    }
}

fn matches(patterns: &[String], channel: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => channel.starts_with(prefix),
            None => pattern == channel,
        })
}

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn channels_are_matched_whole_or_by_their_beginning() {
        let claims = Claims::until("ann", 1000);
        let claims = claims
            .subscribe("user-5")
            .subscribe("project-*")
            .publish("*");
        for (channel, expected) in [
            ("user-5", true),
            ("user-55", false),
            ("project-", true),
            ("project-7", true),
            ("x", false),
        ] {
            assert_eq!(claims.may_subscribe(channel), expected, "{channel}");
            assert!(claims.may_publish(channel));
        }
    }
}
