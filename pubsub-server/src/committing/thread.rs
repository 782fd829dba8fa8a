//! The work of the thread that commits: one group after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::entry::Entry;
use super::queue::{Queue, Task};
use crate::announcer::Announcer;
use crate::router::Wakes;
use crate::service::error::ServiceError;
use crate::service::vocabulary::Write;
use crate::shards::Shards;
use crate::storage::{Storage, StorageError};

/// After such a silence the store may tidy up.
const IDLE: Duration = Duration::from_secs(1);

/// A scratch buffer that held a large answer is not kept.
const KEPT: usize = 16 * 1024;

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) queue: Arc<Queue>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) shards: Arc<Shards>,
    pub(super) announcer: Arc<Announcer>,
}

impl Work {
    /// Commits until there is nothing left and nothing to come.
    pub(super) fn run(self) {
        let mut expected = 0;
        let mut patience = Duration::ZERO;
        let mut has_changed = false;
        let mut is_failing = false;
        loop {
            // Without changes there is nothing to tidy up, and nothing to wake up for.
            let idle = if has_changed { IDLE } else { Duration::MAX };
            let group = match self.queue.next(expected, patience, idle) {
                Task::Commit(group) => group,
                Task::Rest => {
                    self.flush();
                    (expected, has_changed) = (0, false);
                    continue;
                }
                Task::End => break,
            };
            expected = group.len();
            let began = Instant::now();
            match self.commit(&group) {
                Ok(()) => {
                    // A quarter of what a group costs is worth waiting for its latecomers.
                    let time = began.elapsed();
                    self.queue.note_group(time);
                    patience = time / 4;
                    has_changed = true;
                    self.release(group);
                    if std::mem::take(&mut is_failing) {
                        say(|| tracing::info!("changes are stored again"));
                    }
                }
                Err(error) => {
                    patience = Duration::ZERO;
                    self.take_back(group);
                    // Said once, not for everybody who tries.
                    if !std::mem::replace(&mut is_failing, true) {
                        say(|| {
                            tracing::error!(%error, cause = error.cause(), "changes were not stored and are refused");
                        });
                    }
                }
            }
        }
        self.flush();
    }

    fn commit(&self, group: &[Entry]) -> Result<(), StorageError> {
        let decisions: Vec<&[Write]> = group
            .iter()
            .map(|entry| entry.writes.as_slice())
            .filter(|writes| writes.iter().any(Write::is_durable))
            .collect();
        if decisions.is_empty() {
            return Ok(());
        }
        guarded(|| self.storage.commit(&decisions))
    }

    fn flush(&self) {
        if let Err(error) = guarded(|| self.storage.flush()) {
            say(|| {
                tracing::error!(%error, cause = error.cause(), "the storage could not be flushed");
            });
        }
    }

    /// Lets everybody know.
    fn release(&self, group: Vec<Entry>) {
        let (entries, bytes) = measure(&group);
        let mut wakes = Wakes::default();
        let mut out = String::new();
        for entry in group {
            self.announcer.count_published(&entry.writes);
            if let Some(answer) = entry.answer {
                answer.give(None, &mut out, &mut wakes);
            }
            for told in &entry.announcements {
                self.announcer
                    .announce(&told.notification, told.subscribers(), &mut wakes);
            }
            if wakes.are_many() {
                wakes.wake_all();
            }
            if out.capacity() > KEPT {
                out = String::new();
            }
        }
        self.queue.keep(entries, bytes);
    }

    /// Goes back to what is on the disk. All that was decided since depends on what was not kept, so it is taken back too.
    fn take_back(&self, mut group: Vec<Entry>) {
        let mut all = self.shards.all();
        group.append(&mut self.queue.drain());
        let (entries, bytes) = measure(&group);
        for entry in group.iter_mut().rev() {
            all.revert(&entry.writes, std::mem::take(&mut entry.before));
        }
        for leaver in group.iter().filter_map(|entry| entry.leaver.as_ref()) {
            all.dismiss(leaver);
        }
        self.queue.keep(entries, bytes);
        drop(all);
        let mut wakes = Wakes::default();
        let mut out = String::new();
        for answer in group.into_iter().filter_map(|entry| entry.answer) {
            answer.give(Some(&ServiceError::StorageFailed), &mut out, &mut wakes);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // However the thread ends: nobody shall wait for it.
        self.queue.close();
    }
}

/// Logs. Where the log is on the same full disk, that fails, and some loggers panic then.
fn say(words: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(words));
}

fn measure(group: &[Entry]) -> (u64, usize) {
    (group.len() as u64, group.iter().map(Entry::cost).sum())
}

/// A store that panics has failed; the thread lives on.
fn guarded(work: impl FnOnce() -> Result<(), StorageError>) -> Result<(), StorageError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StorageError::new("the store panicked")))
}
