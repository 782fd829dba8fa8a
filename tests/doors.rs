//! Who comes in to our server, how, and how much of it he may use: accounts, encryption, ways to log in, bounds.

#[path = "doors/accounts.rs"]
mod accounts;
#[path = "doors/bind2.rs"]
mod bind2;
#[path = "doors/drain.rs"]
mod drain;
#[path = "doors/https.rs"]
mod https;
#[path = "doors/limits.rs"]
mod limits;
#[path = "doors/sasl2.rs"]
mod sasl2;
#[path = "doors/tls.rs"]
mod tls;
#[path = "doors/watched.rs"]
mod watched;

use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
