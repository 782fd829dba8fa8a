//! Messages as bytes of a transport, written once a message and transport, and shared by all clients.
//!
//! Pure: knows templates and framing. Does not know clients, channels or sockets.

mod chunk;
mod deflate;
mod event_stream;
mod format;
mod framed;
mod json;
mod template;
mod websocket;

pub(crate) use self::deflate::{InflateError, inflate, negotiate};
pub(crate) use self::format::{Farewell, Format, Formats, Look, Texts, Transport, control};
pub(crate) use self::framed::Framed;
pub(crate) use self::json::text as json_text;
pub use self::template::Mode;
pub(crate) use self::template::Template;
pub(crate) use self::websocket::pong as websocket_pong;
