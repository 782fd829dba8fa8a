//! Channels: their names, what they hold, and who is subscribed to them.
//!
//! Knows messages and places. Does not know HTTP, XMPP or how a message is written; it hands out `Framed` entries, whose bytes `frame` makes,
//! to `subscriber::Client`s.

mod batch;
mod cursor;
mod hub;
mod lanes;
mod live;
mod makers;
mod message;
mod name;
mod path;
mod replay;
mod ring;

pub(crate) use self::batch::{Batch, MOST_BYTES, MOST_ENTRIES, join};
pub(crate) use self::cursor::{Cursor, Epoch};
pub(crate) use self::hub::{Full, Hub, Info, RESET};
pub(crate) use self::lanes::{Ticket, announce};
pub(crate) use self::live::{Channel, Upstream};
pub(crate) use self::message::{Content, Kind, Message, Moment, seconds};
pub use self::name::{ChannelName, ChannelNameError};
pub(crate) use self::path::{Bounds, PathError, Wanted, decode, named, segments, subscribed};
pub(crate) use self::replay::{Replay, Resume, Since, replay};
pub(crate) use self::ring::{Next, Ring, stored_id};
