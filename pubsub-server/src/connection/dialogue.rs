//! What is said to a client that says something: sends each stanza to whom it is for and writes the answer. No socket, no waiting.

use std::sync::Arc;

use pubsub_xml::{Event, Reader, Scope};

use super::account;
use super::destination::Destination;
use super::pending;
use super::pubsub;
use super::serving::Deferred;
use crate::address;
use crate::host::Host;
use crate::router::{Outgoing, Peer, Wakes};
use crate::wire::error::{self, StanzaError};
use crate::wire::namespace;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

/// The server's side of the conversation with one client.
#[derive(Debug)]
pub(super) struct Dialogue {
    pub(super) host: Arc<Host>,
    pub(super) peer: Arc<Peer>,
    scope: Arc<Scope>,
    /// How many stanzas were handled since they are counted.
    pub(super) handled: Option<u32>,
    /// Whether the session outlives its connection.
    pub(super) is_resumable: bool,
    /// Whether the stream may be managed.
    pub(super) is_managed: bool,
    /// Whether a component speaks, which says with each stanza who at its domain it is.
    pub(super) is_component: bool,
    pings: u64,
    scratch: String,
}

impl Dialogue {
    pub(super) fn new(
        host: Arc<Host>,
        peer: Arc<Peer>,
        scope: Arc<Scope>,
        handled: Option<u32>,
        is_resumable: bool,
    ) -> Self {
        Self {
            host,
            peer,
            scope,
            handled,
            is_resumable,
            is_managed: true,
            is_component: false,
            pings: 0,
            scratch: String::new(),
        }
    }

    /// Handles one element of the stream.
    pub(super) fn handle(
        &mut self,
        text: &str,
        outgoing: &mut Outgoing,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let scope = self.scope.clone();
        let mut reader = Reader::with_scope(text, &scope);
        let name = reader.root()?;
        let Some(kind) = stanza::kind_of(&name) else {
            if name.namespace != namespace::STREAM_MANAGEMENT {
                return Err(StreamError::UnsupportedStanzaType);
            }
            return self
                .manage(name.local, &mut reader, outgoing)
                .map(|()| None);
        };
        let stanza = stanza::read(&reader, kind);
        let mut component = None;
        if self.is_component {
            let speaker = self.speaker(&stanza)?;
            component = Some(std::mem::replace(&mut self.peer, speaker));
        } else if let Some(from) = &stanza.from {
            self.check_sender(from)?;
        }
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        let result = self.dispatch(&stanza, &mut reader, &mut out, wakes);
        if let Some(component) = component {
            self.peer = component;
        }
        // What was begun before the stanza turned out to be broken is not said: the stream ends with an error.
        if !out.is_empty() && result.is_ok() {
            outgoing.push_stanza(&out);
        }
        // A scratch buffer that held a large answer is not kept.
        if out.capacity() <= 16 * 1024 {
            self.scratch = out;
        }
        let deferred = result?;
        if let Some(handled) = &mut self.handled {
            *handled = handled.wrapping_add(1);
        }
        Ok(deferred)
    }

    /// A ping to the client (XEP-0199).
    pub(super) fn ping(&mut self) -> String {
        self.pings += 1;
        let mut out = String::new();
        let id = format!("ping-{}", self.pings);
        stanza::open(
            &mut out,
            Kind::Iq,
            "get",
            Some(&id),
            Some(&self.host.domain),
            Some(&self.peer.actor.full),
        );
        out.push_str("><ping xmlns='urn:xmpp:ping'/></iq>");
        out
    }

