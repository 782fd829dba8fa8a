//! What a person does first: the examples of the README and the `pubsub` program, as child processes, typed to and
//! read from.

#[path = "journey/durable.rs"]
mod durable;
#[path = "journey/outbox.rs"]
mod outbox;
#[path = "journey/program.rs"]
mod program;
#[path = "journey/tweets.rs"]
mod tweets;
