//! The words in which the service is spoken to and answers: who asks, what for, what is to be written, replied and announced.
//! Values only; they borrow from the request where they can, and know nothing of XML or sockets.

use std::borrow::Cow;
use std::sync::Arc;

use super::access::Affiliation;
use super::node::Item;
use super::options::{Field, NodeConfig};
use super::personal;
use super::relations::Relations;
use super::terms::{SubscriptionState, Terms};

/// Who sends a request.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) bare: Arc<str>,
    pub(crate) full: Arc<str>,
    /// Logged in without an account: never to come back under this JID.
    pub(crate) is_anonymous: bool,
    /// Tells this session from all others, of the same JID too.
    pub(crate) session: u64,
}

/// What a decision depends on besides the state of the service: time, chance, room and who knows whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'r> {
    /// Seconds since 1970.
    pub(crate) now: u64,
    /// Fresh for every request; names of nodes and items are made of it.
    pub(crate) random: u128,
    /// How many nodes may still be created in the whole service.
    pub(crate) nodes_left: usize,
    /// How many bytes of items may still be kept in the whole service.
    pub(crate) bytes_left: usize,
    /// How many more nodes the actor may await; counted only for those who ask to.
    pub(crate) wishes_left: usize,
    /// Asked about people by the access models `presence` and `roster`.
    pub(crate) relations: &'r dyn Relations,
}

impl Context<'_> {
    /// A name nobody has used, the `index`th of this request.
    pub(crate) fn fresh_name(&self, index: usize) -> Arc<str> {
        format!("{:032x}", self.random.wrapping_add(index as u128)).into()
    }
}

/// An item on its way in; without an id the service gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewItem<'x> {
    pub(crate) id: Option<Cow<'x, str>>,
    /// Empty: none.
    pub(crate) payload: Cow<'x, str>,
    /// How many elements the item held.
    pub(crate) payload_elements: usize,
}

/// Which items are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection<'x> {
    All,
    Latest(usize),
    ById(Vec<Cow<'x, str>>),
    Page(Page<'x>),
}

/// A page as XEP-0059 asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page<'x> {
    pub(crate) max: Option<usize>,
    pub(crate) from: PageStart<'x>,
}

/// Where a page starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PageStart<'x> {
    #[default]
    First,
    Last,
    After(Cow<'x, str>),
    Before(Cow<'x, str>),
    Index(usize),
}

/// What an owner wants a subscription to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionChange<'x> {
    pub(crate) jid: Arc<str>,
    /// None: all of that JID.
    pub(crate) subscription: Option<Cow<'x, str>>,
    pub(crate) is_subscribed: bool,
}

/// Everything XEP-0060 lets one ask of a single node, and of one's own standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request<'x> {
    Create {
        node: Option<Cow<'x, str>>,
        form: Vec<Field<'x>>,
    },
    Configuration {
        node: Cow<'x, str>,
    },
    Configure {
        node: Cow<'x, str>,
        form: Vec<Field<'x>>,
    },
    Delete {
        node: Cow<'x, str>,
        redirect: Option<Cow<'x, str>>,
    },
    Purge {
        node: Cow<'x, str>,
    },
    Publish {
        node: Cow<'x, str>,
        items: Vec<NewItem<'x>>,
        options: Vec<Field<'x>>,
    },
    Retract {
        node: Cow<'x, str>,
        ids: Vec<Cow<'x, str>>,
        notify: bool,
    },
    Items {
        node: Cow<'x, str>,
        selection: Selection<'x>,
    },
    Subscribe {
        node: Cow<'x, str>,
        jid: Arc<str>,
        /// Whether a node that does not exist is awaited.
        awaits: bool,
        form: Vec<Field<'x>>,
    },
    SubscriptionOptions {
        node: Cow<'x, str>,
        jid: Arc<str>,
        subscription: Option<Cow<'x, str>>,
    },
    SetSubscriptionOptions {
        node: Cow<'x, str>,
        jid: Arc<str>,
        subscription: Option<Cow<'x, str>>,
        form: Vec<Field<'x>>,
    },
    /// An owner has decided about a pending subscription, or about all of that JID.
    Authorize {
        node: Cow<'x, str>,
        jid: Arc<str>,
        subscription: Option<Cow<'x, str>>,
        is_allowed: bool,
    },
    /// An owner wants to be asked again about everybody who waits.
    Pending {
        node: Cow<'x, str>,
    },
    Unsubscribe {
        node: Cow<'x, str>,
        jid: Arc<str>,
        subscription: Option<Cow<'x, str>>,
    },
    Subscriptions {
        node: Cow<'x, str>,
    },
    SetSubscriptions {
        node: Cow<'x, str>,
        changes: Vec<SubscriptionChange<'x>>,
    },
    Affiliations {
        node: Cow<'x, str>,
    },
    SetAffiliations {
        node: Cow<'x, str>,
        changes: Vec<(Arc<str>, Affiliation)>,
    },
}

