//! A store that does as it is told: waits, refuses, counts.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use pubsub_server::{MemoryStorage, Storage, StorageError, Write};

/// Keeps in memory, when it is let.
#[derive(Clone, Debug, Default)]
pub struct Ordeal {
    memory: MemoryStorage,
    state: Arc<Mutex<State>>,
    changed: Arc<Condvar>,
}

#[derive(Debug, Default)]
struct State {
    is_held: bool,
    refuses: bool,
    waiting: bool,
    /// How long each group takes.
    delay: Duration,
    /// How many decisions each group held.
    groups: Vec<usize>,
}

impl Ordeal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on it does not answer.
    pub fn hold(&self) {
        self.state().is_held = true;
    }

    /// From now on each group takes so long.
    pub fn slow_down(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// From now on it answers: that it has kept them, or that it has not.
    pub fn answer(&self, refuses: bool) {
        let mut state = self.state();
        (state.is_held, state.refuses) = (false, refuses);
        self.changed.notify_all();
    }

    /// Whether a group waits for its answer.
    pub fn is_asked(&self) -> bool {
        self.state().waiting
    }

    /// How many decisions each group held so far.
    pub fn groups(&self) -> Vec<usize> {
        self.state().groups.clone()
    }
}

impl Storage for Ordeal {
    fn load(&self, take: &mut dyn FnMut(Write)) -> Result<(), StorageError> {
        self.memory.load(take)
    }

    fn commit(&self, decisions: &[&[Write]]) -> Result<(), StorageError> {
        let delay = self.state().delay;
        std::thread::sleep(delay);
        let mut state = self.state();
        state.groups.push(decisions.len());
        while state.is_held {
            state.waiting = true;
            state = self.changed.wait(state).unwrap();
        }
        state.waiting = false;
        if state.refuses {
            return Err(StorageError::new("not now"));
        }
        self.memory.commit(decisions)
    }
}
