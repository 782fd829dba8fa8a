//! The names that generated code uses. Not public API: they change whenever the derive does.
//!
//! Knows what would otherwise be repeated in every model. Everything that can do without a type parameter does, so that many models compile fast.

mod child;
mod clash;
mod django;
mod finish;
mod hook;
mod kind;
mod leaf;
mod names;
pub mod sea_orm;
mod slot;

pub use std::any::{Any, TypeId};
pub use std::borrow::Cow;
pub use std::default::Default;
pub use std::option::Option::{self, None, Some};
pub use std::primitive::{bool, str};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::vec::Vec;

pub use inventory;
pub use pubsub_xml::Reader;

pub use self::child::{Child, HasPayload, WriteChild, next_child};
pub use self::clash::{check_apart, check_inline, check_keyed, check_timestamp};
pub use self::django::{close_field, enter_row, next_field, nullable, open_field};
pub use self::finish::{any_variant, channel, check_hook, item_id, only_variant, pair, required};
pub use self::hook::{call_action_hook, call_hook};
pub use self::kind::{AnyKind, KindOf};
pub use self::leaf::{HasText, Leaf, WriteLeaf, write_converted};
pub use self::names::{Joined, crate_of, length_of};
pub use self::slot::{Collection, ReadChild, ReadText, Slot};
pub use crate::change::{Action, Actions};
pub use crate::hooks::{Hook, HookFailure};
pub use crate::name::{ItemId, NodeName};
pub use crate::node_config::{AccessModel, MaxItems, NodeConfig, PublishModel, SendLast};
pub use crate::payload::{
    ATOM, DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Escape, JSON, Payload, Text,
    TextError, read_json, write_json,
};
pub use crate::publish::Publish;
pub use crate::registry::{Descriptor, Format, Registration};
pub use crate::schema::{FieldSchema, Kind, Shape, VariantContent, VariantSchema};
pub use crate::{join, publish_active_model, require_json};

/// What writing answers.
pub type Written = Result<(), EncodeError>;
/// What reading answers.
pub type ReadAs<T> = Result<T, DecodeError>;
