//! The one task of a store that writes: it gathers what is waiting into one transaction, so that many share the cost of a commit.
//!
//! Knows the queue and the life of a transaction. What is done inside is in `batch`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use super::apply::Patience;
use super::backend::Backend;
use super::batch::{Batch, Errand, Job, Owed};
use super::connection::Connection;
use super::pruning::Pruning;
use super::script::Script;
use super::statement::Statement;
use crate::store::{StoreError, StoreErrorKind};

/// How many jobs wait at most; whoever comes later waits for room.
const QUEUE: usize = 1024;
/// How many jobs share a transaction at most.
const MOST_JOBS: usize = 512;
/// How many bytes of payload share a transaction, about.
const MOST_BYTES: usize = 8 << 20;
/// The pauses between attempts to begin while others write, and to do what was put aside.
const PAUSE: Duration = Duration::from_millis(20);
/// How many jobs, and bytes of payload, are put aside at most. Beyond that everybody waits.
const MOST_ASIDE: (usize, usize) = (4096, 32 << 20);
/// How many times what was put aside is tried without waiting before it queues up for a moment: else those who write the same all the time
/// would always be quicker.
const TRIES: u32 = 16;

/// Hands jobs to the task. The task ends when the last of these is gone.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    is_absent: bool,
}

impl Writer {
    /// Starts the task, on a connection of its own.
    pub(super) fn start(
        backend: Arc<dyn Backend>,
        connection: Box<dyn Connection>,
        keep: u64,
        patience: Duration,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let task = Task {
            backend,
            connection: Some(connection),
            pruning: Pruning::new(keep),
            patience,
            is_in_doubt: false,
            aside: Batch::default(),
            thinking: Batch::default(),
            tries: 0,
        };
        tokio::spawn(task.run(queue));
        Self {
            jobs,
            is_absent: false,
        }
    }

    /// One for a store that is only looked at: it does nothing.
    pub(super) fn absent() -> Self {
        let (jobs, _) = mpsc::channel(1);
        Self {
            jobs,
            is_absent: true,
        }
    }

    /// Has a job done, and waits for its answer.
    pub(super) async fn ask<T>(&self, job: impl FnOnce(Owed<T>) -> Job) -> Result<T, StoreError> {
        let (owed, answered) = Owed::new();
        let asked = self.jobs.send(job(owed)).await;
        asked.map_err(|_| self.closed())?;
        answered.await.map_err(|_| self.closed())?
    }

    fn closed(&self) -> StoreError {
        if self.is_absent {
            let message = "the store was opened to be looked at, not to be changed";
            return StoreError::new(StoreErrorKind::ReadOnly, message);
        }
        StoreError::new(StoreErrorKind::Closed, "the store is closed")
    }

    /// The same for what is no unit.
    pub(super) async fn errand<T>(
        &self,
        errand: impl FnOnce(Owed<T>) -> Errand,
    ) -> Result<T, StoreError> {
        self.ask(|owed| Job::Errand(errand(owed))).await
    }
}

struct Task {
    backend: Arc<dyn Backend>,
    /// `None` after it broke.
    connection: Option<Box<dyn Connection>>,
    pruning: Pruning,
    patience: Duration,
    /// Whether a commit was sent and nobody knows what became of it.
    is_in_doubt: bool,
    /// What would have to wait for a node that somebody else holds; others need not wait with it.
    aside: Batch,
    /// Units whose callers think for longer than a moment, or are not polled.
    thinking: Batch,
    /// How many times nothing else was to be done.
    tries: u32,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut closing = None;
        while let Some(mut next) = self.next(&mut queue).await {
            let mut batch = std::mem::take(&mut self.aside);
            let patience = self.patience_now(batch.len(), next.is_some());
            batch.append(self.thinking.take_thought_through());
            let was_aside = batch.len();
            while let Some(job) = next.take() {
                match job {
                    Job::Write(work, owed) => batch.write(*work, owed),
                    Job::Errand(errand) => batch.errand(errand),
                    Job::Close(owed) => {
                        // What is in the queue by now is still done.
                        queue.close();
                        closing = Some(owed);
                    }
                }
                if batch.len() < MOST_JOBS + was_aside && batch.bytes() < MOST_BYTES {
                    next = queue.try_recv().ok();
                }
            }
            if batch.len() > 0 {
                self.carry_out(batch, patience).await;
                self.aside.give_up(self.patience);
                // Those who have their answer come again, as a rule: let them in before the next transaction begins.
                yield_now().await;
            }
            self.prune(&queue).await;
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
        if let Some(mut owed) = closing {
            owed.is(Ok(()));
            owed.give(None);
        }
    }

