//! Deleting what need not be kept: delivered entries, but for the newest of the store.
//!
//! Knows how far it has come, and that it can wait while much is to be delivered. Does not know when nobody needs the connection.

use super::connection::Connection;
use super::statement::Statement;
use crate::store::StoreError;

/// Deletes delivered entries that are older than the newest `keep` of the store, a few at a time.
#[derive(Debug)]
pub(super) struct Pruning {
    keep: u64,
    /// Entries with ids up to here have been looked at.
    done: i64,
    /// How many times entries were settled since everything was looked at.
    since_sweep: u32,
    /// How much waited to be delivered when somebody looked last.
    waiting: u64,
    /// Whether the last step was worth the while, and there is more.
    is_behind: bool,
}

/// How many entries have to be due before it is worth the while.
const WORTH: i64 = 256;
/// How many are looked at in one go.
const STEP: i64 = 1024;
/// As long as this part of what could be looked at waits for delivery, nothing is: an outbox that is to be emptied is large anyway, and emptying
/// it comes first.
const WAITING: u64 = 8;
/// After how many times the old ones that could not be pruned are looked at again.
const SWEEP: u32 = 256;

impl Pruning {
    pub(super) fn new(keep: u64) -> Self {
        Self {
            keep,
            done: 0,
            since_sweep: 0,
            waiting: 0,
            is_behind: false,
        }
    }

    /// Entries were settled, and so many are left to deliver in the same lanes.
    pub(super) fn settled(&mut self, waiting: u64) {
        self.waiting = waiting;
        self.since_sweep += 1;
        if self.since_sweep >= SWEEP {
            self.since_sweep = 0;
            self.done = 0;
        }
    }

    /// Whether there is something to do even if nothing is settled.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Looks at some entries. Whether it wrote anything does not matter to anybody.
    pub(super) async fn step(&mut self, connection: &mut dyn Connection) -> Result<(), StoreError> {
        let dialect = connection.dialect();
        self.is_behind = false;
        let mut last = 0;
        let read = Statement::new(dialect, "SELECT MAX(id) FROM pubsub_entry");
        connection
            .fetch(read, &mut |row| {
                last = row.some_integer(0)?;
                Ok(())
            })
            .await?;
        let due = last.saturating_sub(i64::try_from(self.keep).unwrap_or(i64::MAX));
        if last < self.done {
            self.done = 0;
        }
        if due - self.done < WORTH.min(i64::try_from(self.keep).unwrap_or(WORTH).max(1)) {
            return Ok(());
        }
        if u64::try_from(due - self.done).unwrap_or(0) < self.waiting.saturating_mul(WAITING) {
            return Ok(());
        }
        // Whole stretches of ids are empty: begin where there is something.
        let mut first = None;
        let mut read = Statement::new(dialect, "SELECT MIN(id) FROM pubsub_entry WHERE id > ");
        read.bind(self.done);
        connection
            .fetch(read, &mut |row| {
                first = row.integer(0)?;
                Ok(())
            })
            .await?;
        let Some(first) = first else { return Ok(()) };
        let until = due.min(first.saturating_add(STEP));
        let mut delete = Statement::new(
            dialect,
            "DELETE FROM pubsub_entry WHERE (refusal IS NULL OR refusal = '') AND id >= ",
        );
        delete.bind(first).push(" AND id <= ").bind(until);
        delete.push(" AND sequence <= (SELECT delivered FROM pubsub_node n WHERE n.id = node_id)");
        let pruned = connection.execute(delete).await?;
        self.done = self.done.max(until);
        self.is_behind = until < due && pruned > 0;
        Ok(())
    }
}
