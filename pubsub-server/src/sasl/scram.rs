//! SCRAM (RFC 5802, RFC 7677), the server's side over salted verifiers, bound to a TLS connection or not (`tls-exporter` of RFC 9266). A client that
//! could be bound and saw no offer ("y") is welcome where there was none; where there was one, somebody has taken it out, and login fails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SaslError;
use crate::accounts::{Hash, Verifier, is_equal};

/// The client's first message, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClientFirst<'m> {
    header: &'m str,
    bare: &'m str,
    pub(crate) username: String,
    nonce: &'m str,
}

impl<'m> ClientFirst<'m> {
    /// Reads it for a connection that offers to be bound or not, and a mechanism that is bound or not.
    pub(crate) fn read(
        message: &'m [u8],
        is_bindable: bool,
        is_bound: bool,
    ) -> Result<Self, SaslError> {
        let message = std::str::from_utf8(message).map_err(|_| SaslError::MalformedRequest)?;
        let mut parts = message.splitn(3, ',');
        let (Some(binding), Some(authorization), Some(bare)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(SaslError::MalformedRequest);
        };
        match (binding, is_bound) {
            ("y", false) if is_bindable => return Err(SaslError::NotAuthorized),
            ("n" | "y", false) | ("p=tls-exporter", true) => {}
            _ => return Err(SaslError::MalformedRequest),
        }
        let header = message
            .get(..message.len() - bare.len())
            .unwrap_or_default();
        let mut fields = bare.split(',');
        let (Some(username), Some(nonce)) = (
            fields.next().and_then(|f| f.strip_prefix("n=")),
            fields.next().and_then(|f| f.strip_prefix("r=")),
        ) else {
            return Err(SaslError::MalformedRequest);
        };
        let username = unescape(username)?;
        match authorization.strip_prefix("a=") {
            Some(other) => {
                let other = unescape(other)?;
                let local = other
                    .split_once('@')
                    .map_or(other.as_str(), |(local, _)| local);
                if local != username {
                    return Err(SaslError::InvalidAuthorization);
                }
            }
            None if authorization.is_empty() => {}
            None => return Err(SaslError::MalformedRequest),
        }
        if nonce.is_empty() {
            return Err(SaslError::MalformedRequest);
        }
        Ok(Self {
            header,
            bare,
            username,
            nonce,
        })
    }
}

/// Waits for the client's proof.
#[derive(Debug)]
pub(crate) struct Exchange {
    verifier: Verifier,
    channel: String,
    nonce: String,
    /// The part of the authentication message that is known so far, its last comma included.
    transcript: String,
}

impl Exchange {
    /// Answers the client's first message with the challenge it returns. What the client is bound to has to be the same at its end.
    pub(crate) fn begin(
        first: &ClientFirst<'_>,
        verifier: Verifier,
        server_nonce: &str,
        binding: Option<&[u8]>,
    ) -> (Self, String) {
        let channel = [first.header.as_bytes(), binding.unwrap_or_default()].concat();
        let nonce = format!("{}{server_nonce}", first.nonce);
        let challenge = format!(
            "r={nonce},s={},i={}",
            STANDARD.encode(&verifier.salt),
            verifier.iterations
        );
        let transcript = format!("{},{challenge},", first.bare);
        (
            Self {
                verifier,
                channel: STANDARD.encode(channel),
                nonce,
                transcript,
            },
            challenge,
        )
    }

    /// Checks the client's final message and returns the server's own proof.
    pub(crate) fn finish(self, message: &[u8]) -> Result<String, SaslError> {
        let message = std::str::from_utf8(message).map_err(|_| SaslError::MalformedRequest)?;
        let (without_proof, proof) = message
            .rsplit_once(",p=")
            .ok_or(SaslError::MalformedRequest)?;
        let mut fields = without_proof.split(',');
        let channel = fields
            .next()
            .and_then(|field| field.strip_prefix("c="))
            .ok_or(SaslError::MalformedRequest)?;
        let nonce = fields
            .next()
            .and_then(|field| field.strip_prefix("r="))
            .ok_or(SaslError::MalformedRequest)?;
        if channel != self.channel || nonce != self.nonce {
            return Err(SaslError::NotAuthorized);
        }
        let proof = STANDARD
            .decode(proof)
            .map_err(|_| SaslError::IncorrectEncoding)?;
        let hash = self.verifier.hash;
        let signed = format!("{}{without_proof}", self.transcript);
        let signature = hash.hmac(&self.verifier.stored_key, signed.as_bytes());
        if proof.len() != signature.len() {
            return Err(SaslError::NotAuthorized);
        }
        let client_key: Vec<u8> = proof
            .iter()
            .zip(&signature)
            .map(|(one, other)| one ^ other)
            .collect();
        if !is_equal(&hash.digest(&client_key), &self.verifier.stored_key) {
            return Err(SaslError::NotAuthorized);
        }
        Ok(format!(
            "v={}",
            STANDARD.encode(hash.hmac(&self.verifier.server_key, signed.as_bytes()))
        ))
    }
}

