//! Who may listen and publish here.
//!
//! Knows requests, tokens and names of channels. Does not know nodes or what happens to somebody who may: `route` asks, and acts on the answer.

mod claims;
mod guard;
mod hook;
mod host;
mod key;
mod local;
mod origin;
mod revoked;
mod token;

pub use self::claims::{Channels as TokenChannels, Claims};
pub(crate) use self::guard::{Doorkeeper, Identity, Wish};
pub use self::hook::{Access, AccessRequest, Deciding, Denied, Grant, Intent};
pub(crate) use self::host::{NoHost, settle_host};
pub use self::key::{KeyError, TokenKey};
pub(crate) use self::origin::{is_allowed, is_same, let_read, may_call};
pub use self::revoked::Revocation;
pub(crate) use self::revoked::Stage;
pub use self::token::TokenError;
