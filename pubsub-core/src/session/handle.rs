//! The handle that everybody else holds: connecting, publishing, listening, shutting down.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pubsub_xml::Reader;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::engine::{Command, Engine, Pending, Request, Resolve, Shared, Task};
use super::home::Home;
use super::listen::{Filter, Listener};
use super::{ConnectError, PubSubError, PublishError, Receipt, SessionConfig, Status, Target};
use crate::{Change, ChangeKind, NodeConfig, NodeName};

/// A session with an XMPP server. Cheap to clone; every clone is the same session.
///
/// The session ends with [`shutdown`](Self::shutdown), or when its last clone is dropped: then the stream is closed
/// at once and nothing more is sent.
#[derive(Debug, Clone)]
pub struct Session {
    commands: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
}

impl Session {
    /// Connects and logs in.
    ///
    /// From then on the session keeps itself connected; see [`status`](Self::status).
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when this first attempt fails; a wrong password fails at once. To keep trying instead,
    /// use [`start`](Self::start).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    pub async fn connect(config: SessionConfig) -> Result<Self, ConnectError> {
        let session = Self::spawn(config, Resolve::Once);
        let mut status = session.status();
        loop {
            match &*status.borrow_and_update() {
                Status::Online { .. } => break,
                Status::Closed {
                    reason: Some(reason),
                } => return Err((**reason).clone()),
                Status::Connecting | Status::Offline { .. } | Status::Closed { reason: None } => {}
            }
            if status.changed().await.is_err() {
                break;
            }
        }
        Ok(session)
    }

    /// Begins to connect, and keeps trying until it succeeds or the server refuses the credentials. Requests wait for
    /// the connection, each until its deadline.
    ///
    /// To be called inside a Tokio runtime, where the session's task is started.
    #[must_use]
    pub fn start(config: SessionConfig) -> Self {
        Self::spawn(config, Resolve::Patient)
    }

    /// Begins to connect, and keeps trying, unless the server refuses the credentials at the first attempt: for whoever has promised to deliver.
    pub(crate) fn keep(config: SessionConfig) -> Self {
        Self::spawn(config, Resolve::Lasting)
    }

    fn spawn(config: SessionConfig, resolve: Resolve) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(&config));
        let engine = Engine::new(Arc::new(config), receiver, Arc::clone(&shared));
        // The task ends when the last sender of commands, which the handles are, is dropped.
        tokio::spawn(engine.run(resolve));
        Self { commands, shared }
    }

    /// Sends a change to its node. A node that does not exist is created.
    ///
    /// The order of changes within a node is the order in which this was called, whatever the order in which the
    /// futures are awaited, and also when the connection is lost in between: what the service may not have is sent
    /// again. So a change arrives at least once if the future says `Ok`, and may have arrived if it does not.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before the change was sent takes the change back; later it only keeps it from being sent again.
    pub fn publish(&self, change: Change) -> Publishing {
        self.publish_to(change, NodeConfig::new())
    }

    /// Sends a change to its node as [`publish`](Self::publish) does. A node that does not exist is created with this
    /// configuration; where the service can, the first publish to an existing node insists on its access model and on
    /// whether it keeps items.
    pub fn publish_to(&self, change: Change, config: NodeConfig) -> Publishing {
        self.publish_from(change, config, None)
    }

    /// The same for a change of a model: where others may await the model's node, that is made before the first change of the model is published.
    pub(crate) fn publish_from(
        &self,
        change: Change,
        config: NodeConfig,
        home: Option<Arc<Home>>,
    ) -> Publishing {
        let target = Target::Node(change.node.clone());
        let payload = match &change.kind {
            ChangeKind::Put { payload } => Some(&**payload),
            ChangeKind::Retract { .. } => None,
        };
        if let Some(reason) = payload.and_then(malformed) {
            let error = PubSubError::PayloadMalformed { target, reason };
            return Publishing::failed(error);
        }
        let bytes = payload.map_or(0, str::len);
        let (reply, receiver) = oneshot::channel();
        let task = Task::Change {
            change,
            config,
            home,
            reply,
        };
        match self.submit(task, bytes, target.clone()) {
            Ok(()) => Publishing {
                target,
                state: State::Waiting(receiver),
            },
            Err(error) => Publishing::failed(error),
        }
    }

    /// Sends a request and waits for the body of its answer.
    pub(super) async fn request(
        &self,
        request: Request,
        target: Target,
    ) -> Result<String, PubSubError> {
        let (reply, receiver) = oneshot::channel();
        let bytes = request.body.len();
        let task = Task::Request {
            request,
            target: target.clone(),
            reply,
        };
        self.submit(task, bytes, target.clone())?;
        receiver
            .await
            .unwrap_or(Err(PubSubError::SessionClosed { target }))
    }

    fn submit(&self, task: Task, bytes: usize, target: Target) -> Result<(), PubSubError> {
        let Some(ticket) = self.shared.budget.take(bytes) else {
            return Err(PubSubError::QueueFull { target });
        };
        self.commands
            .send(Command::Submit(Pending::new(task, ticket)))
            .map_err(|_| PubSubError::SessionClosed { target })
    }

    /// Listens to events of these nodes, or of all. `capacity` events are kept for a slow reader; see [`Listener`].
    ///
    /// Listening is not subscribing: events come of nodes that this account is subscribed to.
    #[must_use]
    pub fn listen(&self, filter: Filter, capacity: usize) -> Listener {
        self.shared.listeners.add(filter, capacity)
    }

    /// How the session stands to its server, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Our full address, once we were logged in. It changes when another resource is bound after a reconnect.
    #[must_use]
    pub fn address(&self) -> Option<Arc<str>> {
        self.shared.addresses().map(|(address, _)| address)
    }

    /// The address of the PubSub service, once we were logged in.
    #[must_use]
    pub fn service(&self) -> Option<Arc<str>> {
        self.shared.addresses().map(|(_, service)| service)
    }

    /// Finishes what is under way, for at most `limit`, and closes the stream. Requests that come meanwhile are still
    /// sent; those that come later, and those that are not finished in time, fail with
    /// [`SessionClosed`](PubSubError::SessionClosed).
    ///
    /// # Cancel safety
    ///
    /// Once this was polled, dropping the future does not stop the shutdown.
    pub async fn shutdown(&self, limit: Duration) {
        let (done, finished) = oneshot::channel();
        let deadline = Instant::now() + limit;
        if self
            .commands
            .send(Command::Shutdown { deadline, done })
            .is_ok()
        {
            let _ = finished.await;
        }
    }

    /// How many requests may wait to be sent, and how many bytes of payload among them.
    pub(crate) fn capacity(&self) -> (usize, usize) {
        self.shared.budget.limits()
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}

