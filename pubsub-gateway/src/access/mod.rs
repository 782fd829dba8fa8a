//! Who may listen and publish here.

mod local;
mod origin;

pub(crate) use self::local::is_local;
pub(crate) use self::origin::is_allowed;
