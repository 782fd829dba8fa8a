//! What hyper was given of an answer and has not written yet, and since when.
//!
//! hyper waits for a client that reads nothing for as long as it likes, and asks a body for nothing meanwhile. But it lets go of bytes when they are
//! written: a body that gives out one piece at a time knows so that nobody reads. A stream of HTTP/2 whose client grants no room is not
//! asked at all any more; who runs its task may [watch](watched) it.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

/// Whether a piece is under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauge(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    waker: Option<Waker>,
}

/// A piece that tells when nobody needs it any more.
struct Piece {
    bytes: Bytes,
    gauge: Gauge,
}

impl Gauge {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same bytes, known to be under way until they are dropped.
    pub(super) fn hold(&self, bytes: Bytes) -> Bytes {
        self.lock().since = Some(Instant::now());
        let gauge = self.clone();
        Bytes::from_owner(Piece { bytes, gauge })
    }

    /// Whether a piece is under way; the task is woken when it no longer is.
    pub(super) fn is_holding(&self, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        let is_holding = state.since.is_some();
        state.waker = is_holding.then(|| context.waker().clone());
        is_holding
    }

    fn since(&self) -> Option<Instant> {
        self.lock().since
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut state = self.gauge.lock();
        state.since = None;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Nothing was read of what was sent, for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stalled;

impl fmt::Display for Stalled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the client reads nothing")
    }
}

impl std::error::Error for Stalled {}

/// Where a body shows its gauge to who runs its task.
type Window = Arc<Mutex<Option<Gauge>>>;

tokio::task_local! {
    static WINDOW: Window;
}

fn look(window: &Window) -> MutexGuard<'_, Option<Gauge>> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows it to who runs this task, if that is one of us.
pub(super) fn show(gauge: &Gauge) {
    let _ = WINDOW.try_with(|window| *look(window) = Some(gauge.clone()));
}

/// Runs a task that writes an answer, and gives it up when the client has read nothing of it for this long.
pub(crate) async fn watched(task: impl Future, limit: Duration) {
    let window = Window::default();
    let mut task = pin!(WINDOW.scope(Arc::clone(&window), task));
    let mut timer = pin!(sleep(limit));
    poll_fn(|context| {
        if task.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(since) = look(&window).as_ref().and_then(Gauge::since) else {
            return Poll::Pending;
        };
        let due = since + limit;
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::task::Poll;
    use std::time::Duration;

    use bytes::Bytes;
    use tokio::time::{Instant, sleep};

    use super::{Gauge, show, watched};

    const LIMIT: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_piece_is_under_way_until_its_last_copy_is_dropped() {
        let gauge = Gauge::default();
        let mut piece = gauge.hold(Bytes::from_static(b"abc"));
        assert_eq!(piece.split_to(1), "a");
        let is_free = poll_fn(|context| {
            if gauge.is_holding(context) {
                return Poll::Pending;
            }
            Poll::Ready(())
        });
        let copy = piece.clone();
        drop(piece);
        tokio::join!(is_free, async move {
            tokio::task::yield_now().await;
            drop(copy);
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_is_given_up_when_its_piece_is_not_written() {
        let begun = Instant::now();
        let idle = async {
            let gauge = Gauge::default();
            show(&gauge);
            for _ in 0..3 {
                // Each is written in time, and then nothing is under way for long.
                let piece = gauge.hold(Bytes::from_static(b"x"));
                sleep(LIMIT / 2).await;
                drop(piece);
                sleep(LIMIT * 2).await;
            }
            let _piece = gauge.hold(Bytes::from_static(b"x"));
            pending::<()>().await;
        };
        watched(idle, LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), (LIMIT * 17 / 2).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_shows_nothing_ends_by_itself() {
        let begun = Instant::now();
        watched(sleep(LIMIT * 5), LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), (LIMIT * 5).as_secs());
        show(&Gauge::default());
    }
}
