//! The client's half of a WebSocket: its pings and closing are answered, and its texts are published where that is allowed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use super::client::State;
use super::incoming::{Incoming, Received, Violation};
use crate::frame::websocket_pong;

/// What is done with a text that a client sends: the future ends when it is published.
pub(crate) type Say = Arc<dyn Fn(String) -> Saying + Send + Sync>;
type Saying = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a conversation needs; `None` where texts are not published.
pub(crate) struct Talk {
    incoming: Incoming,
    say: Option<Say>,
    /// The text that is being published; the next one waits.
    saying: Option<Saying>,
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Talk").finish_non_exhaustive()
    }
}

impl Talk {
    /// With what the client has sent already.
    pub(crate) fn new(most: usize, may_be_deflated: bool, say: Option<Say>, sent: &[u8]) -> Self {
        let mut incoming = Incoming::new(most, may_be_deflated);
        incoming.feed(sent);
        Self {
            incoming,
            say,
            saying: None,
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.incoming.feed(bytes);
    }

    /// Whether nothing more should be read for now.
    pub(crate) fn is_busy(&self) -> bool {
        self.saying.is_some()
    }

    /// Answers what was heard.
    pub(crate) fn answer(&mut self, state: &mut State, context: &mut Context<'_>) {
        while !state.source.has_ended() {
            if let Some(saying) = &mut self.saying {
                if saying.as_mut().poll(context).is_pending() {
                    return;
                }
                self.saying = None;
            }
            match self.incoming.next() {
                Ok(None) => return,
                Ok(Some(Received::Text(text))) => {
                    self.saying = self.say.as_ref().map(|say| say(text));
                }
                Ok(Some(Received::Ping(payload))) => state.say(&websocket_pong(&payload)),
                Ok(Some(Received::Close(None))) => state.close(None),
                Ok(Some(Received::Close(Some(code)))) => state.close(Some((code, ""))),
                Err(Violation(code, reason)) => state.close(Some((code, reason))),
            }
        }
    }
}
