//! What carries a dialogue: an XML stream over TCP, messages of a WebSocket, or the bodies of BOSH. The dialogue above does not know which.
//!
//! A carrier turns what has come into whole elements, sends what an [`Outgoing`] holds, and knows the words with which its kind of stream
//! opens and closes. It knows no stanza. It is polled by one task, so it keeps the waker of that task only.

use std::sync::Arc;
use std::task::{Context, Poll};

use pubsub_xml::Scope;

use super::end::End;
use crate::config::Limits;
use crate::router::Outgoing;
use crate::wire::stream::StreamError;

/// One piece of what a client said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'i> {
    /// It opens the stream, or opens it anew after logging in.
    Opening(Opening),
    /// A whole element: a stanza, or something of login or stream management.
    Element(&'i str),
    /// It closes the stream.
    Closing,
}

/// How a client opens a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Where it wants to go. Some clients do not say; there is only one domain.
    pub(crate) to: Option<String>,
    /// Who it says it is, where that can be said.
    pub(crate) from: Option<String>,
    pub(crate) version: Option<String>,
}

/// One connection, or what stands for one.
pub(crate) trait Carrier {
    /// Whether it carries each piece by itself. Then an [`Outgoing`] for it remembers where its pieces begin.
    const IS_FRAMED: bool;
    /// Whether a stream over it can be managed and resumed (XEP-0198). BOSH acknowledges and repeats by itself.
    const IS_MANAGED: bool;
    /// Whether a silent client is pinged. BOSH hears of a client that is gone by what it no longer asks.
    const IS_PINGED: bool;

    /// The namespaces that elements inherit.
    fn scope(&self) -> Arc<Scope>;

    /// Expects an opening next.
    fn restart(&mut self);

    /// Lets the client send as much as one that is logged in may.
    fn trust(&mut self, limits: &Limits);

    /// Reads once what has come. Pending when there is nothing; an error when there never will be.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), End>>;

    /// The next piece of what was read, if there is a whole one.
    fn next(&mut self) -> Result<Option<Incoming<'_>>, End>;

    /// Sends what is not sent yet. Pending while something is left.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
    ) -> Poll<Result<(), End>>;

    /// Queues the server's own opening.
    fn open(&mut self, outgoing: &mut Outgoing, domain: &str, id: &str);

    /// Queues the last words: the error, if there is one, and the end of the stream.
    fn close(&mut self, outgoing: &mut Outgoing, error: Option<StreamError>);

    /// Closes after the last words were sent, in such a way that they arrive.
    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()>;
}
