//! External components (XEP-0114): programs that speak for a domain of their own beside the server's, after they have shown that they know its
//! secret. Knows which there may be and how the handshake is proven; the stream is carried and answered where those of clients are.
//!
//! A component is a bound resource whose address is its domain, with the same bounded queue as any client: one that does not read is
//! cut off. Of two that speak for the same domain the newest wins, as with clients, so that one that lost its connection gets in again
//! before the server has noticed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::accounts::is_equal;
use crate::proof::sha1_hex;

/// The domains that components may speak for, with their secrets.
#[derive(Default)]
pub(crate) struct Components {
    secrets: HashMap<Arc<str>, String>,
}

impl std::fmt::Debug for Components {
    /// Leaves the secrets out.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.secrets.keys()).finish()
    }
}

impl Components {
    /// Domains are normalised.
    pub(crate) fn new(secrets: impl Iterator<Item = (Arc<str>, String)>) -> Self {
        Self {
            secrets: secrets.collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Whether the domain is for a component.
    pub(crate) fn has(&self, domain: &str) -> bool {
        self.secrets.contains_key(domain)
    }

    /// The domain as it is known, if there may be a component.
    pub(crate) fn find(&self, domain: &str) -> Option<&Arc<str>> {
        self.secrets.get_key_value(domain).map(|(domain, _)| domain)
    }

    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(|domain| &**domain)
    }

    /// Whether `proof` is what somebody who knows the secret of the domain says to a stream of that id (XEP-0114 §3).
    pub(crate) fn accepts(&self, domain: &str, stream: &str, proof: &str) -> bool {
        let Some(secret) = self.secrets.get(domain) else {
            return false;
        };
        let expected = sha1_hex(&format!("{stream}{secret}"));
        is_equal(
            expected.as_bytes(),
            proof.trim().to_ascii_lowercase().as_bytes(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Components;

    #[test]
    fn only_who_knows_the_secret_of_the_domain_is_let_in() {
        let secrets = [("app.localhost".into(), "secret".to_owned())];
        let components = Components::new(secrets.into_iter());
        let proof = "de0a408ef519cd62e7379039634152874895c50c";
        for (domain, stream, said, expected) in [
            ("app.localhost", "abc", proof, true),
            (
                "app.localhost",
                "abc",
                "DE0A408EF519CD62E7379039634152874895C50C",
                true,
            ),
            ("app.localhost", "abd", proof, false),
            ("app.localhost", "abc", "", false),
            ("other.localhost", "abc", proof, false),
        ] {
            assert_eq!(
                components.accepts(domain, stream, said),
                expected,
                "{domain} {stream} {said}"
            );
        }
    }
}
