//! Deadlines: no test waits for ever, and what did not happen in time is named.

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, Instant};

/// Waits for `future`, but no longer than `deadline`.
///
/// # Panics
///
/// When the deadline passes; the message names the line that waited.
#[track_caller]
pub fn within<F: Future>(deadline: Duration, future: F) -> impl Future<Output = F::Output> {
    let caller = Location::caller();
    async move {
        let answer = tokio::time::timeout(deadline, future).await;
        answer.unwrap_or_else(|_| panic!("{caller}: nothing came within {deadline:?}"))
    }
}

/// Asks `attempt` again and again until it answers `Some`, but no longer than `deadline`.
///
/// For what another program does in its own time, such as opening a port.
///
/// # Panics
///
/// When the deadline passes; the message names the line that waited.
#[track_caller]
pub fn eventually<T, F>(
    deadline: Duration,
    mut attempt: impl FnMut() -> F,
) -> impl Future<Output = T>
where
    F: Future<Output = Option<T>>,
{
    let caller = Location::caller();
    async move {
        let start = Instant::now();
        loop {
            if let Some(answer) = attempt().await {
                return answer;
            }
            assert!(
                start.elapsed() < deadline,
                "{caller}: it did not happen within {deadline:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