impl Request<'_> {
    /// The node it is about; an instant node has no name yet.
    pub(crate) fn node(&self) -> &str {
        match self {
            Self::Create { node, .. } => node.as_deref().unwrap_or_default(),
            Self::Configuration { node }
            | Self::Configure { node, .. }
            | Self::Delete { node, .. }
            | Self::Purge { node }
            | Self::Publish { node, .. }
            | Self::Retract { node, .. }
            | Self::Items { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscriptionOptions { node, .. }
            | Self::SetSubscriptionOptions { node, .. }
            | Self::Authorize { node, .. }
            | Self::Pending { node }
            | Self::Subscriptions { node }
            | Self::SetSubscriptions { node, .. }
            | Self::Affiliations { node }
            | Self::SetAffiliations { node, .. } => node,
        }
    }
}

impl<'x> Request<'x> {
    /// The same of the node that is called so among all nodes, instead of by its owner. An instant node is given the `fresh` name.
    pub(crate) fn at(mut self, owner: &str, fresh: &str) -> Self {
        let name: &mut Cow<'x, str> = match &mut self {
            Self::Create { node, .. } => node.get_or_insert_with(|| Cow::Owned(fresh.to_owned())),
            Self::Configuration { node }
            | Self::Configure { node, .. }
            | Self::Delete { node, .. }
            | Self::Purge { node }
            | Self::Publish { node, .. }
            | Self::Retract { node, .. }
            | Self::Items { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscriptionOptions { node, .. }
            | Self::SetSubscriptionOptions { node, .. }
            | Self::Authorize { node, .. }
            | Self::Pending { node }
            | Self::Subscriptions { node }
            | Self::SetSubscriptions { node, .. }
            | Self::Affiliations { node }
            | Self::SetAffiliations { node, .. } => node,
        };
        *name = Cow::Owned(personal::key(owner, name));
        self
    }
}

/// A change that is stored before it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// A node comes to be, owned by its creator.
    CreateNode {
        /// Its name.
        node: Arc<str>,
        /// Its configuration.
        config: Arc<NodeConfig>,
        /// Bare JID of its creator.
        creator: Arc<str>,
        /// Seconds since 1970.
        created: u64,
    },
    /// A node is configured anew.
    ConfigureNode {
        /// Its name.
        node: Arc<str>,
        /// Its configuration from now on.
        config: Arc<NodeConfig>,
    },
    /// A node goes, with all it holds.
    DeleteNode {
        /// Its name.
        node: Arc<str>,
    },
    /// An item becomes the newest of its node, in place of one with the same id.
    PutItem {
        /// The node's name.
        node: Arc<str>,
        /// The item.
        item: Arc<Item>,
        /// Whether a restart keeps it (`pubsub#persist_items`).
        is_durable: bool,
    },
    /// An item goes.
    RemoveItem {
        /// The node's name.
        node: Arc<str>,
        /// The item's id.
        item: Arc<str>,
    },
    /// All items of a node go.
    RemoveItems {
        /// The node's name.
        node: Arc<str>,
        /// Whether the node's items are kept over a restart; if not, there is nothing to remove there.
        is_durable: bool,
    },
    /// Somebody subscribes.
    Subscribe {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID, bare or full.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Whether a restart keeps it: an anonymous user never comes back.
        is_durable: bool,
    },
    /// Somebody is no longer subscribed.
    Unsubscribe {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID.
        jid: Arc<str>,
        /// Whether a restart would have kept the subscription.
        is_durable: bool,
    },
    /// Somebody subscribes, or asks to be, on terms of their own; what the subscription with that id had before is replaced.
    SubscribeOnTerms {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID, bare or full.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Its state and options.
        terms: Arc<Terms>,
    },
    /// Such a subscription ends.
    UnsubscribeOnTerms {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Whether a restart would have kept it.
        is_durable: bool,
    },
    /// Somebody wishes to be subscribed to a node once it exists. The wish lasts as long as a session and no restart keeps it; the creation of
    /// the node ends it.
    Await {
        /// The node's name.
        node: Arc<str>,
        /// The JID to be subscribed, bare or full.
        jid: Arc<str>,
        /// The id of the subscription that it becomes.
        subscription: Arc<str>,
        /// The session with which it ends.
        session: u64,
        /// Whether a restart keeps what it becomes.
        is_durable: bool,
    },
    /// Somebody does not wish it any more.
    Unawait {
        /// The node's name.
        node: Arc<str>,
        /// The JID.
        jid: Arc<str>,
    },
    /// An account has another affiliation; [`Affiliation::None`] takes the old one away.
    Affiliate {
        /// The node's name.
        node: Arc<str>,
        /// The account's bare JID.
        jid: Arc<str>,
        /// What it is from now on.
        affiliation: Affiliation,
    },
}

