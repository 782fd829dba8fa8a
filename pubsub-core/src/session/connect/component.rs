//! The way in for an external component (XEP-0114): no TLS, no SASL, one hash over the stream id and the secret.

use std::fmt::Write as _;

use pubsub_xml::{FrameKind, Reader};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::dial::dial;
use super::{Established, Outcome, Service, discovery};
use crate::session::config::{Secret, Security};
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{COMPONENT, STREAM};
use crate::session::stanza::stream_error;
use crate::session::wire::{Transport, Wire};
use crate::session::{ConnectError, Login, SessionConfig};

pub(super) async fn connect(
    config: &SessionConfig,
    secret: &Secret,
    known: Option<Service>,
) -> Result<Established, ConnectError> {
    let name = config.account.as_str();
    let (tcp, is_loopback) = dial(config).await?;
    // The protocol has no TLS, and everything said after the handshake can be read and forged on the way.
    if !is_loopback && config.security != Security::Off {
        return Err(ConnectError::TlsRequired { host: name.into() });
    }
    let mut wire = Wire::new(Transport::Tcp(tcp), name, &[], config.largest_stanza);
    let out = wire.out();
    out.push_str("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'");
    attribute(out, "to", name);
    out.push('>');
    let Some(id) = wire.open().await? else {
        return Err(ConnectError::protocol(name, "its stream has no id to hash"));
    };
    let out = wire.out();
    out.push_str("<handshake>");
    out.push_str(&proof(&id, secret.reveal()));
    out.push_str("</handshake>");
    wire.send().await?;
    greet(name, &mut wire).await?;
    let service = discovery::discover(config, &mut wire, Some(name), known).await?;
    Ok(Established {
        wire,
        outcome: Outcome::Fresh {
            address: name.to_owned(),
            management: None,
            service,
        },
        largest_stanza: None,
    })
}

/// What shows that we know the secret (XEP-0114 §3).
///
/// Written here because xmpp-parsers, with the feature that has it, reads only stanzas in the namespace of components:
/// a program could then not use tokio-xmpp's client beside us.
fn proof(stream: &str, secret: &str) -> String {
    let hash = digest(
        &SHA1_FOR_LEGACY_USE_ONLY,
        format!("{stream}{secret}").as_bytes(),
    );
    hash.as_ref()
        .iter()
        .fold(String::new(), |mut hexadecimal, byte| {
            // Writing to a string does not fail.
            let _ = write!(hexadecimal, "{byte:02x}");
            hexadecimal
        })
}

/// Waits for the server to agree. A wrong secret is told by a stream error.
async fn greet(name: &str, wire: &mut Wire) -> Result<(), ConnectError> {
    let refused = |condition: &str| ConnectError::Authentication {
        account: name.to_owned(),
        reason: Login::Refused(condition.to_owned()),
    };
    let (kind, frame) = wire.next().await?;
    if kind != FrameKind::Element {
        return Err(refused("the stream was closed"));
    }
    let scope = wire.scope();
    let mut reader = Reader::with_scope(&frame, &scope);
    let unreadable = |error| super::stream::unreadable(wire, &error);
    let root = reader.root().map_err(unreadable)?;
    if root.is("handshake", COMPONENT) {
        return Ok(());
    }
    if root.is("error", STREAM) {
        return match stream_error(reader).map_err(unreadable)? {
            ConnectError::Stream { condition, .. } if condition == "not-authorized" => {
                Err(refused(&condition))
            }
            error => Err(error),
        };
    }
    Err(ConnectError::protocol(
        name,
        "it answers the handshake with something else",
    ))
}

#[cfg(test)]
mod tests {
    use super::proof;

    #[test]
    fn the_proof_is_the_hash_of_stream_and_secret() {
        // SHA-1 of "abc", the first test of RFC 3174.
        assert_eq!(proof("a", "bc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
