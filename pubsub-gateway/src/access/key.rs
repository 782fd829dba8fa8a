//! Keys that tokens are signed and checked with.
//!
//! A key has one algorithm, HS256 or `EdDSA` with Ed25519. Does not know tokens: it signs text.

use std::fmt;
use std::sync::Arc;

use ring::hmac;
use ring::signature::{self, ED25519, Ed25519KeyPair, UnparsedPublicKey};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

/// What stands before the 32 bytes of a public key of Ed25519 in a `SubjectPublicKeyInfo` (RFC 8410 §4).
const ED25519_INFO: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// A key that tokens are checked with, and signed with where it can.
#[derive(Clone)]
pub struct TokenKey {
    kind: Kind,
    id: Option<Arc<str>>,
}

#[derive(Clone)]
enum Kind {
    Hs256(hmac::Key),
    Ed25519 {
        public: Arc<[u8]>,
        pair: Option<Arc<Ed25519KeyPair>>,
    },
}

/// A key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A secret that could be guessed.
    #[error("a secret for HS256 has at least 32 bytes, this one has {0}")]
    ShortSecret(usize),
    /// Not a public key of Ed25519.
    #[error("a public key for EdDSA has 32 bytes, this one has {0}")]
    PublicKey(usize),
    /// Not a private key of Ed25519.
    #[error("this is not a private key for EdDSA in PKCS#8")]
    PrivateKey,
    /// PEM of something else.
    #[error("this PEM is neither a private nor a public key of Ed25519")]
    OtherPem,
    /// Only the public half is known.
    #[error("this key can check tokens, and not sign them")]
    OnlyPublic,
}

impl TokenKey {
    /// A secret that signs and checks (HS256). At least 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`].
    pub fn hs256(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < 32 {
            return Err(KeyError::ShortSecret(secret.len()));
        }
        Ok(Self::of(Kind::Hs256(hmac::Key::new(
            hmac::HMAC_SHA256,
            secret,
        ))))
    }

    /// A public key that checks (`EdDSA` with Ed25519): 32 bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::PublicKey`].
    pub fn ed25519_public(key: &[u8]) -> Result<Self, KeyError> {
        if key.len() != 32 {
            return Err(KeyError::PublicKey(key.len()));
        }
        Ok(Self::of(Kind::Ed25519 {
            public: key.into(),
            pair: None,
        }))
    }

    /// A private key that signs and checks (`EdDSA` with Ed25519), in PKCS#8, as `openssl genpkey -algorithm ed25519 -outform DER` writes it.
    ///
    /// # Errors
    ///
    /// [`KeyError::PrivateKey`].
    pub fn ed25519_private(pkcs8: &[u8]) -> Result<Self, KeyError> {
        use ring::signature::KeyPair as _;
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| KeyError::PrivateKey)?;
        let public = pair.public_key().as_ref().into();
        Ok(Self::of(Kind::Ed25519 {
            public,
            pair: Some(Arc::new(pair)),
        }))
    }

    /// What a file of a key holds: a private or public key of Ed25519 in PEM, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`
    /// write them; anything else is a secret for HS256, without the ends of lines after it.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn from_file_content(content: &[u8]) -> Result<Self, KeyError> {
        if !content.starts_with(b"-----BEGIN ") {
            return Self::hs256(content.trim_ascii_end());
        }
        if let Ok(key) = PrivatePkcs8KeyDer::from_pem_slice(content) {
            return Self::ed25519_private(key.secret_pkcs8_der());
        }
        let key =
            SubjectPublicKeyInfoDer::from_pem_slice(content).map_err(|_| KeyError::OtherPem)?;
        match key.strip_prefix(&ED25519_INFO[..]) {
            Some(key) => Self::ed25519_public(key),
            None => Err(KeyError::OtherPem),
        }
    }

    fn of(kind: Kind) -> Self {
        Self { kind, id: None }
    }

    /// Gives the key a name: it then checks only tokens that name it (`kid`), or none.
    #[must_use]
    pub fn named(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Hs256(_) => "HS256",
            Kind::Ed25519 { .. } => "EdDSA",
        }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The signature of a text.
    pub(super) fn signature(&self, text: &str) -> Result<Vec<u8>, KeyError> {
        match &self.kind {
            Kind::Hs256(key) => Ok(hmac::sign(key, text.as_bytes()).as_ref().to_vec()),
            Kind::Ed25519 { pair, .. } => {
                let pair = pair.as_ref().ok_or(KeyError::OnlyPublic)?;
                Ok(pair.sign(text.as_bytes()).as_ref().to_vec())
            }
        }
    }

    pub(super) fn has_signed(&self, signed: &str, signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Hs256(key) => hmac::verify(key, signed.as_bytes(), signature).is_ok(),
            Kind::Ed25519 { public, .. } => {
                let algorithm: &'static dyn signature::VerificationAlgorithm = &ED25519;
                UnparsedPublicKey::new(algorithm, public)
                    .verify(signed.as_bytes(), signature)
                    .is_ok()
            }
        }
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenKey")
            .field("algorithm", &self.algorithm())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyError, TokenKey};

    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";
    const P256: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
        q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn the_content_of_a_file_says_what_kind_of_key_it_is() {
        // The pair of RFC 8032 §7.1, test 1.
        let private = TokenKey::from_file_content(PRIVATE.as_bytes()).unwrap();
        let public = TokenKey::from_file_content(PUBLIC.as_bytes()).unwrap();
        let signature = private.signature("text").unwrap();
        assert!(public.has_signed("text", &signature));
        assert_eq!(public.signature("text"), Err(KeyError::OnlyPublic));

        let secret = "0123456789abcdef0123456789abcdef";
        let file = TokenKey::from_file_content(format!("{secret}\r\n").as_bytes()).unwrap();
        let plain = TokenKey::hs256(secret.as_bytes()).unwrap();
        assert_eq!(file.signature("text"), plain.signature("text"));

        for (content, expected) in [
            (P256, KeyError::OtherPem),
            ("-----BEGIN CERTIFICATE-----", KeyError::OtherPem),
            ("secret\n", KeyError::ShortSecret(6)),
            ("", KeyError::ShortSecret(0)),
        ] {
            let key = TokenKey::from_file_content(content.as_bytes());
            assert_eq!(key.err(), Some(expected), "{content}");
        }
    }

    #[test]
    fn weak_keys_are_refused() {
        assert_eq!(
            TokenKey::hs256(b"secret").err(),
            Some(KeyError::ShortSecret(6))
        );
        assert_eq!(
            TokenKey::ed25519_public(b"x").err(),
            Some(KeyError::PublicKey(1))
        );
        assert_eq!(
            TokenKey::ed25519_private(b"x").err(),
            Some(KeyError::PrivateKey)
        );
    }
}