    /// Waits for a job: `Some(None)` when it is time for what was put aside, `None` at the end.
    async fn next(&mut self, queue: &mut mpsc::Receiver<Job>) -> Option<Option<Job>> {
        let aside = self.aside.len() + self.thinking.len();
        if aside == 0 {
            return Some(Some(queue.recv().await?));
        }
        let has_room =
            aside < MOST_ASIDE.0 && self.aside.bytes() + self.thinking.bytes() < MOST_ASIDE.1;
        if has_room && !(queue.is_closed() && queue.is_empty()) {
            return Some(timeout(PAUSE, queue.recv()).await.ok().flatten());
        }
        sleep(PAUSE).await;
        Some(None)
    }

    /// Whether to wait for others: not with something that is known to be held, but for a moment now and then when nobody else wants anything.
    fn patience_now(&mut self, aside: usize, is_more: bool) -> Patience {
        if aside == 0 {
            self.tries = 0;
            return Patience::Some;
        }
        self.tries += u32::from(!is_more);
        if !is_more && self.tries.is_multiple_of(TRIES) {
            Patience::Some
        } else {
            Patience::None
        }
    }

    /// Prunes what is left to be pruned, as long as nobody wants anything else.
    async fn prune(&mut self, queue: &mpsc::Receiver<Job>) {
        while self.pruning.is_behind() && queue.is_empty() && !queue.is_closed() {
            let until = Instant::now() + self.patience;
            let nothing = &mut Batch::default();
            if let Err(error) = self.attempt(nothing, until, Patience::Some).await {
                tracing::debug!(%error, "old entries cannot be pruned now");
                return;
            }
        }
    }

    /// Carries out a batch together, or, when that fails because of one of its jobs, one by one.
    async fn carry_out(&mut self, mut batch: Batch, patience: Patience) {
        let until = Instant::now() + self.patience;
        match self.attempt(&mut batch, until, patience).await {
            Ok(()) => batch.answer(None),
            Err(error) if batch.len() == 1 || !is_about_one(&error) => batch.answer(Some(&error)),
            Err(_) => {
                for mut single in batch.singles() {
                    let failure = self.attempt(&mut single, until, patience).await.err();
                    single.answer(failure.as_ref());
                }
            }
        }
    }