/// A payload is put into the stream as it is: if it were broken, so would be the stream, for everybody.
fn malformed(payload: &str) -> Option<pubsub_xml::XmlError> {
    let mut reader = Reader::new(payload);
    let outcome = reader
        .root()
        .and_then(|_| reader.skip())
        .and_then(|()| reader.finish());
    outcome.err()
}

/// The future of a change that is on its way; see [`Session::publish`].
#[derive(Debug)]
#[must_use = "the outcome is lost unless it is awaited, and a change not yet sent is taken back"]
pub struct Publishing {
    target: Target,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(oneshot::Receiver<Result<Receipt, PublishError>>),
    Failed(PublishError),
}

impl Publishing {
    fn failed(error: PublishError) -> Self {
        Self {
            target: error.target().clone(),
            state: State::Failed(error),
        }
    }

    /// The node that the change goes to.
    #[must_use]
    pub fn node(&self) -> Option<&NodeName> {
        match &self.target {
            Target::Node(node) => Some(node),
            Target::Service(_) => None,
        }
    }
}

impl Future for Publishing {
    type Output = Result<Receipt, PublishError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match &mut this.state {
            State::Failed(error) => Poll::Ready(Err(error.clone())),
            State::Waiting(receiver) => Pin::new(receiver).poll(context).map(|answer| {
                answer.unwrap_or_else(|_| {
                    let target = this.target.clone();
                    Err(PubSubError::SessionClosed { target })
                })
            }),
        }
    }
}
