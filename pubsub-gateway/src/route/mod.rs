//! The HTTP side: which request asks for what, and what it is answered.
//!
//! Every answer is made here, whoever writes it. `request` is what is known of a request, `refusal` an answer that says no, `subscribe` decides
//! who listens to what, `handshake`, `stream` and `poll` are the ways of listening.

mod answer;
mod handshake;
mod health;
mod poll;
mod publish;
mod refusal;
mod request;
mod router;
mod seating;
mod statistics;
mod stream;
mod subscribe;

pub(crate) use self::answer::refused;
pub(crate) use self::publish::publish;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::request::{Asked, Door};
pub(crate) use self::router::{inspected, router};
pub(crate) use self::stream::{Opening, open};
