//! The one task that owns the socket of a session: it connects, works, reconnects, and at last closes.
//!
//! While there is no connection, requests are taken in and run out of time as if there were one. What to send and
//! what an answer means is decided in `dispatch`; `online` moves the bytes.

mod back_off;
mod budget;
mod dispatch;
mod management;
mod measure;
mod nodes;
mod online;
mod pending;
mod queue;
mod window;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::Instrument;

pub(super) use self::budget::Budget;
use self::dispatch::{Dispatch, Place};
use self::management::{Management, Sent};
use self::online::Ended;
pub(super) use self::pending::{Pending, Recipient, Request, Task};
use super::connect::{Attempt, Established, Outcome, establish};
use super::listen::{Listeners, SessionEvent};
use super::wire::Wire;
use super::{ConnectError, SessionConfig, Status};

/// A connection that lasted this long was a good one; the next failure starts the back-off anew.
const GOOD: Duration = Duration::from_secs(30);

/// What a failed attempt to connect means for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolve {
    /// The failure of the first attempt ends it.
    Once,
    /// It ends when the server refuses the credentials.
    Patient,
    /// It ends when the server refuses the credentials at the first attempt. Later on that may pass: a server may be back before its accounts are.
    Lasting,
}

/// What a handle asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    Submit(Pending),
    /// Finish what is under way, but not longer than until `deadline`.
    Shutdown {
        deadline: Instant,
        done: oneshot::Sender<()>,
    },
}

/// What the task and the handles share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) status: watch::Sender<Status>,
    pub(super) listeners: Listeners,
    pub(super) budget: Arc<Budget>,
    /// Our full address and that of the service, once we were logged in.
    addresses: Mutex<Option<(Arc<str>, Arc<str>)>>,
    /// Whether nodes can be awaited at the service, as it said when we logged in last.
    pub(super) awaits_nodes: AtomicBool,
}

