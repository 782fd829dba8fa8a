//! The tasks of a server: each in its turn may start others, and all of them are gone when the server is.

use std::future::{Future, poll_fn};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::task::JoinSet;

/// All tasks that serve somebody.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tasks: JoinSet<()>,
    is_dismissed: bool,
}

impl Crew {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task. Afterwards, when the server is gone, this does nothing.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.state();
        // Those that have ended leave no trace.
        while state.tasks.try_join_next().is_some() {}
        if !state.is_dismissed {
            state.tasks.spawn(task);
        }
    }

    /// How many are at work.
    pub(crate) fn len(&self) -> usize {
        self.state().tasks.len()
    }

    /// Waits until all have ended.
    pub(crate) async fn ended(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            loop {
                match state.tasks.poll_join_next(context) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Cuts all off, and lets nobody start any more.
    pub(crate) fn dismiss(&self) {
        let mut state = self.state();
        state.is_dismissed = true;
        state.tasks.abort_all();
    }
}
