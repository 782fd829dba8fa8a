//! A password or shared secret that cannot slip into a log: its `Debug` is blank and it has no `Display`.

use std::fmt;
use std::sync::Arc;

/// Text that is only ever handed to an authentication mechanism.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::session) struct Secret(Arc<str>);

impl Secret {
    pub(in crate::session) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(in crate::session) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}
