//! The way in from login to a place in the router: a new resource (RFC 6120 §7), or an old one resumed (XEP-0198 §5). What is asked for together
//! with a login is in `inline`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use pubsub_xml::Reader;

use super::carrier::Carrier;
use super::channel::Channel;
use super::end::End;
use super::ending;
use super::login::Identity;
use crate::address;
use crate::host::Host;
use crate::router::{Outgoing, Parked, Peer, TooManyResources, Turn};
use crate::service::vocabulary::Actor;
use crate::wire::error::{self, StanzaError};
use crate::wire::management::{self, Resumption};
use crate::wire::stanza::{self, Kind};
use crate::wire::stream::{self, StreamError};
use crate::wire::{namespace, text};

/// A client with its place in the router.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) peer: Arc<Peer>,
    pub(super) attachment: u64,
    pub(super) outgoing: Outgoing,
    /// How many stanzas were handled, if they are counted.
    pub(super) handled: Option<u32>,
    /// Whether the session outlives its connection.
    pub(super) is_resumable: bool,
    pub(super) is_resumed: bool,
}

/// Lets in a client that opens the stream anew after its login.
pub(super) async fn bind<C: Carrier>(
    channel: &mut Channel<C>,
    host: &Host,
    identity: &Identity,
) -> Result<Bound, End> {
    channel
        .open(host, stream::features_authenticated(C::IS_MANAGED))
        .await?;
    channel.carrier.trust(&host.limits);
    negotiate(channel, host, identity).await
}

/// Lets in a client that was told what it can do now.
pub(super) async fn negotiate<C: Carrier>(
    channel: &mut Channel<C>,
    host: &Host,
    identity: &Identity,
) -> Result<Bound, End> {
    loop {
        let text = channel.element().await?;
        let scope = channel.carrier.scope();
        let mut reader = Reader::with_scope(&text, &scope);
        let name = reader.root()?;
        if name.is("resume", namespace::STREAM_MANAGEMENT) && C::IS_MANAGED {
            let resumption = management::read_resumption(&reader);
            let answer = |_: &Actor, resumed: String| vec![resumed];
            match resume(host, identity, &resumption, answer).await? {
                Some(bound) => return Ok(bound),
                None => channel.send(&failed("item-not-found")).await?,
            }
            continue;
        }
        if matches!(name.local, "enable" | "resume")
            && name.namespace == namespace::STREAM_MANAGEMENT
        {
            channel.send(&failed("unexpected-request")).await?;
            continue;
        }
        match stanza::kind_of(&name) {
            Some(Kind::Iq) => {}
            Some(_) => return Err(StreamError::NotAuthorized.into()),
            None => return Err(StreamError::UnsupportedStanzaType.into()),
        }
        let request = stanza::read(&reader, Kind::Iq);
        match reader.child()? {
            Some(name) if name.is("bind", namespace::BIND) => {}
            _ => return Err(StreamError::NotAuthorized.into()),
        }
        let id = request.id.as_deref();
        let asked = read_resource(&mut reader)?;
        let resource = if asked.is_empty() {
            Some(format!("{:016x}", rand::random::<u64>()))
        } else {
            address::normalize_resource(&asked)
        };
        let Some(resource) = resource else {
            channel.send(&refused(id, StanzaError::BAD_REQUEST)).await?;
            continue;
        };
        let Ok(mut bound) = take_place::<C>(host, identity, &resource, |_, _| {}) else {
            channel
                .send(&refused(id, StanzaError::TOO_MANY_RESOURCES))
                .await?;
            continue;
        };
        let answer = accepted(id, &bound.peer.actor.full);
        bound.outgoing.push_stanza(&answer);
        return Ok(bound);
    }
}

