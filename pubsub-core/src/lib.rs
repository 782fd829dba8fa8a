//! pubsub-core
mod change;
mod name;
mod node_config;
pub mod session;

pub use change::*;
pub use name::*;
pub use node_config::*;
