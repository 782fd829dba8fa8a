//! Signed channel tokens: JSON Web Tokens (RFC 7519), signed and checked.
//!
//! Pure: the time comes in as a parameter. A token that names another algorithm than the key has is refused, `none` with it; so nobody can have
//! a public key taken for a secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::key::{KeyError, TokenKey};

/// No token of ours is longer.
const LONGEST: usize = 8 << 10;
/// By how much clocks may differ, in seconds.
const LEEWAY: u64 = 30;

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

impl Header {
    /// Whether a key may have signed a token with this header.
    fn names(&self, key: &TokenKey) -> bool {
        let names = key.id().zip(self.kid.as_deref());
        self.alg == key.algorithm() && names.is_none_or(|(own, named)| own == named)
    }
}

impl TokenKey {
    /// Signs a token.
    ///
    /// # Errors
    ///
    /// [`KeyError::OnlyPublic`] for a key that cannot sign.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        let header = Header {
            alg: self.algorithm().to_owned(),
            kid: self.id().map(str::to_owned),
            crit: None,
        };
        // Neither holds anything that JSON cannot.
        let header = BASE64.encode(serde_json::to_vec(&header).unwrap_or_default());
        let claims = BASE64.encode(serde_json::to_vec(claims).unwrap_or_default());
        let signed = format!("{header}.{claims}");
        let signature = BASE64.encode(self.signature(&signed)?);
        Ok(format!("{signed}.{signature}"))
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
        .any(|key| header.names(key) && key.has_signed(signed, &signature));
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

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;
    use ring::signature::KeyPair as _;

    use super::{BASE64, Claims, TokenError, TokenKey, check};
    use crate::access::KeyError;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn hs256() -> TokenKey {
        TokenKey::hs256(SECRET).unwrap()
    }

    /// A pair of keys, and the bytes of the public one.
    fn ed25519() -> (TokenKey, TokenKey, Vec<u8>) {
        let random = ring::rand::SystemRandom::new();
        let pkcs8 = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let private = TokenKey::ed25519_private(pkcs8.as_ref()).unwrap();
        let pair = ring::signature::Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let bytes = pair.public_key().as_ref().to_vec();
        let public = TokenKey::ed25519_public(&bytes).unwrap();
        (private, public, bytes)
    }

    fn claims() -> Claims {
        Claims::until("ann", 1000)
            .subscribe("user-5")
            .subscribe("project-*")
    }

    #[test]
    fn tokens_are_signed_and_checked() {
        let (private, public, _) = ed25519();
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
        let (private, public, bytes) = ed25519();
        let token = hs256().sign(&claims()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (_, body) = signed.split_once('.').unwrap();
        let none = BASE64.encode("{\"alg\":\"none\"}");
        let other = TokenKey::hs256(&[7; 32]).unwrap();
        // The classic: the public key, taken for a secret.
        let confused = TokenKey::hs256(&bytes).unwrap().sign(&claims()).unwrap();
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
        let signature = hs256().signature(&signed).unwrap();
        let token = format!("{signed}.{}", BASE64.encode(signature));
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
