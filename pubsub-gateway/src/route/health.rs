//! How the gateway is: `/healthz` for who decides whether to send it requests, `/metrics` for who draws curves.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::answer::{refused, with_body};
use super::refusal::Refusal;
use super::request::Asked;
use crate::access::Intent;
use crate::inner::Inner;
use crate::measure::{Counted, Kind};

const JSON: &str = "application/json";
/// The text form of Prometheus.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether requests are welcome: while the service is reachable and the gateway does not end.
pub(crate) fn health(inner: &Inner, asked: &Asked<'_>) -> Response<Bytes> {
    if asked.parts.method != Method::GET {
        return refused(&Refusal::method("GET"));
    }
    let is_online = inner.is_online();
    let (status, word) = match (is_online, inner.is_draining()) {
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "offline"),
        (true, false) => (StatusCode::OK, "ok"),
    };
    let body = format!("{{\"status\": \"{word}\", \"service\": {is_online}}}\r\n");
    with_body(status, JSON, body.into())
}

/// What was counted.
pub(crate) async fn metrics(inner: &Arc<Inner>, asked: &Asked<'_>) -> Response<Bytes> {
    if asked.parts.method != Method::GET {
        return refused(&Refusal::method("GET"));
    }
    match inner.may(Intent::Inspect, &[], asked).await {
        Ok(_) => with_body(StatusCode::OK, EXPOSITION, exposition(inner).into()),
        Err(denied) => refused(&denied.into()),
    }
}

fn exposition(inner: &Inner) -> String {
    let mut counted = inner.hub().measure().counted();
    counted.extend(by_kind(inner));
    counted.push(Counted {
        name: "upstream_online",
        help: "Whether the service is reachable.",
        is_gauge: true,
        values: vec![(String::new(), u64::from(inner.is_online()))],
    });
    let mut out = String::new();
    for Counted {
        name,
        help,
        is_gauge,
        values,
    } in counted
    {
        let kind = if is_gauge { "gauge" } else { "counter" };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "# HELP pubsub_gateway_{name} {help}\n# TYPE pubsub_gateway_{name} {kind}\n"
        );
        for (labels, value) in values {
            let _ = writeln!(out, "pubsub_gateway_{name}{labels} {value}");
        }
    }
    out
}

/// What there is now.
fn by_kind(inner: &Inner) -> [Counted; 3] {
    let mut sums = [[0_u64; 3]; Kind::ALL.len()];
    for channel in inner.hub().all() {
        let kind = channel.kind();
        if let Some([channels, subscribers, stored]) = sums.get_mut(kind as usize) {
            *channels += 1;
            *subscribers += channel.subscribers() as u64;
            *stored += channel.counts().stored as u64;
        }
    }
    let of = |index: usize| {
        let values = Kind::ALL.iter().zip(&sums);
        let values = values.map(|((_, name), sums)| {
            (
                format!("{{kind=\"{name}\"}}"),
                sums.get(index).copied().unwrap_or_default(),
            )
        });
        values.collect::<Vec<_>>()
    };
    let gauge = |name, help, values| Counted {
        name,
        help,
        is_gauge: true,
        values,
    };
    [
        gauge("channels", "Channels that are open.", of(0)),
        gauge(
            "subscribers",
            "Subscribers of channels; who is subscribed to several counts for each.",
            of(1),
        ),
        gauge(
            "stored_messages",
            "Messages kept for those who come later.",
            of(2),
        ),
    ]
}
