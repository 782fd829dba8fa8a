//! Counters and gauges, by the `metrics` facade. Without the feature every function here is empty.
//!
//! Names: `pubsub_relay_delivered_total`, `pubsub_relay_parked_total`, `pubsub_relay_deferred_total` (attempts that may work later),
//! `pubsub_relay_rewound_total` (lanes told again to a service that forgot), `pubsub_relay_under_way`, `pubsub_outbox_waiting`,
//! `pubsub_outbox_parked`, `pubsub_outbox_oldest_seconds`. Those of the outbox are of the whole store and looked up while
//! the relay has something to do, every [`EVERY`].

#![cfg_attr(
    not(feature = "metrics"),
    allow(
        unused_variables,
        clippy::missing_const_for_fn,
        reason = "the bodies are empty without metrics"
    )
)]

use std::time::Duration;

use crate::store::Depth;

/// How often the depth of the outbox is looked up.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// Whether anybody counts at all.
pub(super) const IS_ON: bool = cfg!(feature = "metrics");

pub(super) fn delivered(entries: u64) {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_relay_delivered_total").increment(entries);
}

pub(super) fn parked() {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_relay_parked_total").increment(1);
}

pub(super) fn deferred() {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_relay_deferred_total").increment(1);
}

pub(super) fn rewound() {
    #[cfg(feature = "metrics")]
    metrics::counter!("pubsub_relay_rewound_total").increment(1);
}

pub(super) fn under_way(entries: usize) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("pubsub_relay_under_way").set(u32::try_from(entries).unwrap_or(u32::MAX));
}

pub(super) fn depth(depth: &Depth) {
    #[cfg(feature = "metrics")]
    {
        let count = |entries: u64| u32::try_from(entries).unwrap_or(u32::MAX);
        metrics::gauge!("pubsub_outbox_waiting").set(count(depth.waiting));
        metrics::gauge!("pubsub_outbox_parked").set(count(depth.parked));
        metrics::gauge!("pubsub_outbox_oldest_seconds")
            .set(depth.oldest.unwrap_or_default().as_secs_f64());
    }
}
