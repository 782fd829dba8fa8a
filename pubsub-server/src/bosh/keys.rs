//! Key sequences: a client that has no encryption proves with each request that it is the one that began the session (XEP-0124 §15). Pure.

use crate::proof::sha1_hex;

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
            Some(key) if sha1_hex(key).eq_ignore_ascii_case(expected) => {
                self.expected = Some(new_key.unwrap_or_else(|| key.to_owned()));
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_hashes_to_the_one_before() {
        let third = "seed".to_owned();
        let second = sha1_hex(&third);
        let first = sha1_hex(&second);
        let mut keys = Keys::begin(Some(sha1_hex(&first)));
        assert!(!keys.take(None, None));
        assert!(!keys.take(Some(&second), None));
        assert!(keys.take(Some(&first), None));
        assert!(!keys.take(Some(&first), None), "a key is used once");
        assert!(keys.take(Some(&second), Some(sha1_hex("other"))));
        assert!(!keys.take(Some(&third), None));
        assert!(keys.take(Some("other"), None));
        assert!(Keys::default().take(None, None));
    }
}
