//! What a token says: for whom and for how long, and which channels it opens.
//!
//! Plain values, as JSON Web Tokens (RFC 7519 §4) have them. Does not know signatures.

use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(rename = "exp", deserialize_with = "date")]
    pub expires: u64,
    /// From when on it holds.
    #[serde(
        rename = "nbf",
        default,
        deserialize_with = "some_date",
        skip_serializing_if = "Option::is_none"
    )]
    pub not_before: Option<u64>,
    /// When it was made. What was revoked for a subject is older than the revocation.
    #[serde(
        rename = "iat",
        default,
        deserialize_with = "some_date",
        skip_serializing_if = "Option::is_none"
    )]
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

/// A `NumericDate` (RFC 7519 §2), which may have a fraction; it is left out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Date {
    Whole(u64),
    Fraction(f64),
}

impl Date {
    fn seconds<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Whole(seconds) => Ok(seconds),
            Self::Fraction(seconds) if (0.0..LAST).contains(&seconds) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it is in range, and has no sign"
                )]
                let whole = seconds as u64;
                Ok(whole)
            }
            Self::Fraction(_) => Err(E::custom("a date is out of range")),
        }
    }
}

/// Beyond this not every second has a number of its own.
const LAST: f64 = 9_007_199_254_740_992.0;

fn date<'d, D: Deserializer<'d>>(deserializer: D) -> Result<u64, D::Error> {
    Date::deserialize(deserializer)?.seconds()
}

fn some_date<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let date: Option<Date> = Option::deserialize(deserializer)?;
    date.map(Date::seconds).transpose()
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
    fn dates_may_have_a_fraction() {
        for (text, expected) in [
            (
                "{\"exp\":1700000000.25,\"iat\":1600000000.9}",
                Some((1_700_000_000, Some(1_600_000_000))),
            ),
            ("{\"exp\":17e8,\"iat\":null}", Some((1_700_000_000, None))),
            ("{\"exp\":1700000000}", Some((1_700_000_000, None))),
            ("{\"exp\":-1.5}", None),
            ("{\"exp\":1e300}", None),
            ("{\"exp\":\"1700000000\"}", None),
            ("{\"exp\":null}", None),
            ("{\"exp\":1,\"nbf\":-1}", None),
        ] {
            let claims: Option<Claims> = serde_json::from_str(text).ok();
            let read = claims.map(|claims| (claims.expires, claims.issued));
            assert_eq!(read, expected, "{text}");
        }
    }

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
