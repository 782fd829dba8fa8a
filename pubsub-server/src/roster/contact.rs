//! One contact of one account.

use std::sync::Arc;

/// What an account knows of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the state of appendix A.1 is made of them"
)]
pub(crate) struct Contact {
    pub(crate) name: Box<str>,
    pub(crate) groups: Vec<Box<str>>,
    /// The account sees the contact's presence.
    pub(crate) to: bool,
    /// The contact sees the account's presence.
    pub(crate) from: bool,
    /// The account has asked to subscribe and has no answer ("pending out").
    pub(crate) has_asked: bool,
    /// What the contact asked to subscribe with, while it has no answer ("pending in"): the stanza after its `to`.
    pub(crate) request: Option<Arc<str>>,
    /// Whether it is shown in the roster: who only asks is not.
    pub(crate) is_listed: bool,
}

impl Contact {
    /// The word of the roster's `subscription` attribute.
    pub(crate) fn subscription(&self) -> &'static str {
        match (self.to, self.from) {
            (true, true) => "both",
            (true, false) => "to",
            (false, true) => "from",
            (false, false) => "none",
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_blank(&self) -> bool {
        !self.is_listed && self.request.is_none()
    }
}
