//! pubsub-core

pub mod change;
pub mod hooks;
pub mod name;
pub mod node_config;
pub mod payload;
pub mod publish;
pub mod registry;
pub mod schema;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

pub use change::{Action, Change, ChangeKind, Stamp};
pub use name::{ItemId, NameError, NodeName};
pub use node_config::NodeConfig;
pub use payload::{DecodeError, EncodeError, Payload};
pub use publish::Publish;
#[cfg(feature = "derive")]
pub use pubsub_derive::{Payload, Publish, after_save};
pub use registry::{Descriptor, Registry, registered};
