//! What two old protocols prove that they know a secret with: the SHA-1 of it, as text (XEP-0114 §3, XEP-0124 §15).

use std::fmt::Write as _;

use ring::digest;

/// SHA-1 in small hexadecimal letters.
pub(crate) fn sha1_hex(text: &str) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
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
    use super::sha1_hex;

    #[test]
    fn hashes_are_those_of_sha_1() {
        assert_eq!(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
