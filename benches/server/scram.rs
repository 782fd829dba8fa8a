//! The client's side of SCRAM-SHA-1 (RFC 5802). What a salt makes of the password is remembered, so that the load costs little.

use std::collections::HashMap;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Digest, SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Tag};
use ring::pbkdf2;

/// What a password becomes with one salt.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    client: Tag,
    pub(crate) stored: Digest,
    pub(crate) server: Tag,
}

impl Keys {
    pub(crate) fn derive(password: &str, salt: &[u8], iterations: u32) -> Self {
        let mut salted = [0; 20];
        let iterations = NonZeroU32::new(iterations).expect("at least one iteration");
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA1,
            iterations,
            salt,
            password.as_bytes(),
            &mut salted,
        );
        let client = sign(&salted, b"Client Key");
        Self {
            client,
            stored: digest(&SHA1_FOR_LEGACY_USE_ONLY, client.as_ref()),
            server: sign(&salted, b"Server Key"),
        }
    }
}

/// The keys that were derived before.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ring {
    known: HashMap<(Vec<u8>, u32), Keys>,
}

/// What a client answers to the server's challenge, and what it expects then.
#[derive(Debug)]
pub(crate) struct Final {
    pub(crate) message: String,
    pub(crate) expected: String,
}

/// What a client says first, without the header.
pub(crate) fn first(user: &str, nonce: &str) -> String {
    format!("n={user},r={nonce}")
}

impl Ring {
    /// Answers the challenge to `first`.
    pub(crate) fn answer(
        &mut self,
        first: &str,
        challenge: &str,
        password: &str,
        iterations: u32,
    ) -> Result<Final, String> {
        let field = |name: &str| {
            challenge
                .split(',')
                .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| format!("no {name} in the challenge {challenge}"))
        };
        let (nonce, salt) = (field("r")?, field("s")?);
        if field("i")? != iterations.to_string() {
            return Err(format!("not {iterations} iterations: {challenge}"));
        }
        let salt = STANDARD.decode(salt).map_err(|error| error.to_string())?;
        let keys = self
            .known
            .entry((salt, iterations))
            .or_insert_with_key(|(salt, iterations)| Keys::derive(password, salt, *iterations));
        let without_proof = format!("c=biws,r={nonce}");
        let told = format!("{first},{challenge},{without_proof}");
        let signature = sign(keys.stored.as_ref(), told.as_bytes());
        let pairs = keys.client.as_ref().iter().zip(signature.as_ref());
        let proof: Vec<u8> = pairs.map(|(key, signature)| key ^ signature).collect();
        let expected = sign(keys.server.as_ref(), told.as_bytes());
        Ok(Final {
            message: format!("{without_proof},p={}", STANDARD.encode(proof)),
            expected: format!("v={}", STANDARD.encode(expected)),
        })
    }
}

fn sign(key: &[u8], message: &[u8]) -> Tag {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::sign(&key, message)
}
