//! How a node is to be set up at the service, as far as a model or caller cares.
//!
//! Knows the options and their words. Does not know the form of XEP-0060 that carries them, nor what a service does by default.

/// The wishes for a node; what is `None` is left to the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeConfig {
    /// Who may subscribe and read.
    pub access: Option<AccessModel>,
    /// Who may publish.
    pub publish_model: Option<PublishModel>,
    /// Whether items are kept.
    pub persist: Option<bool>,
    /// How many items are kept.
    pub max_items: Option<MaxItems>,
    /// The node's name for people.
    pub title: Option<&'static str>,
    /// Whether subscribers hear of retractions.
    pub notify_retract: Option<bool>,
    /// Whether notifications carry the payload.
    pub deliver_payloads: Option<bool>,
    /// When the last item is sent unasked.
    pub send_last: Option<SendLast>,
}

/// What is known of a change besides what it says: the wishes for its node, and the node of the model that it is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) config: NodeConfig,
    pub(crate) model: Option<&'static str>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, value: $type) -> Self {
                self.$name = Some(value);
                self
            }
        )*
    };
}

impl NodeConfig {
    /// No wishes: everything as the service has it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            access: None,
            publish_model: None,
            persist: None,
            max_items: None,
            title: None,
            notify_retract: None,
            deliver_payloads: None,
            send_last: None,
        }
    }

    setters! {
        /// Says who may subscribe and read.
        access: AccessModel;
        /// Says who may publish.
        publish_model: PublishModel;
        /// Says whether items are kept.
        persist: bool;
        /// Says how many items are kept.
        max_items: MaxItems;
        /// Names the node for people.
        title: &'static str;
        /// Says whether subscribers hear of retractions.
        notify_retract: bool;
        /// Says whether notifications carry the payload.
        deliver_payloads: bool;
        /// Says when the last item is sent unasked.
        send_last: SendLast;
    }

    /// Whether there is no wish at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::new()
    }
}

/// Who may subscribe to a node and read its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessModel {
    /// Anyone.
    Open,
    /// Whoever shares presence with the owner.
    Presence,
    /// Whoever is in given groups of the owner's roster.
    Roster,
    /// Whoever the owner approves.
    Authorize,
    /// Whoever the owner has listed.
    Whitelist,
}

impl AccessModel {
    /// The value of `pubsub#access_model`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Presence => "presence",
            Self::Roster => "roster",
            Self::Authorize => "authorize",
            Self::Whitelist => "whitelist",
        }
    }
}

/// Who may publish to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublishModel {
    /// Owners and publishers.
    Publishers,
    /// Subscribers too.
    Subscribers,
    /// Anyone.
    Open,
}

impl PublishModel {
    /// The value of `pubsub#publish_model`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publishers => "publishers",
            Self::Subscribers => "subscribers",
            Self::Open => "open",
        }
    }
}

/// How many items a node keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaxItems {
    /// This many.
    Count(u32),
    /// As many as the service permits.
    Max,
}

/// When a service sends the last item without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendLast {
    /// Never.
    Never,
    /// To a new subscriber.
    OnSub,
    /// To a new subscriber, and to one who comes online.
    OnSubAndPresence,
}

impl SendLast {
    /// The value of `pubsub#send_last_published_item`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::OnSub => "on_sub",
            Self::OnSubAndPresence => "on_sub_and_presence",
        }
    }
}
