//! How the server is: `/healthz` for who decides whether to send it clients, `/metrics` for who draws curves (the text format of Prometheus). Says nothing
//! of anybody in particular.

use std::fmt::Write as _;

use crate::statistics::Statistics;

pub(super) const HEALTH_PATH: &str = "/healthz";
pub(super) const METRICS_PATH: &str = "/metrics";

/// The type of the text.
pub(super) const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics, as text.
pub(super) fn write(now: &Statistics) -> String {
    let mut out = String::new();
    head(&mut out, "clients", "gauge", "Clients that are connected.");
    for (transport, count) in [
        ("tcp", now.tcp),
        ("websocket", now.websocket),
        ("bosh", now.bosh),
    ] {
        let _ = writeln!(
            out,
            "pubsub_server_clients{{transport=\"{transport}\"}} {count}"
        );
    }
    for (name, value, about) in [
        ("nodes", now.nodes, "Nodes."),
        (
            "subscriptions",
            now.subscriptions,
            "Subscriptions to nodes.",
        ),
        (
            "awaited",
            now.awaited,
            "Nodes that do not exist and are awaited.",
        ),
        ("items", now.items, "Items that are kept."),
        (
            "stored_bytes",
            now.stored_bytes,
            "Bytes of items that are kept.",
        ),
        (
            "waiting_bytes",
            now.waiting_bytes,
            "Bytes of changes that wait to be stored.",
        ),
    ] {
        head(&mut out, name, "gauge", about);
        let _ = writeln!(out, "pubsub_server_{name} {value}");
    }
    for (name, value, about) in [
        (
            "published_total",
            now.published,
            "Items that were published.",
        ),
        (
            "delivered_total",
            now.delivered,
            "Notifications that were handed to clients.",
        ),
        ("logins_total", now.logins, "Logins."),
        (
            "refused_logins_total",
            now.refused_logins,
            "Attempts to log in that were refused.",
        ),
        (
            "slow_readers_total",
            now.slow_readers,
            "Clients that were cut off because they did not read.",
        ),
    ] {
        head(&mut out, name, "counter", about);
        let _ = writeln!(out, "pubsub_server_{name} {value}");
    }
    let about = "Stanzas that clients have sent (in) and were sent (out).";
    head(&mut out, "stanzas_total", "counter", about);
    for (direction, count) in [("in", now.stanzas_in), ("out", now.stanzas_out)] {
        let _ = writeln!(
            out,
            "pubsub_server_stanzas_total{{direction=\"{direction}\"}} {count}"
        );
    }
    let about = "How long it took to store a group of changes.";
    head(&mut out, "commit_seconds", "histogram", about);
    let mut groups = 0;
    for (bound, count) in Statistics::GROUP_BOUNDS.iter().zip(now.group_times) {
        groups += count;
        let (seconds, micros) = (bound / 1_000_000, bound % 1_000_000);
        let bound = format!("{seconds}.{micros:06}");
        let bound = bound.trim_end_matches('0').trim_end_matches('.');
        let _ = writeln!(
            out,
            "pubsub_server_commit_seconds_bucket{{le=\"{bound}\"}} {groups}"
        );
    }
    let _ = writeln!(
        out,
        "pubsub_server_commit_seconds_bucket{{le=\"+Inf\"}} {}",
        now.groups
    );
    let (seconds, micros) = (now.group_micros / 1_000_000, now.group_micros % 1_000_000);
    let _ = writeln!(
        out,
        "pubsub_server_commit_seconds_sum {seconds}.{micros:06}"
    );
    let _ = writeln!(out, "pubsub_server_commit_seconds_count {}", now.groups);
    out
}

fn head(out: &mut String, name: &str, kind: &str, about: &str) {
    let _ = writeln!(out, "# HELP pubsub_server_{name} {about}");
    let _ = writeln!(out, "# TYPE pubsub_server_{name} {kind}");
}
