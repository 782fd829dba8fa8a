//! A socket and prepared strings: what any client could reach at most.

use std::time::{Duration, Instant};

use support::{Peer, RawClient, peer::PASSWORD};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Tweet;

/// Acknowledged publishes a second.
pub(crate) async fn raw(peer: &Peer, window: usize, turn: Duration) -> f64 {
    let client = RawClient::login(peer.address(), "ann", PASSWORD)
        .await
        .expect("a login");
    let mut stream = client.into_stream();
    stream.set_nodelay(true).expect("a socket");
    let stanzas: Vec<String> = (0..super::ITEMS)
        .map(|number| {
            let publish = Tweet::publish_element(number);
            format!(
                "<iq type='set' id='r{number}' to='{}'>{publish}</iq>",
                peer.pubsub_service()
            )
        })
        .collect();
    let mut stanzas = stanzas.iter().cycle();
    let mut buffer = vec![0; 64 * 1024];
    let (mut sent, mut answered, mut tail) = (0, 0, Vec::new());
    let start = Instant::now();
    while start.elapsed() < turn {
        let batch: String = stanzas
            .by_ref()
            .take(window - (sent - answered))
            .map(String::as_str)
            .collect();
        sent = answered + window;
        stream
            .write_all(batch.as_bytes())
            .await
            .expect("an open connection");
        let read = stream.read(&mut buffer).await.expect("an open connection");
        assert!(read > 0, "{} closed the connection", peer.name());
        answered += count_answers(&mut tail, &buffer[..read]);
    }
    f64::from(u32::try_from(answered).expect("a few million")) / start.elapsed().as_secs_f64()
}

/// Counts the answers that begin in `bytes`, a tag name cut in two included.
fn count_answers(tail: &mut Vec<u8>, bytes: &[u8]) -> usize {
    tail.extend_from_slice(bytes);
    let found = tail.windows(4).filter(|window| window == b"<iq ").count();
    let keep = tail.len().saturating_sub(3);
    tail.drain(..keep);
    found
}
