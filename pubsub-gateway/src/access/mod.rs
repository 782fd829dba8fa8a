//! Who may listen and publish here.
//!
//! Knows requests, tokens and names of channels. Does not know nodes or what happens to somebody who may: `route` asks, and acts on the answer.

mod guard;
mod hook;
mod local;
mod origin;
mod revoked;
mod token;

pub(crate) use self::guard::{Doorkeeper, Identity, Wish};
pub use self::hook::{Access, AccessRequest, Deciding, Denied, Grant, Intent};
pub(crate) use self::origin::is_allowed;
pub use self::revoked::Revocation;
pub use self::token::{Channels as TokenChannels, Claims, KeyError, TokenError, TokenKey};
