//! The sending end towards the reader of a subscription.

use tokio::sync::mpsc::Sender;

use crate::name::NodeName;
use crate::subscriber::{Event, SubscribeError};

/// The reader is gone.
pub(super) struct Abandoned;

/// Whoever reads the subscription.
pub(crate) struct Reader<T> {
    pub(crate) out: Sender<Result<Event<T>, SubscribeError>>,
}

impl<T> Reader<T> {
    pub(super) async fn tell(
        &mut self,
        event: Result<Event<T>, SubscribeError>,
    ) -> Result<(), Abandoned> {
        self.out.send(event).await.map_err(|_| Abandoned)
    }

    /// Says that something is missing here.
    pub(super) async fn tell_gap(&mut self, node: &NodeName) -> Result<(), Abandoned> {
        let node = node.clone();
        self.tell(Err(SubscribeError::Gap { node })).await
    }
}
