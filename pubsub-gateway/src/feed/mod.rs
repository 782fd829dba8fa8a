//! What the service tells of the nodes behind the channels, and what is published to them.
//!
//! One subscription a channel, shared by all its subscribers, and held as long as the channel lives. Knows pubsub-core; does not know HTTP or
//! how messages are written.

mod echo;
mod halves;
mod item;
mod missed;
mod parcel;
mod upstream;

pub(crate) use self::echo::Echoes;
pub(crate) use self::halves::Halves;
pub use self::item::RowJson;
pub(crate) use self::item::Rows;
pub(crate) use self::missed::{Missed, missed};
pub(crate) use self::parcel::{PUSH, Parcel};
pub(crate) use self::upstream::follow;
