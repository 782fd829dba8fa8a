//! One entry of the outbox as it is printed: a line for people, or an object for programs.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use pubsub_core::store::{Entry, EntryKind, Parked, Waiting};
use serde::Serialize;

use crate::Failure;

/// One entry.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    id: u64,
    state: &'static str,
    node: &'a str,
    seq: u64,
    /// What becomes of the item.
    kind: &'static str,
    item: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    age_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(super) fn waiting(waiting: &'a Waiting) -> Self {
        Self::of(waiting.id, "waiting", &waiting.entry, waiting.since, None)
    }

    pub(super) fn parked(parked: &'a Parked) -> Self {
        let reason = Some(parked.reason.as_str());
        Self::of(parked.id, "parked", &parked.entry, parked.since, reason)
    }

    fn of(
        id: u64,
        state: &'static str,
        entry: &'a Entry,
        since: SystemTime,
        reason: Option<&'a str>,
    ) -> Self {
        let age = since.elapsed().unwrap_or_default();
        Self {
            id,
            state,
            node: entry.node.as_str(),
            seq: entry.sequence,
            kind: match entry.kind {
                EntryKind::Put | EntryKind::Raw => "publish",
                EntryKind::Retract { .. } => "retract",
            },
            item: entry.item.as_str(),
            action: entry.action.map(pubsub_core::Action::as_str),
            model: entry.model.as_deref(),
            origin: entry.origin.as_deref(),
            age_seconds: age.as_secs_f64(),
            reason,
        }
    }

    /// Prints entries, a line each.
    pub(super) fn print_all(
        lines: impl IntoIterator<Item = Self>,
        json: bool,
    ) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        for line in lines {
            if json {
                serde_json::to_writer(&mut out, &line)?;
            } else {
                let Self {
                    id,
                    state,
                    node,
                    seq,
                    item,
                    ..
                } = line;
                let what = line.action.unwrap_or(line.kind);
                let age = duration(Duration::from_secs_f64(line.age_seconds));
                write!(out, "{id} {state} {node} {seq} {what} {item} {age}")?;
                if let Some(reason) = line.reason {
                    // One line an entry, whatever is in it.
                    write!(out, " {}", reason.replace(['\n', '\r'], " "))?;
                }
            }
            writeln!(out)?;
        }
        Ok(out.flush()?)
    }
}

/// A time as people say it.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{}ms", duration.as_millis()),
        seconds @ 1..=119 => format!("{seconds}s"),
        seconds @ 120..=7199 => format!("{}m", seconds / 60),
        seconds @ 7200..=172_799 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::duration;

    #[test]
    fn times_are_short_whatever_their_length() {
        for (millis, expect) in [
            (0, "0ms"),
            (999, "999ms"),
            (1000, "1s"),
            (119_999, "119s"),
            (120_000, "2m"),
            (7_200_000, "2h"),
            (172_800_000, "2d"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expect);
        }
    }
}