impl Write {
    /// The name of the node it changes.
    #[must_use]
    pub fn node(&self) -> &Arc<str> {
        match self {
            Self::CreateNode { node, .. }
            | Self::ConfigureNode { node, .. }
            | Self::DeleteNode { node }
            | Self::PutItem { node, .. }
            | Self::RemoveItem { node, .. }
            | Self::RemoveItems { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscribeOnTerms { node, .. }
            | Self::UnsubscribeOnTerms { node, .. }
            | Self::Await { node, .. }
            | Self::Unawait { node, .. }
            | Self::Affiliate { node, .. } => node,
        }
    }

    /// Whether a restart must still know it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        match self {
            Self::PutItem { is_durable, .. }
            | Self::RemoveItems { is_durable, .. }
            | Self::Subscribe { is_durable, .. }
            | Self::Unsubscribe { is_durable, .. }
            | Self::UnsubscribeOnTerms { is_durable, .. } => *is_durable,
            Self::SubscribeOnTerms { terms, .. } => terms.is_durable(),
            Self::Await { .. } | Self::Unawait { .. } => false,
            _ => true,
        }
    }
}

/// Where a page lies in the whole (XEP-0059 §2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageInfo {
    pub(crate) first: Option<Arc<str>>,
    pub(crate) last: Option<Arc<str>>,
    pub(crate) index: Option<usize>,
    pub(crate) count: usize,
}

/// The answer to the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    /// The owner is asked again about everybody who waits.
    Reminded,
    Created {
        node: Arc<str>,
    },
    Configuration {
        node: Arc<str>,
        config: Arc<NodeConfig>,
    },
    Published {
        node: Arc<str>,
        items: Arc<[Arc<Item>]>,
    },
    Items {
        node: Arc<str>,
        items: Vec<Arc<Item>>,
        page: Option<PageInfo>,
    },
    Subscribed {
        node: Arc<str>,
        jid: Arc<str>,
        subscription: Arc<str>,
        state: SubscriptionState,
        /// What it was configured to, if it was in one go.
        terms: Option<Arc<Terms>>,
    },
    SubscriptionOptions {
        node: Arc<str>,
        jid: Arc<str>,
        subscription: Arc<str>,
        terms: Arc<Terms>,
    },
    /// The node does not exist yet and is awaited.
    Awaited {
        node: Arc<str>,
        jid: Arc<str>,
        subscription: Arc<str>,
    },
    Subscriptions {
        node: Arc<str>,
        list: Vec<(Arc<str>, Arc<str>, SubscriptionState)>,
    },
    Affiliations {
        node: Arc<str>,
        list: Vec<(Arc<str>, Affiliation)>,
    },
}

/// What subscribers hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    Published {
        items: Arc<[Arc<Item>]>,
    },
    Retracted {
        ids: Vec<Arc<str>>,
    },
    Purged,
    Deleted {
        redirect: Option<Arc<str>>,
    },
    Configured,
    /// What became of a subscription; none: it ended.
    SubscriptionChanged {
        jid: Arc<str>,
        subscription: Arc<str>,
        state: Option<SubscriptionState>,
    },
    /// To owners: somebody asks to be subscribed.
    Request {
        jid: Arc<str>,
        subscription: Arc<str>,
    },
    /// To whoever awaited the node alone: it exists now, and this is what became of the wish.
    Answered {
        jid: Arc<str>,
        subscription: Arc<str>,
        is_subscribed: bool,
    },
}

/// Who hears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Every subscriber, as of after the change.
    Subscribers,
    /// These JIDs.
    These(Vec<Arc<str>>),
}

/// An announcement about a node, with the configuration that shapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notification {
    pub(crate) node: Arc<str>,
    pub(crate) config: Arc<NodeConfig>,
    pub(crate) announcement: Announcement,
    pub(crate) audience: Audience,
}

/// A decision: what to store, what to answer and what to announce. Nothing has happened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) writes: Vec<Write>,
    pub(crate) reply: Reply,
    pub(crate) notifications: Vec<Notification>,
}

impl Outcome {
    /// An answer that changes nothing.
    pub(crate) fn answer(reply: Reply) -> Self {
        Self {
            writes: Vec::new(),
            reply,
            notifications: Vec::new(),
        }
    }
}
