//! The connected part of the session's life: bytes in, bytes out, requests in between.
//!
//! Everything is polled from one place, so that what one turn brings (answers, new requests) leaves in one write.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pubsub_xml::{FrameKind, Scope, XmlError};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};

use super::{Engine, Sent};
use crate::session::ConnectError;
use crate::session::stanza::namespace::{CLIENT, COMPONENT, DISCO_INFO};
use crate::session::stanza::{Arrival, Query, arrival, notices};
use crate::session::wire::Wire;

/// With this much on its way to a server that does not take it, nothing is read either.
const STUCK: usize = 1024 * 1024;
/// How long a server may take to say good-bye.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why the connected part ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The connection is gone.
    Lost(ConnectError),
    /// We closed it.
    Closed,
}

/// What one poll brought.
#[derive(Debug, Default)]
struct Turn {
    received: Option<io::Result<usize>>,
    failed: Option<io::Error>,
    is_time: bool,
}

/// When the server was last heard, and whether it has been asked for a sign of life since.
#[derive(Debug)]
struct Pulse {
    heard: Instant,
    asked: Option<Instant>,
}

impl Engine {
    pub(super) async fn online(&mut self, mut wire: Wire) -> Ended {
        let scope = wire.scope();
        let mut pulse = Pulse {
            heard: Instant::now(),
            asked: None,
        };
        // What came together with the end of the login will not be received again.
        if let Err(error) = self.read(&mut wire, &scope) {
            return Ended::Lost(error);
        }
        loop {
            if self.is_done() {
                self.farewell(wire).await;
                return Ended::Closed;
            }
            let now = Instant::now();
            self.dispatch.pump(&mut wire, now);
            let due = self.dispatch.next_deadline();
            self.arm(due.into_iter().chain([self.pulse_due(&pulse)]).min());
            let turn = poll_fn(|context| self.poll_turn(&mut wire, context)).await;
            self.obey_all();
            if let Some(error) = turn.failed {
                return Ended::Lost(self.last_words(&mut wire, &scope, error));
            }
            match turn.received {
                Some(Ok(0)) => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Ended::Lost(ConnectError::broken(wire.host(), error));
                }
                Some(Ok(_)) => {
                    pulse = Pulse {
                        heard: Instant::now(),
                        asked: None,
                    };
                    if let Err(error) = self.read(&mut wire, &scope) {
                        return Ended::Lost(error);
                    }
                }
                Some(Err(error)) => return Ended::Lost(ConnectError::broken(wire.host(), error)),
                None => {}
            }
            if turn.is_time
                && let Err(error) = self.on_time(&mut wire, &mut pulse)
            {
                return Ended::Lost(error);
            }
        }
    }

    fn poll_turn(&mut self, wire: &mut Wire, context: &mut Context<'_>) -> Poll<Turn> {
        let mut turn = Turn::default();
        let mut is_ready = false;
        let before = wire.unsent();
        if let Poll::Ready(Err(error)) = wire.poll_send(context) {
            turn.failed = Some(error);
            return Poll::Ready(turn);
        }
        // Room was made for requests that wait.
        is_ready |= wire.unsent() < before && self.dispatch.has_more();
        if wire.unsent() < STUCK
            && let Poll::Ready(received) = wire.poll_receive(context)
        {
            turn.received = Some(received);
            is_ready = true;
        }
        is_ready |= self.poll_commands(context).is_ready();
        if self.alarm.as_mut().poll(context).is_ready() {
            turn.is_time = true;
            is_ready = true;
        }
        if is_ready {
            Poll::Ready(turn)
        } else {
            Poll::Pending
        }
    }

    fn on_time(&mut self, wire: &mut Wire, pulse: &mut Pulse) -> Result<(), ConnectError> {
        let now = Instant::now();
        self.dispatch.expire(now, true);
        if self.pulse_due(pulse) > now {
            return Ok(());
        }
        if pulse.asked.is_some() {
            return Err(ConnectError::Timeout {
                host: wire.host().to_owned(),
                after: now - pulse.heard,
            });
        }
        pulse.asked = Some(now);
        self.dispatch.ask_for_life(wire.out(), now);
        Ok(())
    }

    fn pulse_due(&self, pulse: &Pulse) -> Instant {
        match pulse.asked {
            Some(asked) => asked + self.config.sign_of_life(),
            None => pulse.heard + self.config.keep_alive,
        }
    }

    /// Reads every frame that has come.
    fn read(&mut self, wire: &mut Wire, scope: &Scope) -> Result<(), ConnectError> {
        let stanzas = if self.config.is_component() {
            COMPONENT
        } else {
            CLIENT
        };
        let host = wire.host().to_owned();
        let broken =
            |error: XmlError| ConnectError::protocol(&host, format!("its XML is broken ({error})"));
        wire.frames(|out, kind, frame| match kind {
            FrameKind::White => Ok(()),
            FrameKind::Element => {
                let arrived = arrival(frame, scope, stanzas).map_err(broken)?;
                self.arrived(out, arrived, &host)?.map_err(broken)
            }
            FrameKind::Footer => Err(ConnectError::Stream {
                condition: "closed".to_owned(),
                text: None,
            }),
            FrameKind::Declaration | FrameKind::Header => {
                Err(ConnectError::protocol(&host, "it begins its stream anew"))
            }
        })
    }

    fn arrived(
        &mut self,
        out: &mut String,
        arrived: Arrival<'_>,
        host: &str,
    ) -> Result<Result<(), XmlError>, ConnectError> {
        match arrived {
            Arrival::Acknowledged(count) => {
                let management = self.dispatch.management.as_mut();
                if management.is_some_and(|management| management.acknowledged(count).is_err()) {
                    return Err(ConnectError::protocol(
                        host,
                        "it acknowledges more than was sent",
                    ));
                }
                return Ok(Ok(()));
            }
            Arrival::AcknowledgementAsked => {
                self.acknowledge(out);
                return Ok(Ok(()));
            }
            Arrival::StreamError(error) => return Err(error),
            Arrival::Unknown => {
                tracing::debug!("skipped an element of no known protocol");
                return Ok(Ok(()));
            }
            Arrival::Answer(_)
            | Arrival::Query { .. }
            | Arrival::Message { .. }
            | Arrival::OtherStanza => {}
        }
        if let Some(management) = &mut self.dispatch.management {
            management.received();
        }
        Ok(match arrived {
            Arrival::Answer(answer) => self.dispatch.settle(answer),
            Arrival::Query { id, from, query } => {
                self.answer(out, &id, from.as_deref(), query);
                Ok(())
            }
            Arrival::Message { from, reader } => {
                let service = Arc::clone(&self.dispatch.service().address);
                if from.as_deref() == Some(&*service) {
                    let listeners = &self.shared.listeners;
                    notices(reader, |notice| listeners.notify(&service, notice))
                } else {
                    // Whoever it is, it does not speak for the service.
                    let mut reader = reader;
                    reader.skip()
                }
            }
            _ => Ok(()),
        })
    }

    /// Tells the server how many of its stanzas we have.
    fn acknowledge(&mut self, out: &mut String) {
        if let Some(management) = &self.dispatch.management {
            let handled = management.handled().to_string();
            out.extend(["<a xmlns='urn:xmpp:sm:3' h='", handled.as_str(), "'/>"]);
        }
    }

    /// Answers what others ask of us: little.
    fn answer(&mut self, out: &mut String, id: &str, from: Option<&str>, query: Query) {
        let identity = format!(
            "<query xmlns='{DISCO_INFO}'><identity category='client' type='bot' name='pubsub-core'/>\
             <feature var='{DISCO_INFO}'/><feature var='urn:xmpp:ping'/></query>"
        );
        let (kind, body) = match query {
            Query::Ping => ("result", ""),
            Query::Identity => ("result", identity.as_str()),
            Query::Other => (
                "error",
                "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
            ),
        };
        let start = out.len();
        self.dispatch.heads().answer(out, kind, from, id, body);
        let text = out.get(start..).unwrap_or_default().into();
        self.dispatch.track(out, Sent::Other(text));
    }

    /// A server that hangs up often says why first; its words may still wait to be read.
    fn last_words(&mut self, wire: &mut Wire, scope: &Scope, error: io::Error) -> ConnectError {
        let waker = std::task::Waker::noop();
        while let Poll::Ready(Ok(1..)) = wire.poll_receive(&mut Context::from_waker(waker)) {
            if let Err(said) = self.read(wire, scope) {
                return said;
            }
        }
        ConnectError::broken(wire.host(), error)
    }

    /// Closes the stream, and waits a moment for the server to do so too.
    async fn farewell(&mut self, mut wire: Wire) {
        self.acknowledge(wire.out());
        wire.out().push_str("</stream:stream>");
        let leave = async {
            wire.send().await?;
            while wire.next().await?.0 != FrameKind::Footer {}
            Ok::<(), ConnectError>(())
        };
        if timeout(FAREWELL, leave).await.is_err() {
            tracing::debug!("the server does not say good-bye");
        }
        let _ = timeout(FAREWELL, wire.into_transport().shutdown()).await;
    }
}
