//! A store on the disk, in a directory of its own.
//!
//! `codec` says how the state is written, `group` turns decisions into records, `loading` turns records into writes, `engine` keeps records, and
//! `directory` sees to it that they are ours. Here they are put together, and here it is decided what happens when the disk fails.
//!
//! A group that failed may have reached the disk all the same: nobody can know before the engine is opened anew. Its number tells then, and what
//! was refused is undone.

mod codec;
mod directory;
mod engine;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod group;
mod loading;
#[cfg(test)]
mod rebirth;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::directory::Directory;
pub use self::directory::self_signed_files;
pub(crate) use self::directory::{DATABASE, check as check_directory, note_people};
use self::engine::Engine;
use self::group::Changes;
use self::loading::Loading;
use super::{Storage, StorageError};
use crate::service::vocabulary::Write;

/// After a failure the disk is left alone for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// When what was answered is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncLevel {
    /// An answer means that it is on the disk: it survives the end of the program, and of the machine.
    #[default]
    Always,
    /// An answer means that the system has it: it survives the end of the program, a kill too. When the machine fails, what was answered during about
    /// the last so long may be lost; what is left is whole, in the order of decisions.
    Every(Duration),
}

/// Keeps the state in a directory.
#[derive(Debug)]
pub struct DiskStorage {
    path: PathBuf,
    sync: SyncLevel,
    state: Mutex<State>,
    directory: Directory,
}

#[derive(Debug)]
struct State {
    engine: Option<Engine>,
    /// When it failed last.
    failed: Option<Instant>,
    doubt: Option<Doubt>,
    /// The number of the last group that was answered.
    group: u64,
    synced: Instant,
    is_synced: bool,
}

/// A group that was refused, and may be on the disk.
#[derive(Debug)]
struct Doubt {
    group: u64,
    /// What its records said before. None: that could not be read.
    before: Option<Changes>,
}

impl DiskStorage {
    /// Opens the directory, which is made if it does not exist. Blocks; a long journal takes a second or two.
    ///
    /// # Errors
    ///
    /// When it cannot be used: it holds something else, was written by a later version, another server has it, or it has lost what was in it. Then nothing of
    /// that was changed.
    pub fn open(path: impl AsRef<Path>, sync: SyncLevel) -> Result<Self, StorageError> {
        let directory = Directory::take(path.as_ref())?;
        let path = directory.nodes();
        let engine = Engine::open(&path)?;
        directory.check_nodes([engine.group, engine.marked])?;
        let group = engine.group;
        Ok(Self {
            path,
            sync,
            state: Mutex::new(State {
                engine: Some(engine),
                failed: None,
                doubt: None,
                group,
                synced: Instant::now(),
                is_synced: true,
            }),
            directory,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for DiskStorage {
    fn load(&self, take: &mut dyn FnMut(Write)) -> Result<(), StorageError> {
        let mut state = self.state();
        let engine = state.ready(&self.path)?;
        let mut loading = Loading::new(take);
        engine.each(|key, value| loading.record(key, value))?;
        loading.end()
    }

    fn commit(&self, decisions: &[&[Write]]) -> Result<(), StorageError> {
        let mut state = self.state();
        let is_synced = match self.sync {
            SyncLevel::Always => true,
            SyncLevel::Every(time) => state.synced.elapsed() >= time,
        };
        let engine = state.ready(&self.path)?;
        let number = engine.group + 1;
        let changes = group::changes(number, decisions, |prefix| engine.names(prefix))?;
        match engine.change(&changes, is_synced) {
            Ok(()) => {
                state.group = number;
                state.note_sync(is_synced);
                if is_synced {
                    self.directory.note(number, false);
                }
                Ok(())
            }
            Err(error) => {
                let before = engine.present(changes.keys()).ok();
                state.fail(Some(Doubt {
                    group: number,
                    before,
                }));
                Err(error)
            }
        }
    }

    fn flush(&self) -> Result<(), StorageError> {
        let mut state = self.state();
        if state.is_synced {
            return Ok(());
        }
        let engine = state.ready(&self.path)?;
        match engine.sync() {
            Ok(()) => {
                state.note_sync(true);
                self.directory.note(state.group, false);
                Ok(())
            }
            Err(error) => {
                state.fail(None);
                Err(error)
            }
        }
    }
}

impl Drop for DiskStorage {
    fn drop(&mut self) {
        let state = self.state();
        if state.is_synced
            && let Some(engine) = &state.engine
        {
            self.directory.note(engine.marked, true);
        }
    }
}

impl State {
    /// The engine, opened anew if it has failed.
    fn ready(&mut self, path: &Path) -> Result<&mut Engine, StorageError> {
        if self.engine.is_none() {
            if self.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
                return Err(StorageError::new("the disk failed a moment ago"));
            }
            self.failed = Some(Instant::now());
            let mut engine = Engine::open(path)?;
            if engine.group < self.group {
                // Only where answers do not wait for the disk.
                return Err(StorageError::new(
                    "the disk has lost changes that the system had taken; restart the server, which then has what is left",
                ));
            }
            if let Some(doubt) = &self.doubt {
                doubt.settle(&mut engine)?;
            }
            self.doubt = None;
            self.group = engine.group;
            self.engine = Some(engine);
        }
        self.engine
            .as_mut()
            .ok_or_else(|| StorageError::new("the engine is closed"))
    }

    /// The engine takes nothing more after a failure.
    fn fail(&mut self, doubt: Option<Doubt>) {
        self.engine = None;
        self.failed = Some(Instant::now());
        self.doubt = doubt;
    }

    fn note_sync(&mut self, is_synced: bool) {
        self.is_synced = is_synced;
        if is_synced {
            self.synced = Instant::now();
        }
    }
}

impl Doubt {
    /// Undoes the group if it is on the disk after all.
    fn settle(&self, engine: &mut Engine) -> Result<(), StorageError> {
        if engine.group < self.group {
            return Ok(());
        }
        match &self.before {
            Some(before) => engine.change(before, true),
            None => Err(StorageError::new(
                "changes that were refused have reached the disk and cannot be taken back; restart the server, which then has them",
            )),
        }
    }
}
