//! The words in which the service is spoken to and answers: who asks, what for, what is to be written, replied and announced.
//! Values only; they borrow from the request where they can, and know nothing of XML or sockets.

mod write;

pub use self::write::Write;

use std::borrow::Cow;
use std::sync::Arc;

use super::access::Affiliation;
use super::node::Item;
use super::options::{Field, NodeConfig};
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

/// What is searched for in the archive of a node; everything where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter<'x> {
    /// The publisher.
    pub(crate) with: Option<Arc<str>>,
    /// Not published earlier, in seconds since 1970.
    pub(crate) start: Option<u64>,
    /// Not published later.
    pub(crate) end: Option<u64>,
    pub(crate) ids: Vec<Cow<'x, str>>,
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
        /// For which of several subscriptions.
        subscription: Option<Cow<'x, str>>,
    },
    Archive {
        node: Cow<'x, str>,
        filter: Filter<'x>,
        page: Page<'x>,
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
        page: Option<Page<'x>>,
    },
    SetSubscriptions {
        node: Cow<'x, str>,
        changes: Vec<SubscriptionChange<'x>>,
    },
    Affiliations {
        node: Cow<'x, str>,
        page: Option<Page<'x>>,
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
            | Self::Archive { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscriptionOptions { node, .. }
            | Self::SetSubscriptionOptions { node, .. }
            | Self::Authorize { node, .. }
            | Self::Pending { node }
            | Self::Subscriptions { node, .. }
            | Self::SetSubscriptions { node, .. }
            | Self::Affiliations { node, .. }
            | Self::SetAffiliations { node, .. } => node,
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
    Archive {
        node: Arc<str>,
        items: Vec<Arc<Item>>,
        /// Whether nothing follows in the direction of the page.
        is_complete: bool,
        page: PageInfo,
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
        page: Option<PageInfo>,
    },
    Affiliations {
        node: Arc<str>,
        list: Vec<(Arc<str>, Affiliation)>,
        page: Option<PageInfo>,
    },
}

/// What subscribers hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    Published {
        items: Arc<[Arc<Item>]>,
        /// Sent to who was not there when they were published.
        is_late: bool,
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
