//! The book of a test: which changes were made, in order, and questions to ask of it.

use std::fmt::{self, Debug, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::Hub;
use crate::change::{Change, ChangeKind, Stamp};
use crate::depot::Depot;
use crate::error::{Error, ErrorKind};
use crate::handle::{Parts, PubSub};
use crate::name::{ItemId, NodeName};
use crate::outlet::Outlet;
use crate::publish::Publish;
use crate::registry::{Registry, RegistryError};
use crate::relay::Relay;
use crate::session::PubSubError;
use crate::store::{self, StoreUrl};

/// How long the end of a test waits for what was saved.
const DRAIN: Duration = Duration::from_secs(10);

/// Keeps what is saved through its [`pubsub`](Self::pubsub), for a test to look at. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Recorder {
    hub: Hub,
    pubsub: PubSub,
}

/// One change, as the service would have got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The node.
    pub node: NodeName,
    /// The item.
    pub item: ItemId,
    /// The payload; `None` for a retraction.
    pub payload: Option<Arc<str>>,
}

impl Recorder {
    /// A recorder with the models and hooks of the program.
    ///
    /// # Panics
    ///
    /// When two models of the program have one node; see [`try_new`](Self::try_new).
    #[must_use]
    #[expect(clippy::panic, reason = "this is for tests, whose way to fail it is")]
    pub fn new() -> Self {
        Self::try_new().unwrap_or_else(|error| panic!("{error}"))
    }

    /// A recorder with the models and hooks of the program.
    ///
    /// # Errors
    ///
    /// When two models of the program have one node.
    pub fn try_new() -> Result<Self, RegistryError> {
        Ok(Self::of(Hub::default(), Registry::load()?, None))
    }

    /// A recorder behind a store: rows are kept and read back, and a relay delivers what is saved into the book.
    ///
    /// A save returns before the book has it; [`flush`](PubSub::flush) waits for that.
    ///
    /// # Errors
    ///
    /// When two models of the program have one node, or the store cannot be opened.
    pub async fn with_store(url: &str) -> Result<Self, Error> {
        let url: StoreUrl = url.parse()?;
        let registry = Registry::load().map_err(|error| Error::new(ErrorKind::Models, error))?;
        let store = store::open(&url).await?;
        let models: Vec<_> = registry.models().collect();
        store.prepare(&models).await?;
        let hub = Hub::default();
        let outlet = Outlet::Hub(hub.clone());
        let relay = Relay::start(Arc::clone(&store), outlet, registry.clone());
        let depot = Depot::new(store, relay, models);
        Ok(Self::of(hub, registry, Some(depot)))
    }

    fn of(hub: Hub, registry: Registry, depot: Option<Depot>) -> Self {
        let pubsub = PubSub::new(Parts {
            outlet: Outlet::Hub(hub.clone()),
            registry,
            drain: match depot {
                Some(_) => DRAIN,
                None => Duration::ZERO,
            },
            depot,
            origin: "recorder".into(),
            buffer: 1024,
            keeper: None,
            embedded: None,
        });
        Self { hub, pubsub }
    }

    /// The handle whose changes are recorded. Subscriptions made with it hear them.
    #[must_use]
    pub fn pubsub(&self) -> PubSub {
        self.pubsub.clone()
    }

    /// All changes so far, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Recorded> {
        self.hub.book().into_iter().map(Recorded::from).collect()
    }

    /// The changes of one node.
    #[must_use]
    pub fn changes_of(&self, node: &str) -> Vec<Recorded> {
        let mut changes = self.changes();
        changes.retain(|change| change.node == node);
        changes
    }

    /// The values published to the node of a model, in order, with what their stamps say.
    ///
    /// # Panics
    ///
    /// When the node holds something that is no such value.
    #[must_use]
    #[expect(clippy::panic, reason = "this is for tests, whose way to fail it is")]
    pub fn published<M: Publish>(&self) -> Vec<(M, Stamp)> {
        let of_model = self
            .changes_of(M::NODE)
            .into_iter()
            .filter_map(|change| change.payload);
        let decode = |payload: Arc<str>| {
            M::decode_entry(&payload).unwrap_or_else(|error| panic!("{}: {error}", M::NODE))
        };
        of_model.map(decode).collect()
    }

    /// Forgets the changes so far; the items stay.
    pub fn clear(&self) {
        self.hub.clear_book();
    }

    /// Refuses the next change with this error, to see how a program bears it. Several refusals wait in line.
    pub fn refuse_next(&self, error: PubSubError) {
        self.hub.refuse_next(error);
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn __assert_count(&self, node: &str, count: usize) {
        let found = self
            .changes_of(node)
            .iter()
            .filter(|change| change.payload.is_some())
            .count();
        assert!(
            found == count,
            "{count} published to {node} expected, {found} found in:\n{self}"
        );
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn __assert_value<M: Publish + PartialEq + Debug>(&self, value: &M) {
        let is_there = self
            .published::<M>()
            .iter()
            .any(|(published, _)| published == value);
        assert!(
            is_there,
            "{value:?} was not published to {}, but:\n{self}",
            M::NODE
        );
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn __assert_retracted<M: Publish + Debug>(&self, value: &M) {
        let id = value.item_id().ok().flatten();
        let is_gone =
            |change: &Recorded| change.payload.is_none() && Some(&change.item) == id.as_ref();
        let is_there = self.changes_of(M::NODE).iter().any(is_gone);
        assert!(
            is_there,
            "{value:?} was not retracted from {}, but:\n{self}",
            M::NODE
        );
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn __assert_nothing(&self) {
        assert!(
            self.changes().is_empty(),
            "nothing published expected, but found:\n{self}"
        );
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// The book, a line per change.
impl fmt::Display for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut book = String::new();
        for Recorded {
            node,
            item,
            payload,
        } in self.changes()
        {
            let what = payload.as_deref().unwrap_or("(retracted)");
            writeln!(book, "  {node} {item}: {what}")?;
        }
        f.write_str(if book.is_empty() {
            "  (nothing)\n"
        } else {
            &book
        })
    }
}

impl From<Change> for Recorded {
    fn from(change: Change) -> Self {
        let payload = match change.kind {
            ChangeKind::Put { payload } => Some(payload),
            ChangeKind::Retract { .. } => None,
        };
        Self {
            node: change.node,
            item: change.item,
            payload,
        }
    }
}