/// A verifier that nothing satisfies, the same each time for the same name: an unknown user is not told apart from a wrong password.
pub(crate) fn decoy(
    hash: Hash,
    secret: &[u8],
    username: &str,
    iterations: std::num::NonZeroU32,
) -> Verifier {
    let mut salt = hash.hmac(secret, username.as_bytes());
    salt.truncate(16);
    let length = hash.digest(&[]).len();
    Verifier {
        hash,
        salt,
        iterations,
        stored_key: hash.hmac(secret, &rand::random::<[u8; 32]>()),
        server_key: vec![0; length],
    }
}

fn unescape(name: &str) -> Result<String, SaslError> {
    if name.replace("=2C", "").replace("=3D", "").contains('=') {
        return Err(SaslError::MalformedRequest);
    }
    Ok(name.replace("=2C", ",").replace("=3D", "="))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn verifier(hash: Hash, salt: &str) -> Verifier {
        let iterations = NonZeroU32::new(4096).expect("not zero");
        Verifier::derive(
            hash,
            "pencil",
            STANDARD.decode(salt).expect("base64"),
            iterations,
        )
    }

    fn exchange(
        hash: Hash,
        salt: &str,
        nonces: (&str, &str),
        proof: &str,
    ) -> Result<String, SaslError> {
        let first = format!("n,,n=user,r={}", nonces.0);
        let first = ClientFirst::read(first.as_bytes(), false, false).expect("well formed");
        let (exchange, _) = Exchange::begin(&first, verifier(hash, salt), nonces.1, None);
        exchange.finish(format!("c=biws,r={}{},p={proof}", nonces.0, nonces.1).as_bytes())
    }

    #[test]
    fn the_examples_of_the_standards_are_accepted_and_answered() {
        let sha1 = exchange(
            Hash::Sha1,
            "QSXCR+Q6sek8bf92",
            ("fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j"),
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        );
        assert_eq!(sha1.as_deref(), Ok("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
        let sha256 = exchange(
            Hash::Sha256,
            "W22ZaJ0SNY7soEsUEjb6gQ==",
            ("rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"),
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        );
        assert_eq!(
            sha256.as_deref(),
            Ok("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        );
    }

    #[test]
    fn a_wrong_proof_is_refused() {
        let wrong = exchange(
            Hash::Sha1,
            "QSXCR+Q6sek8bf92",
            ("a", "b"),
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        );
        assert_eq!(wrong, Err(SaslError::NotAuthorized));
    }

    #[test]
    fn first_messages_are_taken_apart_or_refused() {
        assert_eq!(
            ClientFirst::read(b"y,,n=a=2Cb,r=x", false, false).map(|first| first.username),
            Ok("a,b".to_owned())
        );
        for (message, error) in [
            (&b"p=tls-exporter,,n=a,r=x"[..], SaslError::MalformedRequest),
            (b"n,a=bob,n=ann,r=x", SaslError::InvalidAuthorization),
            (b"n,,n=a=b,r=x", SaslError::MalformedRequest),
            (b"n,,n=a,r=", SaslError::MalformedRequest),
            (b"n,,r=x", SaslError::MalformedRequest),
            (b"\xff", SaslError::MalformedRequest),
        ] {
            assert_eq!(
                ClientFirst::read(message, false, false).map(|_| ()),
                Err(error)
            );
        }
    }

    #[test]
    fn what_is_said_of_binding_must_agree() {
        for (flag, is_bindable, is_bound, expected) in [
            ("p=tls-exporter", true, true, Ok(())),
            ("n", true, false, Ok(())),
            ("y", false, false, Ok(())),
            ("y", true, false, Err(SaslError::NotAuthorized)),
            ("y", true, true, Err(SaslError::MalformedRequest)),
            ("n", true, true, Err(SaslError::MalformedRequest)),
            (
                "p=tls-exporter",
                true,
                false,
                Err(SaslError::MalformedRequest),
            ),
            ("p=tls-unique", true, true, Err(SaslError::MalformedRequest)),
        ] {
            let message = format!("{flag},,n=a,r=x");
            let read = ClientFirst::read(message.as_bytes(), is_bindable, is_bound);
            assert_eq!(
                read.map(|_| ()),
                expected,
                "{flag} {is_bindable} {is_bound}"
            );
        }
    }
}
