//! What the tests share: deadlines, real XMPP and PostgreSQL servers as child processes, a network that can fail, and
//! an independent client, and a browser.
//!
//! Nothing here knows the library's API beyond the URLs it is given; what is tested stays in the tests.

pub mod bosh;
mod browser;
mod certificates;
mod deadline;
mod dialogue;
mod free_port;
pub mod http;
mod most_files;
pub mod nginx;
pub mod peer;
mod postgres;
mod process;
mod program;
mod proxy;
mod raw_client;
pub mod site;
mod slixmpp;
pub mod transcript;
pub mod websocket;

pub use bosh::BoshClient;
pub use browser::{Browser, Page, in_browser, quoted};
pub use certificates::Certificates;
pub use deadline::{eventually, within};
pub use dialogue::Dialogue;
pub use free_port::free_addresses;
pub use most_files::most_files;
pub use nginx::Nginx;
pub use peer::{Ejabberd, OurProgram, OurServer, Peer, Prosody};
pub use postgres::PostgresServer;
pub use process::ChildProcess;
pub use program::{example, program};
pub use proxy::{Link, Proxy};
pub use raw_client::{RawClient, base64};
pub use site::{Site, packages};
pub use slixmpp::{Refusal, Slixmpp};
pub use websocket::WebSocketClient;
