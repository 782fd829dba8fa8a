//! `tokio_xmpp::Client` as its documentation shows it, with requests sent through `send_iq`.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use minidom::Element;
use support::{Peer, peer::PASSWORD};
use tokio_xmpp::connect::DnsConfig;
use tokio_xmpp::jid::Jid;
use tokio_xmpp::xmlstream::Timeouts;
use tokio_xmpp::{Client, Event, IqRequest, IqResponse};

use super::Tweet;

/// How long no answer may come before the run counts as stalled.
const PATIENCE: Duration = Duration::from_secs(5);

/// Acknowledged publishes a second; 0 when the client stalls.
pub(crate) async fn tokio_xmpp(peer: &Peer, window: usize, turn: Duration) -> f64 {
    let mut client = Client::new_plaintext(
        Jid::from_str("ann@localhost").expect("an address"),
        PASSWORD,
        DnsConfig::addr(&peer.address().to_string()),
        Timeouts::default(),
    );
    while !matches!(client.next().await.expect("an event"), Event::Online { .. }) {}
    let service = Jid::from_str(peer.pubsub_service()).expect("an address");
    let mut requests = FuturesUnordered::new();
    let (mut next, mut answered) = (0, 0_u32);
    let start = Instant::now();
    while start.elapsed() < turn {
        while requests.len() < window {
            let element: Element = Tweet::publish_element(next).parse().expect("an element");
            next += 1;
            let token = client
                .send_iq(Some(service.clone()), IqRequest::Set(element))
                .await;
            requests.push(token);
        }
        tokio::select! {
            answer = requests.next() => match answer.expect("a request under way") {
                Ok(IqResponse::Result(_)) => answered += 1,
                other => panic!("{}: {other:?}", peer.name()),
            },
            _ = client.next() => {}
            () = tokio::time::sleep(PATIENCE) => return 0.0,
        }
        while let Some(Some(Ok(_))) = requests.next().now_or_never() {
            answered += 1;
        }
    }
    f64::from(answered) / start.elapsed().as_secs_f64()
}
