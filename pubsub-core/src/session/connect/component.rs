//! The way in for an external component (XEP-0114): no TLS, no SASL, one hash over the stream id and the secret.

use pubsub_xml::{FrameKind, Reader};
use xmpp_parsers::component::Handshake;
use xmpp_parsers::minidom::Element;

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
    let handshake = Element::from(Handshake::from_stream_id_and_password(id, secret.reveal()));
    let out = wire.out();
    out.push_str("<handshake>");
    out.push_str(&handshake.text());
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
