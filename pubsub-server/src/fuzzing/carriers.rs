//! What comes over a carrier: the same, however it was cut on the way.

use std::task::{Context, Poll, Waker};

use pubsub_xml::{Event, Reader};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::pieces::Pieces;
use crate::bosh::body;
use crate::config::Limits;
use crate::connection::WebSocket;
use crate::connection::carrying::{Carrier, End, Incoming, XmlStream};
use crate::wire::stream::StreamError;

/// Small, so that fuzzing meets them.
fn limits() -> Limits {
    Limits {
        stanza_before_login: 512,
        stanza: 1024,
        depth: 8,
        ..Limits::default()
    }
}

/// Everything that a client has said, and how it ended.
fn hear<C: Carrier>(mut carrier: C) -> (Vec<String>, End) {
    let mut heard = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    loop {
        loop {
            let mut restarts = false;
            match carrier.next() {
                Err(end) => return (heard, end),
                Ok(None) => break,
                Ok(Some(Incoming::Element(text))) => {
                    restarts = text.starts_with("<auth");
                    heard.push(text.to_owned());
                }
                Ok(Some(other)) => heard.push(format!("{other:?}")),
            }
            if restarts {
                // As after a login, which nobody sends before it was answered.
                carrier.trust(&limits());
                carrier.restart();
            }
        }
        match carrier.poll_read(&mut context) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(end)) => return (heard, end),
            Poll::Pending => unreachable!("everything has come"),
        }
    }
}

/// Two ways of hearing the same.
fn agree(whole: &(Vec<String>, End), cut: &(Vec<String>, End)) {
    assert_eq!(whole.0, cut.0);
    // What is too long is refused before it is whole, whatever else would be wrong with it.
    let is_too_big = |end| end == End::Failed(StreamError::TooBig);
    if !is_too_big(whole.1) && !is_too_big(cut.1) {
        assert_eq!(whole.1, cut.1);
    }
}

/// Takes the lengths of pieces from the front: a number, and so many lengths.
fn lengths(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((&count, rest)) = bytes.split_first() else {
        return (&[], &[]);
    };
    rest.split_at(usize::from(count % 8).min(rest.len()))
}

/// A stream over TCP, behind the lengths of the pieces in which it comes.
///
/// # Panics
///
/// When it says something else in pieces than in one.
pub fn stream(bytes: &[u8]) {
    let (lengths, said) = lengths(bytes);
    let hear = |pieces| hear(XmlStream::new(pieces, &limits()));
    agree(
        &hear(Pieces::whole(said)),
        &hear(Pieces::cut(said, lengths)),
    );
}

/// A WebSocket in the same way. When the first length is odd what follows are frames; else the texts of frames, with a line between two.
///
/// # Panics
///
/// When it says something else in pieces than in one.
pub fn websocket(bytes: &[u8]) {
    let (lengths, said) = lengths(bytes);
    let mut frames = Vec::new();
    if lengths.first().is_some_and(|length| length % 2 == 1) {
        frames.extend_from_slice(said);
    } else {
        for text in said.split(|byte| *byte == b'\n') {
            let mut frame = Frame::message(text.to_vec(), OpCode::Data(Data::Text), true);
            frame.header_mut().mask = Some([1, 2, 3, 4]);
            let _ = frame.format(&mut frames);
        }
    }
    let hear = |pieces| hear(WebSocket::new(pieces, &limits()));
    agree(
        &hear(Pieces::whole(&frames)),
        &hear(Pieces::cut(&frames, lengths)),
    );
}

/// The body of a request of BOSH.
///
/// # Panics
///
/// When an element of a request that was taken does not stand alone, or the beginning of a body names another session than the whole.
pub fn bosh(bytes: &[u8]) {
    let beginning = body::session_of(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let limits = limits();
    let bounds = pubsub_xml::Limits {
        max_bytes: limits.stanza,
        max_depth: limits.depth,
    };
    let Ok(request) = body::read(text, bounds) else {
        return;
    };
    assert_eq!(beginning, request.session);
    let _ = request.is_announcement();
    for element in &request.elements {
        let mut reader = Reader::new(element);
        loop {
            match reader.event() {
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => unreachable!("{error} in {element}"),
            }
        }
    }
}
