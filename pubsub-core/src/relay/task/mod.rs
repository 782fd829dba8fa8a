//! The task: does what the lanes say, and tells them what came of it.
//!
//! One loop. Claiming, reading, settling and asking are one request each, under way beside any number of changes; nothing of
//! it waits for anything else. What is asked is in `requests`, what an answer means in `answers`; every rule of order and size is in
//! `lane` and `lanes`.

mod answers;
mod patience;
mod post;
mod requests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Fuse, FusedFuture as _};
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::answers::deliver;
use self::patience::Patience;
use self::post::Post;
use self::requests::{Claimed, Settling, settle};
use super::bounds::{SETTLE_HELD_AFTER, UNDER_WAY, UNDER_WAY_BYTES};
use super::lanes::{Key, Lanes};
use super::load::Width;
use super::measure;
use super::memory::Finding;
use super::pace::Pace;
use super::prepare::Preparer;
use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::session::Status;
use crate::store::{Depth, Entry, Store, StoreError, Wanted};

/// How long giving the lanes back may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What was to be read, and what was.
type Reading = (Vec<Wanted>, Result<Vec<Entry>, StoreError>);

/// A request that may be under way.
type Request<T> = Fuse<BoxFuture<'static, T>>;

/// What the handle asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    /// Say when everything is through.
    Drain(oneshot::Sender<()>),
    /// Finish, and end.
    Stop {
        deadline: Instant,
        reply: oneshot::Sender<()>,
    },
}

struct Stop {
    deadline: Instant,
    reply: oneshot::Sender<()>,
}

/// Goes through all lanes of which something is kept.
enum Sweep {
    /// No need.
    Over,
    /// There was nothing, perhaps because another process relays; when this one does, it begins again.
    Owed,
    /// The lanes after this node are still to be looked at.
    After(Option<NodeName>),
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is about something else, and all combinations occur"
)]
pub(super) struct Task {
    store: Arc<dyn Store>,
    outlet: Outlet,
    registry: Arc<Registry>,
    preparer: Preparer,
    lanes: Lanes,
    pace: Pace,
    commands: mpsc::Receiver<Command>,
    status: Option<watch::Receiver<Status>>,
    is_online: bool,
    /// How many times the session was begun anew.
    logins: u64,
    /// Since when the service cannot be reached.
    away_since: Option<Instant>,
    post: Post,
    /// The session is closed: nothing can be sent any more.
    is_over: bool,
    is_claim_due: bool,
    /// Lanes are not claimed before this.
    claims_at: Instant,
    sweep: Sweep,
    /// A sweep and a settlement are never under way together: the one takes lanes that the other gives back.
    is_sweeping: bool,
    /// Which of them is next, when both are due.
    is_sweeps_turn: bool,
    claiming: Request<Result<Claimed, StoreError>>,
    reading: Request<Reading>,
    settling: Request<Settling>,
    withdrawing: Request<Result<Vec<NodeName>, StoreError>>,
    measuring: Request<Result<Depth, StoreError>>,
    asking: FuturesUnordered<BoxFuture<'static, (Key, Result<Finding, StoreError>)>>,
    patience: Patience,
    drains: Vec<oneshot::Sender<()>>,
    measures_at: Option<Instant>,
    stop: Option<Stop>,
    reasons: HashSet<String>,
}

impl Task {
    pub(super) fn new(
        store: Arc<dyn Store>,
        outlet: Outlet,
        registry: Registry,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let (entries, bytes) = outlet.capacity();
        let width = Width {
            entries: UNDER_WAY.min(entries / 2).max(1),
            bytes: UNDER_WAY_BYTES.min(bytes / 2),
        };
        let status = outlet.status();
        let registry = Arc::new(registry);
        Self {
            preparer: Preparer::new(Arc::clone(&registry), Arc::clone(store.log())),
            store,
            registry,
            lanes: Lanes::new(width),
            pace: Pace::new(),
            commands,
            is_online: status.is_none(),
            logins: 0,
            away_since: None,
            // Nothing is claimed before there is somewhere to send it.
            post: if status.is_none() {
                Post::Manned
            } else {
                Post::Left
            },
            status,
            outlet,
            is_over: false,
            is_claim_due: true,
            claims_at: Instant::now(),
            sweep: Sweep::Over,
            is_sweeping: false,
            is_sweeps_turn: false,
            claiming: Fuse::terminated(),
            reading: Fuse::terminated(),
            settling: Fuse::terminated(),
            withdrawing: Fuse::terminated(),
            measuring: Fuse::terminated(),
            asking: FuturesUnordered::new(),
            patience: Patience::default(),
            drains: Vec::new(),
            measures_at: None,
            stop: None,
            reasons: HashSet::new(),
        }
    }

