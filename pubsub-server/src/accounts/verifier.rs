//! Salted verifiers of a password (RFC 5802 §3): enough to check a client and to prove the server, not enough to log in elsewhere.

use std::num::NonZeroU32;

use ring::{digest, hmac, pbkdf2};

/// The hash of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-1 (RFC 5802).
    Sha1,
    /// SCRAM-SHA-256 (RFC 7677).
    Sha256,
}

impl Hash {
    /// The name of the SASL mechanism.
    #[must_use]
    pub fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
        }
    }

    pub(crate) fn digest(self, data: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, data).as_ref().to_vec()
    }

    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(self.hmac_algorithm(), key), data)
            .as_ref()
            .to_vec()
    }

    /// `Hi(password, salt, iterations)` of RFC 5802.
    fn salted_password(self, password: &[u8], salt: &[u8], iterations: NonZeroU32) -> Vec<u8> {
        let (algorithm, length) = match self {
            Self::Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, digest::SHA1_OUTPUT_LEN),
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256_OUTPUT_LEN),
        };
        let mut out = vec![0; length];
        pbkdf2::derive(algorithm, iterations, salt, password, &mut out);
        out
    }

    fn hmac_algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        }
    }
}

/// What is kept of a password for one mechanism.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    /// The hash it is for.
    pub hash: Hash,
    /// Random, one for each account and hash.
    pub salt: Vec<u8>,
    /// The work factor.
    pub iterations: NonZeroU32,
    /// `H(ClientKey)`.
    pub stored_key: Vec<u8>,
    /// `ServerKey`.
    pub server_key: Vec<u8>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Verifier {
    /// Derives a verifier from a prepared password.
    pub(crate) fn derive(
        hash: Hash,
        password: &str,
        salt: Vec<u8>,
        iterations: NonZeroU32,
    ) -> Self {
        let salted = hash.salted_password(password.as_bytes(), &salt, iterations);
        let stored_key = hash.digest(&hash.hmac(&salted, b"Client Key"));
        let server_key = hash.hmac(&salted, b"Server Key");
        Self {
            hash,
            salt,
            iterations,
            stored_key,
            server_key,
        }
    }

    /// Whether the password is the one this was made of. Slow on purpose.
    #[must_use]
    pub fn accepts(&self, password: &str) -> bool {
        let Some(password) = prepare(password) else {
            return false;
        };
        let other = Self::derive(self.hash, &password, self.salt.clone(), self.iterations);
        is_equal(&other.stored_key, &self.stored_key)
    }
}

/// Everything that is kept of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// For SCRAM-SHA-1.
    pub sha1: Verifier,
    /// For SCRAM-SHA-256.
    pub sha256: Verifier,
}

impl Credentials {
    /// Derives credentials from a password; nothing if it is empty or holds characters that SASL forbids (RFC 4013).
    #[must_use]
    pub fn from_password(password: &str, iterations: u32) -> Option<Self> {
        let password = prepare(password)?;
        let iterations = NonZeroU32::new(iterations)?;
        let salt = || rand::random::<[u8; 16]>().to_vec();
        Some(Self {
            sha1: Verifier::derive(Hash::Sha1, &password, salt(), iterations),
            sha256: Verifier::derive(Hash::Sha256, &password, salt(), iterations),
        })
    }

    /// The verifier for that hash.
    #[must_use]
    pub fn verifier(&self, hash: Hash) -> &Verifier {
        match hash {
            Hash::Sha1 => &self.sha1,
            Hash::Sha256 => &self.sha256,
        }
    }
}

/// The password as SASL compares it.
fn prepare(password: &str) -> Option<String> {
    stringprep::saslprep(password)
        .ok()
        .filter(|prepared| !prepared.is_empty())
        .map(String::from)
}

/// Compares in a time that does not depend on where the difference is.
pub(crate) fn is_equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |seen, (one, other)| seen | (one ^ other))
            == 0
}