/// Binds a new resource. Before anybody can send it anything, it is prepared.
pub(super) fn take_place<C: Carrier>(
    host: &Host,
    identity: &Identity,
    resource: &str,
    prepare: impl FnOnce(&Peer, &mut Outgoing),
) -> Result<Bound, TooManyResources> {
    let full: Arc<str> = format!("{}/{resource}", identity.bare).into();
    let actor = Actor {
        bare: identity.bare.clone(),
        full,
        is_anonymous: identity.is_anonymous,
        session: rand::random(),
    };
    let peer = Peer::new(actor, host.queue(C::IS_FRAMED));
    let mut outgoing = Outgoing::new(C::IS_FRAMED);
    prepare(&peer, &mut outgoing);
    host.router.bind(&peer, host.limits.resources_per_account)?;
    Ok(Bound {
        attachment: peer.outbox.attach(),
        peer,
        outgoing,
        handled: None,
        is_resumable: false,
        is_resumed: false,
    })
}

fn read_resource(reader: &mut Reader<'_>) -> Result<String, End> {
    let mut resource = String::new();
    while let Some(name) = reader.child()? {
        if name.is("resource", namespace::BIND) {
            resource = reader.text()?.into_owned();
        } else {
            reader.skip()?;
        }
    }
    Ok(resource)
}

/// Takes over a session that is waiting, or that another connection still believes to serve. From then on nobody else takes its leave. What goes out
/// first is made of who it is and of the words that say that it goes on.
pub(super) async fn resume(
    host: &Host,
    identity: &Identity,
    resumption: &Resumption,
    answer: impl FnOnce(&Actor, String) -> Vec<String>,
) -> Result<Option<Bound>, End> {
    let previous = &resumption.previous;
    let (Some(peer), Some(handled)) = (host.router.find_resumable(previous), resumption.handled)
    else {
        return Ok(None);
    };
    if peer.actor.bare != identity.bare {
        return Ok(None);
    }
    let attachment = peer.outbox.attach();
    // Dropped while it waits, as by the deadline of the login, it would leave a session that nobody serves.
    let mut claim = Claim {
        host,
        peer: Some(peer),
    };
    let parked = poll_fn(|context| {
        let Some(peer) = &claim.peer else {
            return Poll::Ready(Err(Turn::Replaced));
        };
        match peer.outbox.unpark(context, attachment) {
            Some(parked) => Poll::Ready(parked),
            None => Poll::Pending,
        }
    })
    .await;
    let Some(peer) = claim.peer.take() else {
        return Err(End::Replaced);
    };
    let Parked {
        mut outgoing,
        handled: ours,
    } = match parked {
        Ok(parked) => parked,
        Err(Turn::Replaced) => return Err(End::Replaced),
        Err(_) => {
            ending::leave(host, &peer, || peer.outbox.left_behind());
            return Ok(None);
        }
    };
    if let Err(error) = outgoing.acknowledge(handled) {
        peer.outbox.end(error);
        ending::leave(host, &peer, || peer.outbox.unread(&mut outgoing));
        return Err(error.into());
    }
    let mut resumed = String::new();
    management::write_resumed(&mut resumed, previous, ours);
    outgoing.rewind(&answer(&peer.actor, resumed));
    Ok(Some(Bound {
        peer,
        attachment,
        outgoing,
        handled: Some(ours),
        is_resumable: true,
        is_resumed: true,
    }))
}

/// A session that is being taken over; ends it unless it is taken.
struct Claim<'h> {
    host: &'h Host,
    peer: Option<Arc<Peer>>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.outbox.end(StreamError::Conflict);
            ending::leave(self.host, &peer, || peer.outbox.left_behind());
        }
    }
}

fn accepted(id: Option<&str>, jid: &str) -> String {
    let mut out = String::from("<iq type='result'");
    if let Some(id) = id {
        crate::wire::attribute(&mut out, "id", id);
    }
    out.push_str("><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>");
    text(&mut out, jid);
    out.push_str("</jid></bind></iq>");
    out
}

fn refused(id: Option<&str>, reason: StanzaError) -> String {
    let mut out = String::from("<iq type='error'");
    if let Some(id) = id {
        crate::wire::attribute(&mut out, "id", id);
    }
    out.push('>');
    error::write(&mut out, reason);
    out.push_str("</iq>");
    out
}

fn failed(condition: &str) -> String {
    let mut out = String::new();
    management::write_failed(&mut out, condition);
    out
}
