//! Waits for what a client says on its way in, and answers it. The serving loop later takes the carrier over.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::carrier::{Carrier, Incoming, Opening};
use super::end::End;
use crate::address;
use crate::host::Host;
use crate::router::Outgoing;
use crate::wire::stream::StreamError;

/// While a client has to wait, it is read no oftener: only to hear that it has gone.
const READINGS: u8 = 4;

/// A carrier whose client is not bound yet.
#[derive(Debug)]
pub(super) struct Channel<C> {
    pub(super) carrier: C,
    pub(super) outgoing: Outgoing,
    /// Whether the server has opened the stream too.
    pub(super) is_open: bool,
}

/// [`Incoming`] that is waited for.
enum Arrival {
    Opening(Opening),
    Element(String),
    Closing,
}

impl<C: Carrier> Channel<C> {
    pub(super) fn new(carrier: C) -> Self {
        Self {
            carrier,
            outgoing: Outgoing::new(C::IS_FRAMED),
            is_open: false,
        }
    }

    /// Sends one element and waits until it is on its way.
    pub(super) async fn send(&mut self, text: &str) -> Result<(), End> {
        self.outgoing.push_other(text);
        self.flush().await
    }

    pub(super) async fn flush(&mut self) -> Result<(), End> {
        poll_fn(|context| self.carrier.poll_write(context, &mut self.outgoing)).await
    }

    /// Waits for the client to open a stream, and answers with the server's opening and the features.
    pub(super) async fn open(&mut self, host: &Host, features: &str) -> Result<Opening, End> {
        self.carrier.restart();
        let Arrival::Opening(opening) = self.arrival().await? else {
            return Err(StreamError::BadFormat.into());
        };
        self.write_opening(host);
        check(host, &opening)?;
        self.send(features).await?;
        Ok(opening)
    }

    /// Waits for the other end to open a stream.
    pub(super) async fn opening(&mut self) -> Result<Opening, End> {
        match self.arrival().await? {
            Arrival::Opening(opening) => Ok(opening),
            _ => Err(StreamError::BadFormat.into()),
        }
    }

    /// Queues an opening in the name of a domain, and returns the id of the stream.
    pub(super) fn write_opening_as(&mut self, domain: &str) -> String {
        let id = format!("{:032x}", rand::random::<u128>());
        self.carrier.open(&mut self.outgoing, domain, &id);
        self.is_open = true;
        id
    }

    /// Queues the server's opening.
    pub(super) fn write_opening(&mut self, host: &Host) {
        let id = format!("{:016x}", rand::random::<u64>());
        self.carrier.open(&mut self.outgoing, &host.domain, &id);
        self.is_open = true;
    }

    /// The next element.
    pub(super) async fn element(&mut self) -> Result<String, End> {
        match self.arrival().await? {
            Arrival::Element(text) => Ok(text),
            Arrival::Closing => Err(End::Closed),
            Arrival::Opening(_) => Err(StreamError::BadFormat.into()),
        }
    }

    /// Has the client wait. Ends when it has gone meanwhile.
    pub(super) async fn pause(&mut self, time: Duration) -> Result<(), End> {
        let mut timer = pin!(tokio::time::sleep(time));
        let mut readings = 0;
        poll_fn(|context| {
            if timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(Err(end)) = self.carrier.poll_write(context, &mut self.outgoing) {
                return Poll::Ready(Err(end));
            }
            while readings < READINGS {
                match self.carrier.poll_read(context) {
                    Poll::Ready(Ok(())) => readings += 1,
                    Poll::Ready(Err(end)) => return Poll::Ready(Err(end)),
                    Poll::Pending => break,
                }
            }
            Poll::Pending
        })
        .await
    }

    async fn arrival(&mut self) -> Result<Arrival, End> {
        loop {
            match self.carrier.next()? {
                Some(Incoming::Opening(opening)) => return Ok(Arrival::Opening(opening)),
                Some(Incoming::Element(text)) => return Ok(Arrival::Element(text.to_owned())),
                Some(Incoming::Closing) => return Ok(Arrival::Closing),
                None => {}
            }
            // Some carriers have to say something although there is nothing to say.
            poll_fn(
                |context| match self.carrier.poll_write(context, &mut self.outgoing) {
                    Poll::Ready(Err(end)) => Poll::Ready(Err(end)),
                    _ => self.carrier.poll_read(context),
                },
            )
            .await?;
        }
    }
}

fn check(host: &Host, opening: &Opening) -> Result<(), StreamError> {
    if let Some(to) = &opening.to
        && **to != *host.domain
        && address::normalize(to).as_deref() != Some(&*host.domain)
    {
        return Err(StreamError::HostUnknown);
    }
    let version = opening.version.as_deref();
    match version.and_then(|version| version.split_once('.')) {
        Some((major, _)) if major.parse() == Ok(1) => Ok(()),
        _ => Err(StreamError::UnsupportedVersion),
    }
}
