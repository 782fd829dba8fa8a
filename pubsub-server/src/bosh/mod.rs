//! Sessions over HTTP requests that wait for their answers (XEP-0124, XEP-0206). Knows requests and bodies; neither HTTP nor what is said.
//!
//! `body` reads and writes the wrapper of each request and answer, `terms` is what client and server agreed on, `window` puts requests in the
//! order of their numbers, `keys` tells the rightful sender, `answers` keeps what was said until it has certainly arrived, and `session` joins
//! them between the requests, which come from anywhere, and the one task that serves the client. `table` finds sessions.

mod answering;
mod answers;
pub(crate) mod body;
mod keys;
mod reply;
mod session;
mod state;
mod table;
mod terms;
mod window;

pub(crate) use self::answering::Farewell;
pub(crate) use self::body::Condition;
pub(crate) use self::reply::{Reply, Waiting};
pub(crate) use self::session::Session;
pub(crate) use self::state::Arrived;
pub(crate) use self::table::Table;
pub(crate) use self::terms::Terms;
