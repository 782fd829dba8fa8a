//! Who brings news: commits of this process at once, those of others through `LISTEN`, and a slow look in case both fail.
//!
//! Knows the channel `pubsub_outbox`. Does not know what is new.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// The channel on which every transaction with entries says so.
const CHANNEL: &str = "pubsub_outbox";
/// So often somebody looks without having been told: what a process left behind that has died is not announced by anybody.
const LOOK: Duration = Duration::from_secs(3);
/// The first and the longest pause before listening again.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// Waits for news.
#[derive(Debug)]
pub(super) struct News {
    bell: Arc<Notify>,
    /// Made when somebody waits for the first time: a program without a relay needs none.
    listener: OnceLock<AbortHandle>,
}

impl News {
    pub(super) fn new() -> Self {
        Self {
            bell: Arc::new(Notify::new()),
            listener: OnceLock::new(),
        }
    }

    /// There may be some.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits for some, but never long.
    pub(super) async fn wait(&self, pool: impl FnOnce() -> PgPool) {
        self.listener
            .get_or_init(|| tokio::spawn(listen(pool(), self.bell.clone())).abort_handle());
        // In time or not: whoever waits looks.
        let _ = timeout(LOOK, self.bell.notified()).await;
    }

    /// Stops listening.
    pub(super) fn end(&self) {
        if let Some(listener) = self.listener.get() {
            listener.abort();
        }
        self.ring();
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.end();
    }
}

async fn listen(pool: PgPool, bell: Arc<Notify>) {
    let [shortest, longest] = PAUSES;
    let mut pause = shortest;
    loop {
        match hear(&pool, &bell, &mut pause).await {
            Ok(never) => match never {},
            Err(error) => {
                tracing::warn!(%error, "the store does not hear of changes by other processes; it looks for them every few seconds");
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Rings for each notification until the connection breaks.
async fn hear(
    pool: &PgPool,
    bell: &Notify,
    pause: &mut Duration,
) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    let [shortest, _] = PAUSES;
    *pause = shortest;
    loop {
        // What was said before anybody listened, or while the connection was broken, is news as well.
        bell.notify_one();
        listener.try_recv().await?;
    }
}
