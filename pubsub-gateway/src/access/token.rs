//! Signed channel tokens: JSON Web Tokens (RFC 7519) that say which channels their bearer may hear and publish to.
//!
//! Pure: the time comes in as a parameter. A key has one algorithm, and a token that names another is refused, `none` with it; so nobody can have
//! a public key taken for a secret.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use ring::{hmac, signature};
use serde::{Deserialize, Serialize};

/// No token of ours is longer.
const LONGEST: usize = 8 << 10;
/// By how much clocks may differ, in seconds.
const LEEWAY: u64 = 30;

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
    /// Only the public half is known.
    #[error("this key can check tokens, and not sign them")]
    OnlyPublic,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no token, or one for another algorithm.
    #[error("The token cannot be read.")]
    Malformed,
    /// Nobody we know has signed it.
    #[error("The token is not signed by a key that is known here.")]
    Forged,
    /// Its time is over.
    #[error("The token has expired.")]
    Expired,
    /// Its time has not come.
    #[error("The token is not valid yet.")]
    TooEarly,
    /// It was taken back.
    #[error("The token was revoked.")]
    Revoked,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    /// Extensions that must be understood; we know none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
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

    fn of(kind: Kind) -> Self {
        Self { kind, id: None }
    }

    /// Gives the key a name: it then checks only tokens that name it (`kid`), or none.
    #[must_use]
    pub fn named(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Signs a token.
    ///
    /// # Errors
    ///
    /// [`KeyError::OnlyPublic`] for a key that cannot sign.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        let header = Header {
            alg: self.algorithm().to_owned(),
            kid: self.id.as_deref().map(str::to_owned),
            crit: None,
        };
        let part = |json: Vec<u8>| BASE64.encode(json);
        // Neither holds anything that JSON cannot.
        let header = part(serde_json::to_vec(&header).unwrap_or_default());
        let claims = part(serde_json::to_vec(claims).unwrap_or_default());
        let signed = format!("{header}.{claims}");
        let signature = match &self.kind {
            Kind::Hs256(key) => BASE64.encode(hmac::sign(key, signed.as_bytes())),
            Kind::Ed25519 { pair, .. } => {
                let pair = pair.as_ref().ok_or(KeyError::OnlyPublic)?;
                BASE64.encode(pair.sign(signed.as_bytes()))
            }
        };
        Ok(format!("{signed}.{signature}"))
    }

    fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Hs256(_) => "HS256",
            Kind::Ed25519 { .. } => "EdDSA",
        }
    }

    fn is_named(&self, header: &Header) -> bool {
        let names = self.id.as_deref().zip(header.kid.as_deref());
        header.alg == self.algorithm() && names.is_none_or(|(own, named)| own == named)
    }

    fn has_signed(&self, signed: &str, signature: &[u8]) -> bool {
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

/// Checks a token against the keys that are known, at a time in seconds since 1970.
pub(crate) fn check(keys: &[TokenKey], token: &str, now: u64) -> Result<Claims, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let decode = |part: &str| BASE64.decode(part).map_err(|_| TokenError::Malformed);
    let header: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
    let signature = decode(signature)?;
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let is_signed = keys
        .iter()
        .any(|key| key.is_named(&header) && key.has_signed(signed, &signature));
    if !is_signed {
        return Err(TokenError::Forged);
    }
    // Nothing of it is looked at before it is known to be signed.
    let claims: Claims =
        serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Malformed)?;
    if claims.expires.saturating_add(LEEWAY) <= now {
        return Err(TokenError::Expired);
    }
    if claims
        .not_before
        .is_some_and(|from| from > now.saturating_add(LEEWAY))
    {
        return Err(TokenError::TooEarly);
    }
    Ok(claims)
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
    use base64::Engine as _;
    use proptest::prelude::*;
    use ring::signature::KeyPair as _;

    use super::{BASE64, Claims, KeyError, Kind, TokenError, TokenKey, check};

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn hs256() -> TokenKey {
        TokenKey::hs256(SECRET).unwrap()
    }

    fn ed25519() -> (TokenKey, TokenKey) {
        let random = ring::rand::SystemRandom::new();
        let pkcs8 = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let private = TokenKey::ed25519_private(pkcs8.as_ref()).unwrap();
        let Kind::Ed25519 {
            pair: Some(pair), ..
        } = &private.kind
        else {
            unreachable!()
        };
        let public = TokenKey::ed25519_public(pair.public_key().as_ref()).unwrap();
        (private, public)
    }

    fn claims() -> Claims {
        Claims::until("ann", 1000)
            .subscribe("user-5")
            .subscribe("project-*")
    }

    #[test]
    fn tokens_are_signed_and_checked() {
        let (private, public) = ed25519();
        for (signer, checker) in [
            (hs256(), hs256()),
            (private.clone(), private.clone()),
            (private, public.clone()),
        ] {
            let token = signer.sign(&claims()).unwrap();
            assert_eq!(check(&[checker], &token, 500), Ok(claims()));
        }
        assert_eq!(public.sign(&claims()), Err(KeyError::OnlyPublic));
    }

    #[test]
    fn a_token_of_another_library_is_read() {
        // {"alg":"HS256","typ":"JWT"} {"sub":"1234567890","name":"John Doe","exp":2000}
        let signed = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiZXhwIjoyMDAwfQ";
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
        let signature = BASE64.encode(ring::hmac::sign(&key, signed.as_bytes()));
        let claims = check(&[hs256()], &format!("{signed}.{signature}"), 0).unwrap();
        assert_eq!(
            (claims.subject.as_deref(), claims.expires),
            (Some("1234567890"), 2000)
        );
    }

    #[test]
    fn time_counts_with_some_leeway() {
        let key = hs256();
        let token = key
            .sign(&Claims {
                not_before: Some(500),
                ..claims()
            })
            .unwrap();
        let keys = [key];
        for (now, expected) in [
            (469, Some(TokenError::TooEarly)),
            (470, None),
            (1029, None),
            (1030, Some(TokenError::Expired)),
        ] {
            assert_eq!(check(&keys, &token, now).err(), expected, "{now}");
        }
    }

    #[test]
    fn forged_tokens_are_refused() {
        let (private, public) = ed25519();
        let token = hs256().sign(&claims()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (_, body) = signed.split_once('.').unwrap();
        let none = BASE64.encode("{\"alg\":\"none\"}");
        let other = TokenKey::hs256(&[7; 32]).unwrap();
        let Kind::Ed25519 { public: bytes, .. } = &public.kind else {
            unreachable!()
        };
        // The classic: the public key, taken for a secret.
        let confused = TokenKey::hs256(bytes).unwrap().sign(&claims()).unwrap();
        let critical = BASE64.encode("{\"alg\":\"HS256\",\"crit\":[\"b64\"]}");
        let keys = [hs256(), public];
        for (token, expected) in [
            (format!("{none}.{body}."), TokenError::Forged),
            (format!("{none}.{body}.{signature}"), TokenError::Forged),
            (format!("{signed}."), TokenError::Forged),
            (
                format!("{signed}.{}", BASE64.encode([0; 32])),
                TokenError::Forged,
            ),
            (other.sign(&claims()).unwrap(), TokenError::Forged),
            (confused, TokenError::Forged),
            (
                private.sign(&claims()).unwrap()[1..].to_owned(),
                TokenError::Malformed,
            ),
            (
                format!("{critical}.{body}.{signature}"),
                TokenError::Malformed,
            ),
            (String::new(), TokenError::Malformed),
            ("a.b.c".to_owned(), TokenError::Malformed),
            ("x".repeat(9000), TokenError::Malformed),
        ] {
            assert_eq!(check(&keys, &token, 0), Err(expected), "{token}");
        }
        let no_end = "{\"sub\":\"ann\"}";
        let header = BASE64.encode("{\"alg\":\"HS256\"}");
        let signed = format!("{header}.{}", BASE64.encode(no_end));
        let Kind::Hs256(key) = &keys[0].kind else {
            unreachable!()
        };
        let token = format!(
            "{signed}.{}",
            BASE64.encode(ring::hmac::sign(key, signed.as_bytes()))
        );
        assert_eq!(check(&keys, &token, 0), Err(TokenError::Malformed));
    }

    #[test]
    fn keys_are_chosen_by_their_names() {
        let (old, new) = (hs256().named("old"), hs256().named("new"));
        let token = old.sign(&claims()).unwrap();
        assert!(check(std::slice::from_ref(&old), &token, 0).is_ok());
        assert_eq!(check(&[new], &token, 0), Err(TokenError::Forged));
        assert!(check(&[hs256()], &token, 0).is_ok());
    }

    #[test]
    fn channels_are_matched_whole_or_by_their_beginning() {
        let claims = claims().publish("*");
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

    proptest! {
        #[test]
        fn a_changed_token_is_refused(at in 0_usize..200, to in 0_u8..128) {
            let key = hs256();
            let token = key.sign(&claims()).unwrap();
            let mut changed = token.clone().into_bytes();
            let at = at % changed.len();
            changed[at] = to;
            let changed = String::from_utf8(changed).unwrap();
            prop_assume!(changed != token);
            prop_assert!(check(&[key], &changed, 0).is_err());
        }
    }
}