    /// Runs until it is told to stop, its handles are gone, or the store is closed.
    pub(super) async fn run(mut self) {
        let mut sends = FuturesUnordered::new();
        let mut news = self.next_news();
        let alarm = sleep_until(Instant::now());
        tokio::pin!(alarm);
        self.status_changed();
        loop {
            let now = Instant::now();
            self.lanes.wake(now);
            if self.is_to_leave(now) {
                // What is sent from now on is sent by others.
                sends.clear();
                self.take_back(now);
                self.leave_post();
            }
            self.ask_the_store(now);
            if self.may_send() {
                while self.pace.permits(sends.len())
                    && let Some((key, sent)) = self.lanes.send(now)
                {
                    self.pace.sent(key, sent.sequence, now);
                    sends.push(deliver(&self.outlet, key, sent));
                }
            }
            if self
                .stop
                .as_ref()
                .is_some_and(|stop| sends.is_empty() || stop.deadline <= now)
            {
                // What was not sent yet is called back with this.
                sends.clear();
                self.take_back(now);
                break;
            }
            let wakes_at = self.wakes_at();
            if let Some(time) = wakes_at
                && alarm.deadline() != time
            {
                alarm.as_mut().reset(time);
            }
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Drain(reply)) => self.drain(reply),
                    Some(Command::Stop { deadline, reply }) => {
                        self.stop = Some(Stop { deadline, reply });
                        self.lanes.leave(Instant::now());
                    }
                    None => return,
                },
                true = changed(&mut self.status) => self.status_changed(),
                Some(answer) = sends.next() => {
                    let now = Instant::now();
                    let mut is_cut = self.answered(answer, now);
                    while let Some(Some(answer)) = sends.next().now_or_never() {
                        is_cut |= self.answered(answer, now);
                    }
                    if is_cut {
                        sends.clear();
                        self.take_back(now);
                    }
                    measure::under_way(sends.len());
                }
                claimed = &mut self.claiming => self.claimed(claimed),
                (wanted, entries) = &mut self.reading => self.read(wanted, entries),
                (settled, noted) = &mut self.settling => {
                    if self.settled(&settled, noted) {
                        // Another relay sends for some lane: what of it was not sent here yet must not be.
                        sends.clear();
                        self.take_back(Instant::now());
                    }
                }
                withdrawn = &mut self.withdrawing => self.withdrawn(withdrawn),
                depth = &mut self.measuring => self.measured(depth),
                Some((key, finding)) = self.asking.next() => self.asked(key, finding),
                () = &mut news => {
                    news = self.next_news();
                    self.is_claim_due = true;
                    self.lanes.news(Instant::now());
                }
                () = &mut alarm, if wakes_at.is_some() => {}
            }
            if self.patience.is_over {
                return;
            }
        }
        self.give_back().await;
    }

    fn next_news(&self) -> BoxFuture<'static, ()> {
        let store = Arc::clone(&self.store);
        async move { store.news().await }.boxed()
    }

    /// Everything under way was called back.
    fn take_back(&mut self, now: Instant) {
        self.pace.forget();
        self.lanes.take_back(now, chance);
    }

    fn may_send(&self) -> bool {
        self.is_online && !self.is_over && self.stop.is_none() && self.is_manned()
    }

    fn drain(&mut self, reply: oneshot::Sender<()>) {
        self.drains.push(reply);
        self.lanes.is_hurried = true;
        self.measures_at = Some(Instant::now());
    }

    /// Tells the store what is through, and gives all lanes back.
    async fn give_back(mut self) {
        let last_words = async {
            if !self.settling.is_terminated() {
                let (settled, noted) = (&mut self.settling).await;
                self.settled(&settled, noted);
            }
            let mut settlement = self.lanes.give_back(Instant::now());
            while !settlement.is_empty() {
                let (_, noted) = settle(Arc::clone(&self.store), settlement.clone()).await;
                match noted {
                    Ok(noted) => settlement.retain(|settled| noted.is_held(settled)),
                    Err(error) => {
                        tracing::warn!(%error, "cannot note what was delivered last; it will be delivered again");
                        break;
                    }
                }
                if !settlement.is_empty() {
                    sleep(SETTLE_HELD_AFTER).await;
                }
            }
        };
        if timeout(LAST_WORDS, last_words).await.is_err() {
            tracing::warn!(
                "the store does not answer; what was delivered last will be delivered again"
            );
        }
        if let Some(stop) = self.stop {
            let _ = stop.reply.send(());
        }
    }
}

/// Ready with `true` when the status has changed; never where there is none, or none any more.
async fn changed(status: &mut Option<watch::Receiver<Status>>) -> bool {
    if let Some(status) = status
        && status.changed().await.is_ok()
    {
        return true;
    }
    std::future::pending().await
}

fn chance() -> f64 {
    rand::random_range(0.0..=1.0)
}
