//! `tokio_xmpp::Client` as its documentation shows it, with requests sent through `send_iq`.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use minidom::Element;
use support::{Peer, peer::PASSWORD};
use tokio_xmpp::connect::DnsConfig;
use tokio_xmpp::jid::Jid;
use tokio_xmpp::xmlstream::Timeouts;
use tokio_xmpp::{Client, Event, IqRequest, IqResponse};

use super::Tweet;

/// Acknowledged publishes a second. Does not end when the client stalls, as it often does.
pub(crate) async fn tokio_xmpp(peer: &Peer, window: usize, turn: Duration) -> f64 {
    let mut client = Client::new_plaintext(
        Jid::from_str("ann@localhost").expect("an address"),
        PASSWORD,
        DnsConfig::addr(&peer.address().to_string()),
        Timeouts::default(),
    );
    while !matches!(client.next().await.expect("an event"), Event::Online { .. }) {}
    let service = Jid::from_str(peer.pubsub_service()).expect("an address");
    let (sender, mut receiver) = client.split();
    let events = tokio::spawn(async move { while receiver.next().await.is_some() {} });
    let mut requests = FuturesUnordered::new();
    let (mut next, mut answered) = (0, 0_u32);
    let start = Instant::now();
    while start.elapsed() < turn {
        while requests.len() < window {
            let element: Element = Tweet::publish_element(next).parse().expect("an element");
            next += 1;
            requests.push(
                sender
                    .send_iq(Some(service.clone()), IqRequest::Set(element))
                    .await,
            );
        }
        match requests.next().await.expect("a request under way") {
            Ok(IqResponse::Result(_)) => answered += 1,
            other => panic!("{}: {other:?}", peer.name()),
        }
    }
    let rate = f64::from(answered) / start.elapsed().as_secs_f64();
    events.abort();
    rate
}
