//! Key sequences: a client that has no encryption proves with each request that it is the one that began the session (XEP-0124 §15). Pure.

use std::fmt::Write as _;

use ring::digest;

/// What the next key has to hash to; none if the client uses no keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    expected: Option<String>,
}

impl Keys {
    /// Begins with the `newkey` of the first request.
    pub(super) fn begin(new_key: Option<String>) -> Self {
        Self { expected: new_key }
    }

    /// Takes the key of a request in its turn; false if it is not the right one.
    pub(super) fn take(&mut self, key: Option<&str>, new_key: Option<String>) -> bool {
        let Some(expected) = &self.expected else {
            return true;
        };
        match key {
            Some(key) if hash(key).eq_ignore_ascii_case(expected) => {
                self.expected = Some(new_key.unwrap_or_else(|| key.to_owned()));
                true
            }
            _ => false,
        }
    }
}

fn hash(key: &str) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_hashes_to_the_one_before() {
        let third = "seed".to_owned();
        let second = hash(&third);
        let first = hash(&second);
        let mut keys = Keys::begin(Some(hash(&first)));
        assert!(!keys.take(None, None));
        assert!(!keys.take(Some(&second), None));
        assert!(keys.take(Some(&first), None));
        assert!(!keys.take(Some(&first), None), "a key is used once");
        assert!(keys.take(Some(&second), Some(hash("other"))));
        assert!(!keys.take(Some(&third), None));
        assert!(keys.take(Some("other"), None));
        assert!(Keys::default().take(None, None));
    }

    #[test]
    fn hashes_are_those_of_sha_1() {
        assert_eq!(hash("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
