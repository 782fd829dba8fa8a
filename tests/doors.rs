//! Who comes in to our server, how, and how much of it he may use: accounts, encryption, ways to log in, bounds.

#[path = "doors/accounts.rs"]
mod accounts;
#[path = "doors/limits.rs"]
mod limits;
#[path = "doors/tls.rs"]
mod tls;
#[path = "doors/watched.rs"]
mod watched;

use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
