//! The relay against an outbox in memory and services that refuse, forget and cannot be reached.

mod forgetting;
mod lanes;
mod outbox;
mod running;
