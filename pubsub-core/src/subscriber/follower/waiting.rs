//! A node that does not exist yet: awaited at the service, or asked for from time to time where the service does not know how to await.
//!
//! Knows when to ask again. What came of it is read back by `items`.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Follower;
use super::reader::{Abandoned, Reader};
use crate::outlet::{Absence, Granted};
use crate::session::PubSubError;

/// The first pause, which doubles, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));
/// All subscriptions of one session together ask this often in a second, however many wait.
const ASKED_A_SECOND: usize = 100;

/// What becomes of a node that does not exist, at a service that does not know how to await.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenAbsent {
    /// It is made, and belongs to our account.
    Make,
    /// It is asked for again until it is there.
    Wait,
}

/// How a subscription stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// Events come.
    Live,
    /// The service says so when the node exists.
    Awaited,
    /// The node is asked for.
    Absent(Asking),
}

/// When to ask next.
#[derive(Debug)]
pub(super) struct Asking {
    absence: Absence,
    attempts: u32,
    next: Instant,
}

impl Asking {
    fn begin(absence: Absence) -> Self {
        let mut asking = Self {
            absence,
            attempts: 0,
            next: Instant::now(),
        };
        asking.ask_later(rand::random());
        asking
    }

    /// When to ask next: in a while, or when this program publishes there.
    pub(super) fn due(&self) -> impl Future<Output = ()> + use<> {
        let (later, appeared) = (sleep_until(self.next), self.absence.appeared());
        async {
            tokio::select! {
                () = later => {}
                () = appeared => {}
            }
        }
    }

    /// After one more attempt that came to nothing. `chance` is between 0 and 1.
    fn ask_later(&mut self, chance: f64) {
        self.next = Instant::now() + pause(self.attempts, self.absence.count(), chance);
        self.attempts = self.attempts.saturating_add(1);
    }
}

/// How long to wait after so many attempts, when so many nodes are waited for: three quarters of a time and a part of the rest.
fn pause(attempts: u32, waiting: usize, chance: f64) -> Duration {
    let doubled = 2_u32
        .checked_pow(attempts)
        .and_then(|factor| PAUSES.0.checked_mul(factor));
    let own = doubled.map_or(PAUSES.1, |doubled| doubled.min(PAUSES.1));
    let waiting = u32::try_from(waiting / ASKED_A_SECOND).unwrap_or(u32::MAX);
    let fair = Duration::from_secs(u64::from(waiting));
    own.max(fair).mul_f64(0.25_f64.mul_add(chance, 0.75))
}

impl<T: Send + 'static> Follower<T> {
    /// Subscribes, and makes a node that is missing where that is the way.
    pub(super) async fn renew(&mut self) -> Result<(), PubSubError> {
        let granted = match self.outlet.subscribe(&self.node).await {
            Err(PubSubError::NotFound { .. }) if self.when_absent == WhenAbsent::Wait => {
                if !matches!(self.standing, Standing::Absent(_)) {
                    tracing::debug!(node = %self.node, "the node does not exist yet and is asked for from time to time");
                    self.standing = Standing::Absent(Asking::begin(self.outlet.miss(&self.node)));
                }
                return Ok(());
            }
            Err(PubSubError::NotFound { .. }) => {
                self.outlet.ensure(&self.node, &self.config).await?;
                tracing::info!(node = %self.node, "the node was missing and is ours now; another account needs the right to publish there");
                self.outlet.subscribe(&self.node).await?
            }
            outcome => outcome?,
        };
        self.standing = match granted {
            Granted::Live => Standing::Live,
            Granted::Awaited => Standing::Awaited,
        };
        Ok(())
    }

    /// Asks for a node that did not exist. Whatever it holds when it does is news.
    pub(super) async fn ask_again(&mut self, reader: &mut Reader<T>) -> Result<(), Abandoned> {
        let outcome = self.renew().await;
        match (outcome, &mut self.standing) {
            (Ok(()), Standing::Absent(asking)) => {
                asking.ask_later(rand::random());
                Ok(())
            }
            (Ok(()), Standing::Live) => self.catch_up(reader, 0).await,
            (Ok(()), Standing::Awaited) => Ok(()),
            (Err(error), Standing::Absent(asking)) if error.is_transient() => {
                asking.ask_later(rand::random());
                Ok(())
            }
            (Err(error), _) => {
                // As for a node that exists and lets us in no more: the next connection brings the next attempt.
                self.standing = Standing::Live;
                reader.tell(Err(error.into())).await
            }
        }
    }

    /// What the service says of the wish: that the node exists and events come, or that it does not let us in.
    pub(super) async fn hear_of_wish(
        &mut self,
        state: &str,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        if !matches!(self.standing, Standing::Awaited) {
            return Ok(());
        }
        match state {
            "subscribed" => {
                self.standing = Standing::Live;
                Ok(())
            }
            // Asking says why, in the words of the service; and it may have changed its mind.
            "none" => self.ask_again(reader).await,
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause;

    #[test]
    fn pauses_double_and_grow_with_what_is_waited_for() {
        for (attempts, waiting, longest) in [
            (0, 1, 200),
            (1, 1, 400),
            (3, 1, 1600),
            (4, 1, 3000),
            (200, 1, 3000),
            (0, 1_000, 10_000),
            (9, 250, 3000),
        ] {
            let longest = Duration::from_millis(longest);
            assert_eq!(pause(attempts, waiting, 1.0), longest);
            assert_eq!(pause(attempts, waiting, 0.0), longest.mul_f64(0.75));
        }
    }
}