impl Shared {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self {
            status: watch::Sender::new(Status::Connecting),
            listeners: Listeners::default(),
            budget: Budget::new(config.queue, config.queue_bytes),
            addresses: Mutex::default(),
            awaits_nodes: AtomicBool::new(false),
        }
    }

    /// Our full address and that of the service, once we were logged in.
    pub(super) fn addresses(&self) -> Option<(Arc<str>, Arc<str>)> {
        // No code that can panic runs while it is held.
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The task.
#[derive(Debug)]
pub(super) struct Engine {
    config: Arc<SessionConfig>,
    commands: mpsc::UnboundedReceiver<Command>,
    inbox: Vec<Command>,
    shared: Arc<Shared>,
    dispatch: Dispatch,
    alarm: Pin<Box<Sleep>>,
    /// Nobody holds the session any more, or it was asked to shut down: until when to go on at most.
    closing: Option<Instant>,
    done: Vec<oneshot::Sender<()>>,
    is_deserted: bool,
    is_displaced: bool,
}

impl Engine {
    pub(super) fn new(
        config: Arc<SessionConfig>,
        commands: mpsc::UnboundedReceiver<Command>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            dispatch: Dispatch::new(&config),
            config,
            commands,
            inbox: Vec::new(),
            shared,
            alarm: Box::pin(sleep_until(Instant::now())),
            closing: None,
            done: Vec::new(),
            is_deserted: false,
            is_displaced: false,
        }
    }

    /// Runs until the session is over.
    pub(super) async fn run(mut self, resolve: Resolve) {
        let span = tracing::info_span!("session", account = %self.config.account);
        let reason = self.work(resolve).instrument(span).await;
        self.dispatch.close();
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            self.obey(command);
        }
        self.dispatch.close();
        self.shared.listeners.close();
        self.shared.status.send_replace(Status::Closed { reason });
        for done in self.done {
            let _ = done.send(());
        }
    }

    async fn work(&mut self, resolve: Resolve) -> Option<Arc<ConnectError>> {
        let mut failures: u32 = 0;
        let mut is_proven = false;
        let mut is_first = true;
        loop {
            self.shared.status.send_replace(Status::Connecting);
            let error = match self.attempt().await? {
                Ok(established) => {
                    is_proven = true;
                    let began = Instant::now();
                    let ended = match self.adopt(established) {
                        Ok(wire) => self.online(wire).await,
                        Err(error) => Ended::Lost(error),
                    };
                    let Ended::Lost(error) = ended else {
                        return None;
                    };
                    failures = if began.elapsed() >= GOOD {
                        0
                    } else {
                        failures + 1
                    };
                    self.after(&error);
                    error
                }
                Err(error) => {
                    failures += 1;
                    error
                }
            };
            let reason = Arc::new(error);
            let is_over = match resolve {
                Resolve::Once => !is_proven || reason.ends_session(is_proven),
                Resolve::Patient => reason.ends_session(is_proven),
                Resolve::Lasting => is_first && reason.ends_session(is_proven),
            };
            is_first = false;
            if is_over {
                tracing::error!(%reason, "giving up");
                return Some(reason);
            }
            let chance = rand::random_range(0.0..=1.0);
            // After a conflict at least half of the limit: two sessions that want one place must not chase each other. After a refusal too:
            // some servers shut out who is refused too often.
            let chance = if reason.is_conflict() || reason.is_fatal() {
                0.5 + chance / 2.0
            } else {
                chance
            };
            let pause = back_off::wait(self.config.back_off, failures.saturating_sub(1), chance);
            let next_attempt = Instant::now() + pause;
            tracing::warn!(%reason, ?pause, "not connected");
            measure::reconnecting();
            self.shared.status.send_replace(Status::Offline {
                reason,
                next_attempt,
            });
            self.pause(next_attempt).await?;
        }
    }

    /// Attends to the requests that may go on elsewhere, now that a connection is lost.
    fn after(&mut self, error: &ConnectError) {
        self.shared.listeners.tell(&SessionEvent::Offline);
        if error.blames_a_stanza() {
            self.dispatch.blame(error);
        }
        if error.is_conflict() {
            self.is_displaced = true;
            self.dispatch.management = None;
        }
        if self.resumable().is_none() {
            self.dispatch.lost();
        }
    }

    fn resumable(&self) -> Option<super::connect::Resumable> {
        self.dispatch
            .management
            .as_ref()
            .and_then(Management::resumable)
    }

    /// Tries to connect, while requests keep coming; `None` when there is nobody left to connect for.
    async fn attempt(&mut self) -> Option<Result<Established, ConnectError>> {
        let known = self.dispatch.service().clone();
        let attempt = Attempt {
            resume: self.resumable(),
            is_displaced: self.is_displaced,
            service: (!known.address.is_empty()).then_some(known),
        };
        let connecting = establish(Arc::clone(&self.config), attempt);
        let mut connecting = pin!(connecting);
        self.until(move |context| connecting.as_mut().poll(context))
            .await
    }

    async fn pause(&mut self, until: Instant) -> Option<()> {
        let mut sleep = pin!(sleep_until(until));
        self.until(move |context| sleep.as_mut().poll(context))
            .await
    }

    /// Waits for something while there is no connection.
    async fn until<T>(&mut self, mut ready: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
        loop {
            if self.is_done() {
                return None;
            }
            self.arm(self.dispatch.next_deadline());
            let outcome = poll_fn(|context| {
                if let Poll::Ready(outcome) = ready(context) {
                    return Poll::Ready(Some(outcome));
                }
                let has_commands = self.poll_commands(context).is_ready();
                let is_time = self.alarm.as_mut().poll(context).is_ready();
                if has_commands || is_time {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                }
            });
            if let Some(outcome) = outcome.await {
                return Some(outcome);
            }
            self.obey_all();
            self.dispatch.expire(Instant::now(), false);
        }
    }

    /// Whether it is time to go: nobody is interested, or all is done, or the time for that is up.
    fn is_done(&self) -> bool {
        match self.closing {
            Some(deadline) => {
                self.is_deserted || self.dispatch.is_idle() || deadline <= Instant::now()
            }
            None => false,
        }
    }

    /// Sets the alarm to the earliest of what is due, the end of a shutdown included.
    fn arm(&mut self, due: Option<Instant>) {
        let due = due.into_iter().chain(self.closing).min();
        let due = due.unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
        if self.alarm.deadline() != due {
            self.alarm.as_mut().reset(due);
        }
    }

    fn poll_commands(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_deserted {
            return Poll::Pending;
        }
        match self.commands.poll_recv_many(context, &mut self.inbox, 256) {
            Poll::Ready(0) => {
                // The last handle is gone, and with it everybody who could wait for an answer.
                self.is_deserted = true;
                self.closing = Some(Instant::now());
                Poll::Ready(())
            }
            ready => ready.map(|_| ()),
        }
    }

    fn obey_all(&mut self) {
        let mut inbox = std::mem::take(&mut self.inbox);
        for command in inbox.drain(..) {
            self.obey(command);
        }
        self.inbox = inbox;
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Submit(pending) => self.dispatch.queue.push(pending),
            Command::Shutdown { deadline, done } => {
                self.closing = Some(self.closing.map_or(deadline, |other| other.min(deadline)));
                self.done.push(done);
            }
        }
    }

    /// Takes over a connection that is logged in.
    fn adopt(&mut self, established: Established) -> Result<Wire, ConnectError> {
        let Established {
            mut wire,
            outcome,
            largest_stanza,
        } = established;
        let resumed = match outcome {
            Outcome::Resumed { handled } => {
                let host = wire.host().to_owned();
                if self.dispatch.resumed(&mut wire, handled).is_err() {
                    self.dispatch.lost();
                    return Err(ConnectError::protocol(
                        &host,
                        "it has more stanzas than were sent",
                    ));
                }
                true
            }
            Outcome::Fresh {
                address,
                management,
                service,
            } => {
                self.dispatch.lost();
                tracing::info!(%address, service = %service.address, "online");
                let awaits_nodes = &self.shared.awaits_nodes;
                awaits_nodes.store(service.awaits_nodes, Ordering::Relaxed);
                let addresses = (address.as_str().into(), Arc::clone(&service.address));
                *self
                    .shared
                    .addresses
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(addresses);
                let place = Place {
                    address,
                    is_component: self.config.is_component(),
                    largest_stanza,
                };
                self.dispatch
                    .begin(place, service, management.map(Management::new));
                if !self.config.is_component() {
                    // Events to an account reach only those of its sessions that are available.
                    wire.out().push_str("<presence/>");
                    self.dispatch
                        .track(wire.out(), Sent::Other("<presence/>".into()));
                }
                false
            }
        };
        self.shared.status.send_replace(Status::Online { resumed });
        self.shared
            .listeners
            .tell(&SessionEvent::Online { resumed });
        Ok(wire)
    }
}
