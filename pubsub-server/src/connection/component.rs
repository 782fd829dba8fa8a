//! The way in of a component (XEP-0114 §3), and what is different about its stanzas: each says who at its domain speaks.

use std::sync::Arc;

use pubsub_xml::Reader;

use super::binding::Bound;
use super::channel::Channel;
use super::dialogue::Dialogue;
use super::end::End;
use super::ending;
use super::serving::Serving;
use super::stream::XmlStream;
use crate::address;
use crate::admission::Permit;
use crate::host::Host;
use crate::listener::told;
use crate::router::{Outgoing, Peer, Wakes};
use crate::service::vocabulary::Actor;
use crate::wire::error::StanzaError;
use crate::wire::stanza::{Kind, Stanza};
use crate::wire::stream::StreamError;
use tokio::net::TcpStream;

const NAMESPACE: &str = "jabber:component:accept";

/// Serves one component until it leaves, is cut off, or the server goes down.
pub(crate) async fn serve(socket: TcpStream, host: Arc<Host>, permit: Permit) {
    let mut shutdown = host.shutdown.subscribe();
    let mut channel = Channel::new(XmlStream::for_component(socket, &host.limits));
    let entered = tokio::select! {
        entered = tokio::time::timeout(host.limits.login, enter(&mut channel, &host)) => {
            entered.unwrap_or(Err(End::Failed(StreamError::TimedOut)))
        }
        () = told(&mut shutdown) => Err(End::Failed(StreamError::Shutdown)),
    };
    drop(shutdown);
    match entered {
        Ok(bound) => {
            let peer = bound.peer.clone();
            tracing::info!(component = %peer.actor.full, "a component speaks");
            let mut serving = Box::new(Serving::new(channel, host.clone(), bound));
            serving.dialogue.is_component = true;
            let end = serving.run().await;
            tracing::info!(component = %peer.actor.full, reason = %end, "a component has left");
            ending::finish(*serving, host.clone(), permit, end).await;
            if let Some(rooms) = &host.rooms {
                let mut wakes = Wakes::default();
                rooms.depart_domain(&peer.actor.full, peer.actor.session, &mut wakes);
            }
        }
        Err(end) => {
            tracing::warn!(reason = %end, "a component was not let in");
            ending::refuse(channel, &host, end).await;
        }
    }
}

/// Reads a component in: stream header and handshake.
async fn enter(channel: &mut Channel<XmlStream<TcpStream>>, host: &Host) -> Result<Bound, End> {
    let opening = channel.opening().await?;
    let asked = opening.to.as_deref().and_then(address::normalize);
    let domain = asked.and_then(|asked| host.components.find(&asked).cloned());
    let id = channel.write_opening_as(domain.as_deref().unwrap_or(&host.domain));
    let domain = domain.ok_or(StreamError::HostUnknown)?;
    channel.flush().await?;
    let text = channel.element().await?;
    let scope = super::carrier::Carrier::scope(&channel.carrier);
    let mut reader = Reader::with_scope(&text, &scope);
    // The default namespace of the stream is read as that of clients.
    if reader.root()?.local != "handshake" {
        return Err(StreamError::NotAuthorized.into());
    }
    if !host.components.accepts(&domain, &id, &reader.text()?) {
        return Err(StreamError::NotAuthorized.into());
    }
    super::carrier::Carrier::trust(&mut channel.carrier, &host.limits);
    let actor = Actor {
        bare: domain.clone(),
        full: domain,
        is_anonymous: false,
        session: rand::random(),
    };
    let peer = Peer::new(actor, host.queue(false));
    // The newest wins; there is never more than one.
    if host.router.bind(&peer, usize::MAX).is_err() {
        return Err(StreamError::Conflict.into());
    }
    let attachment = peer.outbox.attach();
    let mut outgoing = Outgoing::new(false);
    outgoing.push_other("<handshake/>");
    Ok(Bound {
        peer,
        attachment,
        outgoing,
        handled: None,
        is_resumable: false,
        is_resumed: false,
    })
}

/// The default namespace of a component's stream.
pub(super) fn is_of_component(namespace: Option<&str>) -> bool {
    namespace == Some(NAMESPACE)
}

impl Dialogue {
    /// Who at the component speaks: its `from` has to be of its domain. Both addresses are required (XEP-0114 §3).
    pub(super) fn speaker(&self, stanza: &Stanza<'_>) -> Result<Arc<Peer>, StreamError> {
        let component = &self.peer;
        let from = stanza
            .from
            .as_deref()
            .ok_or(StreamError::ImproperAddressing)?;
        if stanza.to.is_none() {
            return Err(StreamError::ImproperAddressing);
        }
        if from == &*component.actor.full {
            return Ok(component.clone());
        }
        let full = address::normalize(from).ok_or(StreamError::InvalidFrom)?;
        if address::domain(&full) != &*component.actor.full {
            return Err(StreamError::InvalidFrom);
        }
        let actor = Actor {
            bare: address::bare(&full).into(),
            full,
            ..component.actor.clone()
        };
        Ok(Peer::behind(component, actor))
    }

    /// Passes a stanza on from or to somebody at a component.
    pub(super) fn forward(
        &self,
        stanza: &Stanza<'_>,
        jid: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let Some(readdressed) = self.readdressed(stanza, reader, out)? else {
            return Ok(());
        };
        let before = wakes.deliveries();
        // An IQ to an account is not for its clients.
        if stanza.kind != Kind::Iq || jid.contains('/') || self.host.is_of_component(jid) {
            let directory = self.host.router.directory();
            directory.deliver(wakes, jid, &[&readdressed]);
        }
        if wakes.deliveries() == before {
            self.refuse_to_pass(stanza, StanzaError::NOBODY_THERE, out);
        }
        Ok(())
    }
}