    fn dispatch(
        &self,
        stanza: &Stanza<'_>,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let destination = self.destination(stanza.to.as_deref());
        match (stanza.kind, destination) {
            (_, Destination::Component(jid)) => {
                self.forward(stanza, &jid, reader, out, wakes)?;
                Ok(None)
            }
            (Kind::Iq | Kind::Presence, Destination::Local(jid)) if self.is_component => {
                self.forward(stanza, &jid, reader, out, wakes)?;
                Ok(None)
            }
            (_, Destination::Rooms(jid)) => self.visit(stanza, &jid, reader, out, wakes),
            (Kind::Presence, destination) => {
                self.notice_presence(stanza, &destination, reader, out, wakes)
            }
            (Kind::Iq, Destination::PubSub) if is_request(stanza) => {
                pubsub::answer(self, stanza, reader, out, wakes).map(|()| None)
            }
            (Kind::Message, Destination::PubSub) if !is_response(stanza) => {
                pending::take_message(self, stanza, reader, out, wakes).map(|()| None)
            }
            (Kind::Iq, Destination::Domain) if is_request(stanza) => {
                account::answer_domain(self, stanza, reader, out, wakes)
            }
            (Kind::Iq, Destination::Own) if is_request(stanza) => {
                account::answer_own(self, stanza, reader, out, wakes)
            }
            (Kind::Iq, Destination::Domain) if self.is_awaited(stanza) => {
                self.learn(stanza, reader, wakes)?;
                Ok(None)
            }
            // An account answers for itself, also when none of its clients is there.
            (Kind::Iq, Destination::Local(jid))
                if is_request(stanza) && jid.contains('@') && !jid.contains('/') =>
            {
                account::answer_other(self, stanza, &jid, reader, out, wakes).map(|()| None)
            }
            (Kind::Iq, _) if !is_request(stanza) && !is_response(stanza) => {
                drain(reader)?;
                self.fail(out, stanza, StanzaError::BAD_REQUEST);
                Ok(None)
            }
            (_, Destination::Local(jid)) => self.pass_on(stanza, &jid, reader, out, wakes),
            (Kind::Message, Destination::Own) => {
                let bare = self.peer.actor.bare.clone();
                self.pass_on(stanza, &bare, reader, out, wakes)
            }
            (_, destination) => {
                drain(reader)?;
                let reason = match destination {
                    Destination::Elsewhere => StanzaError::OTHER_SERVER,
                    Destination::Nowhere => StanzaError::BAD_ADDRESS,
                    _ => StanzaError::SERVICE_UNAVAILABLE,
                };
                if !is_response(stanza) {
                    self.fail(out, stanza, reason);
                }
                Ok(None)
            }
        }
    }

    fn check_sender(&self, from: &str) -> Result<(), StreamError> {
        let actor = &self.peer.actor;
        let is_own = |jid: &str| *jid == *actor.full || *jid == *actor.bare;
        if is_own(from) || address::normalize(from).is_some_and(|from| is_own(&from)) {
            return Ok(());
        }
        Err(StreamError::InvalidFrom)
    }

    /// Opens the result of a request, up to the end of its start tag.
    pub(super) fn open_result(&self, out: &mut String, stanza: &Stanza<'_>) {
        self.open(out, stanza, "result");
    }

    /// Answers a stanza with an error.
    pub(super) fn fail(&self, out: &mut String, stanza: &Stanza<'_>, reason: StanzaError) {
        self.open(out, stanza, "error");
        error::write(out, reason);
        stanza::close(out, stanza.kind);
    }

    pub(super) fn open(&self, out: &mut String, stanza: &Stanza<'_>, variant: &str) {
        let from = stanza.to.as_deref();
        stanza::open(
            out,
            stanza.kind,
            variant,
            stanza.id.as_deref(),
            from,
            Some(&self.peer.actor.full),
        );
        out.push('>');
    }
}

pub(super) fn is_request(stanza: &Stanza<'_>) -> bool {
    matches!(&*stanza.variant, "get" | "set")
}

/// Answers and errors are never answered.
pub(super) fn is_response(stanza: &Stanza<'_>) -> bool {
    stanza.variant == "error" || (stanza.kind == Kind::Iq && stanza.variant == "result")
}

/// Reads on to the end of the stanza: what is not used must be well-formed too.
pub(super) fn drain(reader: &mut Reader<'_>) -> Result<(), StreamError> {
    while reader.event()? != Event::Eof {}
    Ok(())
}
