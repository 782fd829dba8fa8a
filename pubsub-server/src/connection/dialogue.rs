//! What is said to a client that says something: sends each stanza to whom it is for and writes the answer. No socket, no waiting.

use std::sync::Arc;

use pubsub_xml::{Event, Reader, Scope, XmlError};

use super::account;
use super::pubsub;
use super::serving::Deferred;
use crate::address;
use crate::host::Host;
use crate::router::{Outgoing, Peer, Wakes};
use crate::wire::error::{self, StanzaError};
use crate::wire::namespace;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::{self, StreamError};

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
    pings: u64,
    scratch: String,
}

/// Where a stanza goes.
enum Destination {
    /// The client's own account, which the server answers for.
    Own,
    Domain,
    PubSub,
    /// Another local address, or an own full one.
    Local(Arc<str>),
    Elsewhere,
    Nowhere,
}

impl Dialogue {
    pub(super) fn new(
        host: Arc<Host>,
        peer: Arc<Peer>,
        scope: Arc<Scope>,
        handled: Option<u32>,
    ) -> Self {
        Self {
            host,
            peer,
            scope,
            handled,
            is_resumable: handled.is_some(),
            is_managed: true,
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
        if let Some(from) = &stanza.from {
            self.check_sender(from)?;
        }
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        let result = self.dispatch(&stanza, &mut reader, &mut out, wakes);
        if !out.is_empty() {
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
            (Kind::Presence, destination) => {
                self.notice_presence(stanza, &destination, reader, wakes)?;
                Ok(None)
            }
            (Kind::Iq, Destination::PubSub) if is_request(stanza) => {
                pubsub::answer(self, stanza, reader, out, wakes).map(|()| None)
            }
            (Kind::Iq, Destination::Domain) if is_request(stanza) => {
                account::answer_domain(self, stanza, reader, out)
            }
            (Kind::Iq, Destination::Own) if is_request(stanza) => {
                account::answer_own(self, stanza, reader, out)
            }
            (Kind::Iq, _) if !is_request(stanza) && !is_response(stanza) => {
                drain(reader)?;
                self.fail(out, stanza, StanzaError::BAD_REQUEST);
                Ok(None)
            }
            (kind, Destination::Local(jid)) => {
                self.pass_on(kind, stanza, &jid, reader, out, wakes)?;
                Ok(None)
            }
            (Kind::Message, Destination::Own) => {
                let bare = self.peer.actor.bare.clone();
                self.pass_on(Kind::Message, stanza, &bare, reader, out, wakes)?;
                Ok(None)
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

    fn destination(&self, to: Option<&str>) -> Destination {
        let Some(to) = to else {
            return Destination::Own;
        };
        if to == self.host.pubsub() {
            return Destination::PubSub;
        }
        let Some(jid) = address::normalize(to) else {
            return Destination::Nowhere;
        };
        if jid == self.peer.actor.bare {
            Destination::Own
        } else if *jid == *self.host.domain {
            Destination::Domain
        } else if *jid == *self.host.pubsub() {
            Destination::PubSub
        } else if address::domain(&jid) == &*self.host.domain && jid.contains('@') {
            Destination::Local(jid)
        } else if [&*self.host.domain, self.host.pubsub()].contains(&address::domain(&jid)) {
            // A resource of the domain or of the service, or somebody at the service: nobody is there.
            Destination::Local(jid)
        } else {
            Destination::Elsewhere
        }
    }

    /// Passes a stanza on to connected clients of this server.
    fn pass_on(
        &self,
        kind: Kind,
        stanza: &Stanza<'_>,
        jid: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let mut readdressed = String::new();
        match stanza::readdress(&mut readdressed, reader, kind, &self.peer.actor.full) {
            Ok(()) => {}
            Err(XmlError::UnexpectedText(_)) => {
                drain(reader)?;
                if !is_response(stanza) {
                    self.fail(out, stanza, StanzaError::BAD_REQUEST);
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        drain(reader)?;
        let directory = self.host.router.directory();
        let before = wakes.deliveries();
        // An IQ to a bare JID is for the account, not for its clients (RFC 6121 §8.5.2).
        if kind == Kind::Message || jid.contains('/') {
            directory.deliver(wakes, jid, &[&readdressed]);
        }
        // A message to a resource that is gone is for the account (RFC 6121 §8.5.3.2.1).
        if wakes.deliveries() == before
            && kind == Kind::Message
            && matches!(&*stanza.variant, "" | "normal" | "chat")
        {
            directory.deliver(wakes, address::bare(jid), &[&readdressed]);
        }
        drop(directory);
        if wakes.deliveries() == before && !is_response(stanza) && stanza.variant != "headline" {
            let reason = if kind == Kind::Message {
                StanzaError::NO_RECIPIENT
            } else {
                StanzaError::SERVICE_UNAVAILABLE
            };
            self.fail(out, stanza, reason);
        }
        Ok(())
    }

    fn notice_presence(
        &self,
        stanza: &Stanza<'_>,
        destination: &Destination,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let mut priority = 0;
        loop {
            match reader.event()? {
                Event::Start(name) if name.is("priority", namespace::CLIENT) => {
                    priority = reader.text()?.trim().parse().unwrap_or(0);
                }
                Event::Eof => break,
                Event::Start(_) | Event::Text(_) | Event::End => {}
            }
        }
        // Presence for somebody in particular is tolerated and goes nowhere: there are no rosters.
        if !matches!(destination, Destination::Own) || stanza.to.is_some() {
            return Ok(());
        }
        match &*stanza.variant {
            "" if self.peer.announce(priority) => {
                self.host.broker.greet(&self.peer.actor, wakes);
            }
            "unavailable" => self.peer.withdraw(),
            _ => {}
        }
        Ok(())
    }

    /// Stream management (XEP-0198).
    fn manage(
        &mut self,
        element: &str,
        reader: &mut Reader<'_>,
        outgoing: &mut Outgoing,
    ) -> Result<(), StreamError> {
        let mut out = String::new();
        match (element, self.handled) {
            ("r", Some(handled)) => stream::write_acknowledgement(&mut out, handled),
            ("a", Some(_)) => {
                let handled = reader
                    .attribute("h")
                    .and_then(|handled| handled.parse().ok());
                outgoing.acknowledge(handled.ok_or(StreamError::BadFormat)?)?;
            }
            ("enable", None) if self.is_managed => {
                let wants_resumption = reader
                    .attribute("resume")
                    .is_some_and(|word| word == "true" || word == "1");
                let id = wants_resumption.then(|| format!("{:032x}", rand::random::<u128>()));
                let seconds = self.host.limits.resumption.as_secs();
                stream::write_enabled(&mut out, id.as_deref().map(|id| (id, seconds)));
                outgoing.push_other(&out);
                self.peer.outbox.start_counting(outgoing);
                if let Some(id) = id {
                    self.host.router.allow_resumption(&self.peer, &id);
                    self.is_resumable = true;
                }
                self.handled = Some(0);
                return drain(reader);
            }
            ("enable" | "resume", _) => stream::write_failed(&mut out, "unexpected-request"),
            _ => return Err(StreamError::UnsupportedStanzaType),
        }
        drain(reader)?;
        if !out.is_empty() {
            outgoing.push_other(&out);
        }
        Ok(())
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

fn is_request(stanza: &Stanza<'_>) -> bool {
    matches!(&*stanza.variant, "get" | "set")
}

/// Answers and errors are never answered.
fn is_response(stanza: &Stanza<'_>) -> bool {
    stanza.variant == "error" || (stanza.kind == Kind::Iq && stanza.variant == "result")
}

/// Reads on to the end of the stanza: what is not used must be well-formed too.
pub(super) fn drain(reader: &mut Reader<'_>) -> Result<(), StreamError> {
    while reader.event()? != Event::Eof {}
    Ok(())
}
