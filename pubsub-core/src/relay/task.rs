//! The task: does what the lanes say, and tells them what came of it.
//!
//! One loop. Claiming, reading, settling and asking are one request to the store each, under way beside any number of changes; nothing of
//! it waits for anything else. Every rule of order and size is in `lane` and `lanes`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Fuse, FusedFuture as _};
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::bounds::{CLAIM, STORE_BACK_OFF, UNDER_WAY, UNDER_WAY_BYTES};
use super::lane::{Lane, Outcome, Sent};
use super::lanes::{Key, Lanes, Width};
use super::memory::{Finding, Inquiry};
use super::prepare::{Preparer, weight};
use super::slot::{Slot, State};
use super::{back_off, measure};
use crate::change::ChangeKind;
use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::session::{PubSubError, Status};
use crate::store::{self, Depth, Entry, Settled, Store, StoreError, StoreErrorKind, Wanted};

/// How many lanes are settled at once.
const SETTLE_LANES: usize = 512;
/// How many lanes the service is asked about at once.
const ASK_AT_ONCE: usize = 32;
/// How soon lanes are claimed again after there were none.
const CLAIM_PAUSE: Duration = Duration::from_millis(2);
/// How often the outbox is looked at for somebody who waits until it is empty, while others empty it.
const DRAIN_PAUSE: Duration = Duration::from_millis(25);
/// How long giving the lanes back may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How many reasons of refusals are remembered, so that each is logged once.
const MOST_REASONS: usize = 256;

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

