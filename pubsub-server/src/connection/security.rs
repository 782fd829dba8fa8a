//! How a connection is encrypted, and whether it can or must be.

use super::remote::Remote;
use crate::config::Demand;
use crate::host::Host;
use crate::wire::stream::Starttls;

/// What login has to know of the encryption of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// It is encrypted by others, as below HTTP, or not at all.
    Elsewhere,
    /// It can be encrypted, and must be if that is demanded.
    Offered { is_demanded: bool },
    /// It is, with what a login can be bound to (RFC 9266), if there is such a thing.
    Tls(Option<[u8; 32]>),
}

impl Security {
    /// That of a connection over TCP that has just begun.
    pub(super) fn of(host: &Host, remote: Remote) -> Self {
        match &host.encryption {
            None => Self::Elsewhere,
            Some(encryption) => Self::Offered {
                is_demanded: match encryption.demand {
                    Demand::Everybody => true,
                    Demand::Outside => !remote.is_private,
                    Demand::Nobody => false,
                },
            },
        }
    }

    /// What a login can be bound to.
    pub(super) fn binding(&self) -> Option<&[u8]> {
        match self {
            Self::Tls(Some(exporter)) => Some(exporter),
            _ => None,
        }
    }

    /// What is offered.
    pub(super) fn offer(&self) -> Option<Starttls> {
        match self {
            Self::Offered { is_demanded: true } => Some(Starttls::Required),
            Self::Offered { is_demanded: false } => Some(Starttls::Optional),
            _ => None,
        }
    }

    pub(super) fn is_demanded(&self) -> bool {
        matches!(self, Self::Offered { is_demanded: true })
    }
}