    /// One transaction. When it fails nothing was written, and the answers are still owed. What would have to wait for others for longer than a
    /// moment is put aside.
    async fn attempt(
        &mut self,
        batch: &mut Batch,
        until: Instant,
        mut patience: Patience,
    ) -> Result<(), StoreError> {
        let dialect = self.backend.dialect();
        loop {
            let done = self.transact(batch, until, patience).await;
            self.aside.append(batch.take_aside());
            self.thinking.append(batch.take_thinking());
            match done {
                Err(error)
                    if error.kind() == StoreErrorKind::Busy
                        && patience == Patience::Some
                        && dialect.free_lanes_for_update().is_some() =>
                {
                    tracing::debug!(%error, "what others hold is put aside");
                    patience = Patience::None;
                }
                Err(error) if self.may_succeed_now(&error) && Instant::now() < until => {
                    tracing::debug!(%error, "a transaction is tried again");
                    sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    }

    /// Whether the same may be tried again at once. After a lost connection only if nothing can have been committed.
    fn may_succeed_now(&self, error: &StoreError) -> bool {
        match error.kind() {
            StoreErrorKind::Busy => true,
            StoreErrorKind::Unreachable => self.backend.dialect().comes_back() && !self.is_in_doubt,
            _ => false,
        }
    }

    async fn transact(
        &mut self,
        batch: &mut Batch,
        until: Instant,
        patience: Patience,
    ) -> Result<(), StoreError> {
        let backend = self.backend.clone();
        let dialect = backend.dialect();
        let turn = backend.turn().await?;
        self.is_in_doubt = false;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => backend.writing().await?,
        };
        loop {
            let begin = Statement::new(dialect, backend.begin(batch.is_light()));
            match connection.execute(begin).await {
                Ok(_) => break,
                Err(error) if error.kind() == StoreErrorKind::Busy && Instant::now() < until => {
                    sleep(PAUSE).await;
                }
                Err(error) => {
                    // A busy connection is a good one.
                    if error.kind() == StoreErrorKind::Busy {
                        self.connection = Some(connection);
                    }
                    return Err(error);
                }
            }
        }
        let done = match batch.run(&mut *connection, &*backend, patience).await {
            Ok(done) => done,
            Err(error) => {
                self.rollback(connection).await;
                return Err(error);
            }
        };
        if let Some(waiting) = done.waiting {
            self.pruning.settled(waiting);
        }
        if (done.waiting.is_some() || batch.len() == 0)
            && let Err(error) = self.pruning.step(&mut *connection).await
        {
            self.rollback(connection).await;
            return Err(error);
        }
        let mut releasing = match done.released.as_slice() {
            [] => None,
            _ if backend.owner().is_some() => None,
            _ => Some(backend.releasing().await),
        };
        let commit = dialect.commit(done.has_entries);
        let rest = done.rest.unwrap_or_else(|| Script::new(dialect));
        let (rest, commit) = rest.and_then(commit);
        if let Some(rest) = rest
            && let Err(error) = connection.execute(rest).await
        {
            self.rollback(connection).await;
            return Err(error);
        }
        match connection.execute(commit).await {
            Ok(_) => self.connection = Some(connection),
            Err(error) if error.kind() == StoreErrorKind::Unreachable => {
                self.is_in_doubt = true;
                let message = "the connection to the database broke during the commit: what was saved is there as a whole or not at all";
                return Err(StoreError::new(StoreErrorKind::Unreachable, message).with(error));
            }
            Err(error) => {
                // Nobody knows in what state it is; a new one is opened for the next transaction.
                self.rollback(connection).await;
                return Err(error);
            }
        }
        if let Some(releasing) = &mut releasing {
            releasing.release(&done.released);
        }
        drop((releasing, turn));
        if done.has_entries {
            backend.committed();
        }
        Ok(())
    }

    /// Undoes what was begun. A connection that cannot even do that is let go.
    async fn rollback(&mut self, mut connection: Box<dyn Connection>) {
        match undo(&mut *connection).await {
            Ok(()) => self.connection = Some(connection),
            Err(error) => {
                tracing::debug!(%error, "a transaction could not be rolled back; its connection is closed");
            }
        }
    }
}

/// Rolls back. After some errors, among them a full disk, SQLite has done so by itself, and refuses to do it again; then another
/// transaction can be begun. The connection is worth keeping: the last one of a file that is closed moves the journal into the database,
/// and that fills the room that somebody may just have made.
async fn undo(connection: &mut dyn Connection) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    if connection
        .execute(Statement::new(dialect, "ROLLBACK"))
        .await
        .is_ok()
    {
        return Ok(());
    }
    for text in ["BEGIN", "ROLLBACK"] {
        connection.execute(Statement::new(dialect, text)).await?;
    }
    Ok(())
}

/// Whether other jobs of the batch may well be done although one was refused.
fn is_about_one(error: &StoreError) -> bool {
    !matches!(
        error.kind(),
        StoreErrorKind::Full
            | StoreErrorKind::ReadOnly
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Unreachable
            | StoreErrorKind::Busy
            | StoreErrorKind::Closed
    )
}
