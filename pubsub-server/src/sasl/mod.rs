//! The server's side of SASL, one mechanism a file: takes decoded messages, gives answers. Knows no XML and no socket.

pub(crate) mod plain;
pub(crate) mod scram;

use crate::accounts::Hash;

/// A mechanism this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Scram(Hash),
    /// The same, bound to the TLS connection (RFC 5802 §6).
    Bound(Hash),
    Plain,
    Anonymous,
}

impl Mechanism {
    /// All, in the order in which they are offered.
    const ALL: [Self; 6] = [
        Self::Bound(Hash::Sha256),
        Self::Bound(Hash::Sha1),
        Self::Scram(Hash::Sha256),
        Self::Scram(Hash::Sha1),
        Self::Plain,
        Self::Anonymous,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scram(hash) => hash.mechanism(),
            Self::Bound(Hash::Sha1) => "SCRAM-SHA-1-PLUS",
            Self::Bound(Hash::Sha256) => "SCRAM-SHA-256-PLUS",
            Self::Plain => "PLAIN",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.name() == name)
    }

    /// What a connection is offered: PLAIN only where nobody can listen, ANONYMOUS only if the server allows it, -PLUS only where there is
    /// something to be bound to.
    pub(crate) fn offered(
        is_private: bool,
        is_bindable: bool,
        allows_anonymous: bool,
    ) -> impl Iterator<Item = Self> + Clone {
        Self::ALL
            .into_iter()
            .filter(move |mechanism| match mechanism {
                Self::Scram(_) => true,
                Self::Bound(_) => is_bindable,
                Self::Plain => is_private,
                Self::Anonymous => allows_anonymous,
            })
    }
}

/// Why a client was not let in (RFC 6120 §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SaslError {
    #[error("aborted")]
    Aborted,
    #[error("account-disabled")]
    AccountDisabled,
    #[error("encryption-required")]
    EncryptionRequired,
    #[error("incorrect-encoding")]
    IncorrectEncoding,
    #[error("invalid-authzid")]
    InvalidAuthorization,
    #[error("invalid-mechanism")]
    InvalidMechanism,
    #[error("malformed-request")]
    MalformedRequest,
    #[error("not-authorized")]
    NotAuthorized,
    #[error("temporary-auth-failure")]
    Unavailable,
}
