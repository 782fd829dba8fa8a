//! The library: `save_with()` from as many tasks, into a store whose server cannot be reached.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use pubsub_core::{PubSub, Publish as _};

use super::Tweet;

/// Nobody listens there.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";

/// Saves a second.
pub(crate) async fn save(file: &Path, tasks: usize, turn: Duration) -> f64 {
    let pubsub = PubSub::builder()
        .url(AWAY)
        .expect("a URL")
        .store(&format!("sqlite:{}", file.display()))
        .expect("a store")
        .drain(Duration::ZERO)
        .connect()
        .await
        .expect("a store that opens");
    let next = Arc::new(AtomicI64::new(0));
    let start = Instant::now();
    let savers = (0..tasks).map(|_| {
        let (pubsub, next) = (pubsub.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            while start.elapsed() < turn {
                let id = next.fetch_add(1, Ordering::Relaxed);
                Tweet::number(id).save_with(&pubsub).await.expect("a save");
            }
        })
    });
    for saver in savers.collect::<Vec<_>>() {
        saver.await.expect("no panic");
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
    let rate = next.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    pubsub.shutdown().await.expect("a shutdown");
    rate
}
