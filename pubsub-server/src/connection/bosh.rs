//! The carrier for browsers without WebSocket: a session of [`bosh`](crate::bosh), whose requests are this carrier's input and whose answers its output.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use pubsub_xml::Scope;
use tokio::time::{Instant, Sleep};

use super::carrier::{Carrier, Incoming, Opening};
use super::end::End;
use crate::bosh::{Arrived, Condition, Farewell, Session, Table};
use crate::config::Limits;
use crate::router::Outgoing;
use crate::wire::namespace;
use crate::wire::standalone;
use crate::wire::stream::StreamError;

/// The task's end of a session. The session is over when it is dropped.
#[derive(Debug)]
pub(crate) struct BoshStream {
    session: Arc<Session>,
    table: Arc<Table>,
    scope: Arc<Scope>,
    inbox: VecDeque<Arrived>,
    /// What was handed out last.
    current: String,
    timer: Pin<Box<Sleep>>,
    farewell: Option<Farewell>,
}

impl BoshStream {
    /// Serves a session, which can be found from now on.
    pub(crate) fn new(session: Arc<Session>, table: Arc<Table>) -> Self {
        table.insert(&session);
        Self {
            session,
            table,
            scope: Arc::new(Scope::default().with_default(namespace::CLIENT)),
            inbox: VecDeque::new(),
            current: String::new(),
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
            farewell: None,
        }
    }

    /// Whether it is the time that the session waits for.
    fn is_time(&mut self, context: &mut Context<'_>) -> bool {
        let Some(deadline) = self.session.deadline() else {
            return false;
        };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(context).is_ready()
    }
}

impl Drop for BoshStream {
    fn drop(&mut self) {
        self.table.remove(&self.session);
        self.session.finish();
    }
}

impl Carrier for BoshStream {
    const IS_FRAMED: bool = true;
    const IS_MANAGED: bool = false;
    const IS_PINGED: bool = false;

    fn scope(&self) -> Arc<Scope> {
        self.scope.clone()
    }

    fn restart(&mut self) {}

    fn trust(&mut self, _: &Limits) {
        self.session.trust();
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), End>> {
        self.session.poll_input(context, &mut self.inbox).map(Ok)
    }

    fn next(&mut self) -> Result<Option<Incoming<'_>>, End> {
        Ok(match self.inbox.pop_front() {
            None => None,
            Some(Arrived::Opening { to, version }) => Some(Incoming::Opening(Opening {
                to,
                from: None,
                version,
            })),
            Some(Arrived::Element(element)) => {
                self.current = element;
                Some(Incoming::Element(&self.current))
            }
            Some(Arrived::Closing) => Some(Incoming::Closing),
        })
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
    ) -> Poll<Result<(), End>> {
        loop {
            let now = Instant::now();
            let farewell = self.farewell.as_ref();
            let answered = self.session.poll_answer(context, outgoing, farewell, now);
            if self.session.is_over(now) {
                return Poll::Ready(Err(End::Lost));
            }
            if !self.is_time(context) {
                return answered.map(Ok);
            }
        }
    }

    fn open(&mut self, _: &mut Outgoing, domain: &str, id: &str) {
        self.session.announce(id, domain);
    }

    fn close(&mut self, _: &mut Outgoing, error: Option<StreamError>) {
        let Some(error) = error else {
            self.farewell = Some(Farewell::default());
            return;
        };
        let mut words = String::new();
        error.write(&mut words);
        let mut element = BytesMut::new();
        standalone::write(&mut element, words.as_bytes());
        self.farewell = Some(Farewell {
            condition: Some(condition_of(error)),
            element,
        });
    }

    fn poll_closed(&mut self, _: &mut Context<'_>) -> Poll<()> {
        // The last words are in the hands of the HTTP connection.
        Poll::Ready(())
    }
}

/// The condition that says the same as a stream error, where there is one (XEP-0124 §17.2).
fn condition_of(error: StreamError) -> Condition {
    match error {
        StreamError::NotWellFormed | StreamError::RestrictedXml | StreamError::BadFormat => {
            Condition::BadRequest
        }
        StreamError::HostUnknown => Condition::HostUnknown,
        StreamError::TooBig
        | StreamError::TooDeep
        | StreamError::TooManyConnections
        | StreamError::TooManyAttempts
        | StreamError::SlowReader => Condition::PolicyViolation,
        StreamError::Shutdown => Condition::SystemShutdown,
        _ => Condition::RemoteStreamError,
    }
}
