//! Counters and histograms, by the `metrics` facade. Without the feature every function here is empty.
//!
//! Names: `pubsub_session_publishes_sent_total`, `…_acknowledged_total`, `…_failed_total` (label `transient`),
//! `pubsub_session_reconnects_total`, `pubsub_session_requests_in_flight`, `pubsub_session_publish_seconds`.

#![cfg_attr(
    not(feature = "metrics"),
    allow(
        unused_variables,
        clippy::missing_const_for_fn,
        reason = "the bodies are empty without metrics"
    )
)]

use tokio::time::Instant;

use crate::session::PubSubError;

pub(super) fn sent(items: usize) {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_session_publishes_sent_total")
        .increment(u64::try_from(items).unwrap_or(u64::MAX));
}

pub(super) fn acknowledged(called: Instant) {
    #[cfg(feature = "metrics")]
    {
        metrics::counter!("pubsub_session_publishes_acknowledged_total").increment(1);
        metrics::histogram!("pubsub_session_publish_seconds").record(called.elapsed());
    }
}

pub(super) fn failed(error: &PubSubError) {
    #[cfg(feature = "metrics")]
    {
        let transient = if error.is_transient() {
            "true"
        } else {
            "false"
        };
        metrics::counter!("pubsub_session_publishes_failed_total", "transient" => transient)
            .increment(1);
    }
}

pub(super) fn reconnecting() {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_session_reconnects_total").increment(1);
}

pub(super) fn in_flight(requests: usize) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("pubsub_session_requests_in_flight")
        .set(u32::try_from(requests).unwrap_or(u32::MAX));
}