/// The answer to a claim.
struct Claimed {
    lanes: Vec<store::Lane>,
    /// For lanes to be asked about: after which node they were looked for.
    swept: Option<Option<NodeName>>,
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

pub(super) struct Task {
    store: Arc<dyn Store>,
    outlet: Outlet,
    registry: Arc<Registry>,
    preparer: Preparer,
    lanes: Lanes,
    commands: mpsc::Receiver<Command>,
    status: Option<watch::Receiver<Status>>,
    is_online: bool,
    /// The session is closed: nothing can be sent any more.
    is_over: bool,
    is_claim_due: bool,
    /// Lanes are not claimed before this.
    claims_at: Instant,
    sweep: Sweep,
    claiming: Request<Result<Claimed, StoreError>>,
    reading: Request<(Vec<Wanted>, Result<Vec<Entry>, StoreError>)>,
    settling: Request<(Vec<(NodeName, u64)>, Result<Noted, StoreError>)>,
    measuring: Request<Result<Depth, StoreError>>,
    asking: FuturesUnordered<BoxFuture<'static, (Key, Result<Finding, StoreError>)>>,
    /// How many requests to the store failed, one after the other; and until when there are no more.
    store_failures: u32,
    store_rests_until: Option<Instant>,
    drains: Vec<oneshot::Sender<()>>,
    measures_at: Option<Instant>,
    stop: Option<Stop>,
    reasons: HashSet<String>,
}

/// What came of a settlement.
struct Noted {
    /// Lanes that are still ours.
    kept: Vec<store::Lane>,
    /// Lanes that are another relay's.
    lost: Vec<NodeName>,
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
            commands,
            is_online: status.is_none(),
            status,
            outlet,
            is_over: false,
            is_claim_due: true,
            claims_at: Instant::now(),
            sweep: Sweep::Over,
            claiming: Fuse::terminated(),
            reading: Fuse::terminated(),
            settling: Fuse::terminated(),
            measuring: Fuse::terminated(),
            asking: FuturesUnordered::new(),
            store_failures: 0,
            store_rests_until: None,
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
            self.ask_the_store(now);
            if self.may_send() {
                while let Some((key, sent)) = self.lanes.send(now) {
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
                self.lanes.take_back(now, chance);
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
                        self.lanes.take_back(now, chance);
                    }
                    measure::under_way(sends.len());
                }
                claimed = &mut self.claiming => self.claimed(claimed),
                (wanted, entries) = &mut self.reading => self.read(wanted, entries),
                (settled, noted) = &mut self.settling => {
                    if self.settled(&settled, noted) {
                        // Another relay sends for some lane: what of it was not sent here yet must not be.
                        sends.clear();
                        self.lanes.take_back(Instant::now(), chance);
                    }
                }
                depth = &mut self.measuring => self.measured(depth),
                Some((key, finding)) = self.asking.next() => self.asked(key, finding),
                () = &mut news => {
                    news = self.next_news();
                    self.is_claim_due = true;
                    self.lanes.news(Instant::now());
                }
                () = &mut alarm, if wakes_at.is_some() => {}
            }
            if self.store_failures > 0 && self.is_store_closed() {
                return;
            }
        }
        self.give_back().await;
    }

    fn next_news(&self) -> BoxFuture<'static, ()> {
        let store = Arc::clone(&self.store);
        async move { store.news().await }.boxed()
    }

    fn may_send(&self) -> bool {
        self.is_online && !self.is_over && self.stop.is_none()
    }

    /// Begins the requests to the store that are due, one of each kind at a time.
    fn ask_the_store(&mut self, now: Instant) {
        if self.store_rests_until.is_some_and(|until| until > now) {
            return;
        }
        self.store_rests_until = None;
        if self.settling.is_terminated() && self.lanes.settles_at().is_some_and(|at| at <= now) {
            let settlement = self.lanes.settle(SETTLE_LANES, now);
            if !settlement.is_empty() {
                self.settling = settle(Arc::clone(&self.store), settlement).boxed().fuse();
            }
        }
        if self.stop.is_some() {
            return;
        }
        if self.reading.is_terminated() && self.lanes.is_hungry() {
            let wanted = self.lanes.wanted(now);
            if !wanted.is_empty() {
                let store = Arc::clone(&self.store);
                self.reading = async move {
                    let entries = store.waiting(&wanted).await;
                    (wanted, entries)
                }
                .boxed()
                .fuse();
            }
        }
        if self.may_send() {
            self.claim(now);
            self.ask_the_service(now);
        }
        if self.measures_at.is_some_and(|at| at <= now) && self.measuring.is_terminated() {
            self.measures_at = None;
            if self.lanes.is_hurried && !self.lanes.is_quiet() {
                // There is no need to ask: something still waits here.
                self.measures_at = Some(now + DRAIN_PAUSE);
                return;
            }
            let store = Arc::clone(&self.store);
            self.measuring = async move { store.depth().await }.boxed().fuse();
        }
        if measure::IS_ON && self.measures_at.is_none() && !self.lanes.is_quiet() {
            self.measures_at = Some(now + measure::EVERY);
        }
    }

    fn claim(&mut self, now: Instant) {
        let most = u32::try_from(self.lanes.room()).map_or(CLAIM, |room| room.min(CLAIM));
        if !self.claiming.is_terminated() || most == 0 {
            return;
        }
        let store = Arc::clone(&self.store);
        if self.is_claim_due && self.claims_at <= now {
            self.is_claim_due = false;
            self.claiming = async move {
                let lanes = store.claim(most).await?;
                Ok(Claimed { lanes, swept: None })
            }
            .boxed()
            .fuse();
        } else if let Sweep::After(after) = &self.sweep {
            let after = after.clone();
            self.claiming = async move {
                let lanes = store.remembered(after.as_ref(), most).await?;
                Ok(Claimed {
                    lanes,
                    swept: Some(after),
                })
            }
            .boxed()
            .fuse();
        }
    }

    fn ask_the_service(&mut self, now: Instant) {
        while self.asking.len() < ASK_AT_ONCE {
            let Some((key, node, known, last)) = self.lanes.ask(now) else {
                return;
            };
            let inquiry = Inquiry {
                store: Arc::clone(&self.store),
                outlet: self.outlet.clone(),
                registry: Arc::clone(&self.registry),
                node,
                known,
                last,
            };
            let asking = async move { (key, inquiry.carry_out().await) };
            self.asking.push(asking.boxed());
        }
    }

    fn wakes_at(&self) -> Option<Instant> {
        let stop = self.stop.as_ref().map(|stop| stop.deadline);
        if self.store_rests_until.is_some() {
            let lanes = self.lanes.wakes_at();
            return self
                .store_rests_until
                .into_iter()
                .chain(stop)
                .chain(lanes)
                .min();
        }
        let settles_at = self
            .lanes
            .settles_at()
            .filter(|_| self.settling.is_terminated());
        let claims_at = (self.is_claim_due && self.may_send() && self.claiming.is_terminated())
            .then_some(self.claims_at)
            .filter(|_| self.lanes.room() > 0);
        let measures_at = self
            .measures_at
            .filter(|_| self.measuring.is_terminated() && self.stop.is_none());
        let times = [
            stop,
            self.lanes.wakes_at(),
            settles_at,
            claims_at,
            measures_at,
        ];
        times.into_iter().flatten().min()
    }

    fn status_changed(&mut self) {
        let Some(status) = &mut self.status else {
            return;
        };
        let status = status.borrow_and_update().clone();
        let now = Instant::now();
        self.is_online = status.is_online();
        match status {
            Status::Online { resumed } => {
                self.lanes.end_outage(now);
                self.is_claim_due = true;
                if !resumed {
                    self.lanes.doubt(now);
                    self.sweep = Sweep::After(None);
                }
            }
            Status::Closed { .. } => self.is_over = true,
            Status::Connecting | Status::Offline { .. } => {}
        }
    }

    /// Notes an answer of the service; whether everything under way is to be called back.
    fn answered(&mut self, answer: Answer, now: Instant) -> bool {
        let (outcome, is_cut) = match answer.outcome {
            Ok(()) => {
                measure::delivered(1);
                (Outcome::Through, false)
            }
            Err(PubSubError::SessionClosed { .. }) => {
                if !std::mem::replace(&mut self.is_over, true) && self.stop.is_none() {
                    let reason = self.outlet.failure();
                    tracing::warn!(
                        ?reason,
                        "the session is closed; what is saved waits in the outbox"
                    );
                }
                (Outcome::Unanswered, true)
            }
            // Later ones may be sent as soon as there is a connection again, and would overtake this one.
            Err(PubSubError::Disconnected { .. }) => (Outcome::Unanswered, true),
            Err(PubSubError::Timeout { .. }) => (Outcome::Unanswered, false),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "refused for now");
                (Outcome::Later, false)
            }
            Err(error) => {
                measure::parked();
                (Outcome::Refused(self.reason(&error)), false)
            }
        };
        if matches!(outcome, Outcome::Later | Outcome::Unanswered) {
            measure::deferred();
        }
        self.lanes
            .answered(answer.key, answer.sequence, outcome, now, chance());
        is_cut
    }

    /// The words of a refusal, logged the first time.
    fn reason(&mut self, error: &PubSubError) -> String {
        let reason = error.to_string();
        if self.reasons.len() < MOST_REASONS && self.reasons.insert(reason.clone()) {
            tracing::warn!(%reason, "the service refuses a change for good; it is parked (see `pubsub outbox`)");
        } else {
            tracing::debug!(%reason, "parked");
        }
        reason
    }

    fn claimed(&mut self, claimed: Result<Claimed, StoreError>) {
        let now = Instant::now();
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => {
                self.is_claim_due = true;
                self.store_failed("claim lanes", &error);
                return;
            }
        };
        self.store_works();
        let last = claimed.lanes.last().map(|lane| lane.node.clone());
        if let Some(swept) = &claimed.swept {
            // Unless a new sweep has begun meanwhile.
            if matches!(&self.sweep, Sweep::After(after) if after == swept) {
                self.sweep = match (swept, last) {
                    (_, Some(last)) => Sweep::After(Some(last)),
                    (None, None) => Sweep::Owed,
                    (Some(_), None) => Sweep::Over,
                };
            }
        } else if last.is_none() {
            self.claims_at = now + CLAIM_PAUSE;
        } else {
            // There may be more.
            self.is_claim_due = true;
            if matches!(self.sweep, Sweep::Owed) {
                self.sweep = Sweep::After(None);
            }
        }
        let is_doubted = claimed.swept.is_some() || matches!(self.sweep, Sweep::After(_));
        self.lanes.claimed(claimed.lanes, is_doubted, now);
    }

    fn read(&mut self, wanted: Vec<Wanted>, entries: Result<Vec<Entry>, StoreError>) {
        let now = Instant::now();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                for wanted in &wanted {
                    self.lanes.not_read(wanted, now);
                }
                self.store_failed("read the outbox", &error);
                return;
            }
        };
        self.store_works();
        let mut entries = entries.into_iter().peekable();
        let mut wanted = wanted
            .into_iter()
            .collect::<std::collections::VecDeque<_>>();
        while let Some(next) = entries.peek() {
            let node = next.node.clone();
            let mut slots = Vec::new();
            while let Some(entry) = entries.next_if(|entry| entry.node == node) {
                slots.push(self.slot(entry));
            }
            // As a rule the answers are in the order of the questions.
            if let Some(place) = wanted.iter().position(|wanted| wanted.node == node)
                && let Some(wanted) = wanted.remove(place)
            {
                self.lanes.read(&wanted, slots, now);
            }
        }
        for wanted in wanted {
            self.lanes.read(&wanted, Vec::new(), now);
        }
    }

    fn slot(&mut self, entry: Entry) -> Slot {
        let (sequence, item) = (entry.sequence, entry.item.clone());
        let config = self.preparer.config(entry.model.as_deref());
        let (state, bytes) = if entry.is_parked {
            (State::Through, 0)
        } else {
            match self.preparer.change(entry) {
                Ok(change) => {
                    let bytes = weight(&change);
                    (State::Waiting(change), bytes)
                }
                Err(reason) => {
                    tracing::warn!(%reason, "an entry of the outbox cannot be sent; it is parked");
                    measure::parked();
                    (State::Refused(reason), 0)
                }
            }
        };
        Slot {
            sequence,
            item,
            config,
            bytes,
            state,
        }
    }

    /// Whether some lane is not ours any more.
    fn settled(&mut self, settled: &[(NodeName, u64)], noted: Result<Noted, StoreError>) -> bool {
        let now = Instant::now();
        match noted {
            Ok(noted) => {
                self.store_works();
                for node in &noted.lost {
                    tracing::warn!(%node, "this lane is another relay's by now");
                    self.lanes.forget(node);
                }
                self.lanes.settled(settled, &noted.kept, now);
                // Giving lanes back may have made room.
                !noted.lost.is_empty()
            }
            Err(error) => {
                self.lanes.not_settled(settled, now);
                self.store_failed("note what is delivered", &error);
                false
            }
        }
    }

    fn asked(&mut self, key: Key, finding: Result<Finding, StoreError>) {
        let now = Instant::now();
        match finding {
            Ok(Finding::Intact) => self.lanes.asked(key, now, Lane::trust),
            Ok(Finding::Rewound(lane)) => self.lanes.asked(key, now, |held| held.restart(lane)),
            Ok(Finding::Later(error)) => {
                tracing::debug!(%error, "the service cannot say now which items it has");
                let wait = back_off::wait(STORE_BACK_OFF, 6, chance());
                self.lanes.asked(key, now, |lane| lane.ask_later(now, wait));
            }
            Err(error) => {
                let wait = back_off::wait(STORE_BACK_OFF, self.store_failures + 1, chance());
                self.lanes.asked(key, now, |lane| lane.ask_later(now, wait));
                self.store_failed("compare the outbox with the service", &error);
            }
        }
    }

    fn drain(&mut self, reply: oneshot::Sender<()>) {
        self.drains.push(reply);
        self.lanes.is_hurried = true;
        self.measures_at = Some(Instant::now());
    }

    fn measured(&mut self, depth: Result<Depth, StoreError>) {
        let depth = match depth {
            Ok(depth) => depth,
            Err(error) => {
                self.measures_at = Some(Instant::now());
                self.store_failed("look into the outbox", &error);
                return;
            }
        };
        self.store_works();
        measure::depth(&depth);
        self.drains.retain(|reply| !reply.is_closed());
        if depth.waiting == 0 && self.lanes.load().unsettled == 0 {
            for reply in self.drains.drain(..) {
                let _ = reply.send(());
            }
        }
        self.lanes.is_hurried = !self.drains.is_empty();
        if self.lanes.is_hurried {
            self.measures_at = Some(Instant::now() + DRAIN_PAUSE);
        }
    }

    fn store_works(&mut self) {
        if self.store_failures > 0 {
            tracing::info!("the store answers again");
        }
        self.store_failures = 0;
        self.store_rests_until = None;
    }

    fn store_failed(&mut self, what: &'static str, error: &StoreError) {
        self.store_failures = self.store_failures.saturating_add(1);
        let wait = back_off::wait(STORE_BACK_OFF, self.store_failures, chance());
        self.store_rests_until = Some(Instant::now() + wait);
        if error.kind() == StoreErrorKind::Closed {
            self.store_failures = u32::MAX;
            tracing::debug!(%error, "the store is closed");
        } else if self.store_failures == 1 {
            tracing::warn!(%error, "cannot {what}; trying again until it works");
        } else {
            tracing::debug!(%error, failures = self.store_failures, "cannot {what}");
        }
    }

    fn is_store_closed(&self) -> bool {
        self.store_failures == u32::MAX
    }

    /// Tells the store what is through, and gives all lanes back.
    async fn give_back(mut self) {
        let last_words = async {
            if !self.settling.is_terminated() {
                let (settled, noted) = (&mut self.settling).await;
                self.settled(&settled, noted);
            }
            let settlement = self.lanes.give_back(Instant::now());
            if !settlement.is_empty()
                && let (_, Err(error)) = settle(Arc::clone(&self.store), settlement).await
            {
                tracing::warn!(%error, "cannot note what was delivered last; it will be delivered again");
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

/// The answer of the service to a change.
struct Answer {
    key: Key,
    sequence: u64,
    outcome: Result<(), PubSubError>,
}

/// Sends a change; it is in the outlet's queue when this returns, not only when the future is polled.
fn deliver(outlet: &Outlet, key: Key, sent: Sent) -> impl Future<Output = Answer> + Send + use<> {
    let Sent {
        sequence,
        change,
        config,
    } = sent;
    let is_retraction = matches!(change.kind, ChangeKind::Retract { .. });
    let answer = outlet.send(change, config);
    async move {
        let outcome = match answer.await {
            // Gone is gone.
            Err(PubSubError::NotFound { .. }) if is_retraction => Ok(()),
            outcome => outcome,
        };
        Answer {
            key,
            sequence,
            outcome,
        }
    }
}

/// Has the store note a settlement. When one of its lanes is lost, each is noted by itself.
async fn settle(
    store: Arc<dyn Store>,
    settlement: Vec<Settled>,
) -> (Vec<(NodeName, u64)>, Result<Noted, StoreError>) {
    let settled = settlement
        .iter()
        .map(|settled| (settled.node.clone(), settled.delivered))
        .collect();
    let mut noted = Noted {
        kept: Vec::new(),
        lost: Vec::new(),
    };
    match store.settle(settlement.clone()).await {
        Ok(kept) => noted.kept = kept,
        Err(error) if error.kind() == StoreErrorKind::Lost => {
            for one in settlement {
                let node = one.node.clone();
                match store.settle(vec![one]).await {
                    Ok(kept) => noted.kept.extend(kept),
                    Err(error) if error.kind() == StoreErrorKind::Lost => noted.lost.push(node),
                    Err(error) => return (settled, Err(error)),
                }
            }
        }
        Err(error) => return (settled, Err(error)),
    }
    (settled, Ok(noted))
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
