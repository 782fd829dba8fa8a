//! What a gateway counts of itself.
//!
//! Counters that anything may raise at any time. Knows transports and kinds of channels, and no names of channels: there may be any number of
//! those, and some of them are nobody's business.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::frame::Transport;

#[derive(Debug, Default)]
pub(crate) struct Measure {
    messages: [AtomicU64; Kind::ALL.len()],
    deliveries: [AtomicU64; Transport::ALL.len()],
    bytes: [AtomicU64; Transport::ALL.len()],
    clients: [AtomicI64; Transport::ALL.len()],
    slow: AtomicU64,
    resets: AtomicU64,
    refusals: [AtomicU64; 2],
    published: AtomicU64,
    publishing_micros: AtomicU64,
    publishing: [AtomicU64; BOUNDS.len() + 1],
}

/// How long publishing may take to be counted in which group: microseconds, and seconds as `/metrics` has them.
const BOUNDS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
];

/// What kind of channel one is; there are few, whatever channels are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The node of a model.
    Model,
    /// Private by its name.
    Private,
    Wildcard,
    Events,
    Other,
}

impl Kind {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Model, "model"),
        (Self::Private, "private"),
        (Self::Wildcard, "wildcard"),
        (Self::Events, "events"),
        (Self::Other, "other"),
    ];
}

/// What was counted, by name: what it is, and its values by their labels.
pub(crate) struct Counted {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) is_gauge: bool,
    pub(crate) values: Vec<(String, u64)>,
}

impl Measure {
    pub(crate) fn message(&self, kind: Kind) {
        raise(self.messages.get(kind as usize), 1);
    }

    /// So many messages were handed to the sockets of clients, in so many bytes.
    pub(crate) fn delivered(&self, transport: Transport, messages: u64, bytes: u64) {
        raise(self.deliveries.get(transport as usize), messages);
        raise(self.bytes.get(transport as usize), bytes);
    }

    pub(crate) fn came(&self, transport: Transport) {
        self.change(transport, 1);
    }

    pub(crate) fn went(&self, transport: Transport) {
        self.change(transport, -1);
    }

    pub(crate) fn slow(&self) {
        raise(Some(&self.slow), 1);
    }

    pub(crate) fn reset(&self) {
        raise(Some(&self.resets), 1);
    }

    pub(crate) fn refused(&self, status: StatusCode) {
        raise(self.refusals.get(usize::from(status.is_server_error())), 1);
    }

    /// A message that was published here has come back from the service.
    pub(crate) fn published(&self, after: Duration) {
        raise(Some(&self.published), 1);
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        raise(Some(&self.publishing_micros), micros);
        let group = BOUNDS.iter().position(|(bound, _)| micros <= *bound);
        raise(self.publishing.get(group.unwrap_or(BOUNDS.len())), 1);
    }

    fn change(&self, transport: Transport, by: i64) {
        if let Some(clients) = self.clients.get(transport as usize) {
            clients.fetch_add(by, Ordering::Relaxed);
        }
    }

    pub(crate) fn counted(&self) -> Vec<Counted> {
        let by_kind = |values: &[AtomicU64]| labelled("kind", &Kind::ALL, values);
        let by_transport = |values: &[AtomicU64]| labelled("transport", &Transport::ALL, values);
        let clients = Transport::ALL
            .iter()
            .zip(&self.clients)
            .map(|((_, name), value)| {
                let value = value.load(Ordering::Relaxed).max(0);
                (format!("{{transport=\"{name}\"}}"), value.unsigned_abs())
            });
        let [client, server] = &self.refusals;
        let refusals = [("client", client), ("server", server)];
        let refusals = refusals.map(|(name, value)| {
            (
                format!("{{fault=\"{name}\"}}"),
                value.load(Ordering::Relaxed),
            )
        });
        let one = |value: &AtomicU64| vec![(String::new(), value.load(Ordering::Relaxed))];
        let counter = |name, help, values| Counted {
            name,
            help,
            is_gauge: false,
            values,
        };
        vec![
            counter(
                "messages_total",
                "Messages that came from the service.",
                by_kind(&self.messages),
            ),
            counter(
                "deliveries_total",
                "Messages written to clients.",
                by_transport(&self.deliveries),
            ),
            counter(
                "delivered_bytes_total",
                "Bytes written to clients.",
                by_transport(&self.bytes),
            ),
            Counted {
                name: "clients",
                help: "Clients that are connected.",
                is_gauge: true,
                values: clients.collect(),
            },
            counter(
                "slow_clients_total",
                "Clients cut off because they read too slowly.",
                one(&self.slow),
            ),
            counter(
                "resets_total",
                "Times that messages of a channel were lost between the service and here.",
                one(&self.resets),
            ),
            counter(
                "refusals_total",
                "Requests that were refused, by whose fault it was.",
                refusals.into(),
            ),
            counter(
                "published_total",
                "Messages published here.",
                one(&self.published),
            ),
            counter(
                "publishing_microseconds_total",
                "Time until messages published here had come back from the service.",
                one(&self.publishing_micros),
            ),
            counter(
                "publishing_seconds_bucket",
                "Messages published here that had come back from the service within so many seconds.",
                self.within(),
            ),
        ]
    }
}

impl Measure {
    /// How many messages had come back within each bound.
    fn within(&self) -> Vec<(String, u64)> {
        let bounds = BOUNDS.iter().map(|(_, seconds)| *seconds).chain(["+Inf"]);
        let mut sum = 0;
        let within = bounds.zip(&self.publishing).map(|(bound, group)| {
            sum += group.load(Ordering::Relaxed);
            (format!("{{le=\"{bound}\"}}"), sum)
        });
        within.collect()
    }
}

fn raise(counter: Option<&AtomicU64>, by: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(by, Ordering::Relaxed);
    }
}

fn labelled<K>(
    label: &str,
    names: &[(K, &'static str)],
    values: &[AtomicU64],
) -> Vec<(String, u64)> {
    let values = names.iter().zip(values);
    values
        .map(|((_, name), value)| {
            (
                format!("{{{label}=\"{name}\"}}"),
                value.load(Ordering::Relaxed),
            )
        })
        .collect()
}
