//! Who may do what, where no hook decides otherwise.

use crate::access::TokenKey;

/// Who may listen and publish, unless an [`Access`](crate::Access) decides.
#[derive(Debug, Clone)]
pub struct AccessRules {
    /// Channels whose names begin so are private: to be heard only with a token that names them. So is the node of a model that has channels, if
    /// all of them begin so (`user-{author}`): its rows are those of the channels. Default: `user-`.
    pub private: Vec<String>,
    /// Whose tokens are taken. Default: nobody's.
    pub keys: Vec<TokenKey>,
    /// Who may publish without a token. Default: callers of this machine.
    pub publishing: Audience,
    /// Who may see statistics of all channels and metrics. Default: callers of this machine.
    pub inspection: Audience,
    /// What programs on this machine may call it in `Host`, besides `localhost`, names below that, and addresses of the loopback interface. Default:
    /// nothing else; a page could have any other name lead here.
    pub local_names: Vec<String>,
}

/// To whom something is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// Whoever can reach the gateway.
    Anyone,
    /// Programs on this machine: from an address of the loopback interface, not through a proxy that says for whom it asks, and with this machine in
    /// `Host`, by [such a name](AccessRules::local_names).
    ///
    /// A proxy that passes on bytes, or requests without a header such as `X-Forwarded-For`, looks like a program on this machine: then everybody is
    /// let in, and this must be [`Nobody`](Self::Nobody).
    #[default]
    Local,
    /// No one.
    Nobody,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self {
            private: vec!["user-".to_owned()],
            keys: Vec::new(),
            publishing: Audience::Local,
            inspection: Audience::Local,
            local_names: Vec::new(),
        }
    }
}

impl AccessRules {
    pub(crate) fn is_private(&self, channel: &str) -> bool {
        self.private
            .iter()
            .any(|prefix| channel.starts_with(&**prefix))
    }
}
