//! A backlog, seen from the wire: it goes out in batches where the service takes them, and each node's changes in order.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pubsub_core::{PubSub, Publish};
use support::{OurServer, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, Publish)]
#[publish(channels("lot-{lot}"))]
struct Bid {
    #[publish(id)]
    id: u32,
    lot: u32,
}

/// How often something was written to the server.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicUsize,
    items: AtomicUsize,
}

/// Passes bytes on to the server, and counts what the client sends, from the moment the returned sender speaks.
async fn gate(server: SocketAddr) -> (SocketAddr, Arc<Counts>, tokio::sync::oneshot::Sender<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let counts = Arc::new(Counts::default());
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    let seen = Arc::clone(&counts);
    tokio::spawn(async move {
        opened.await.unwrap();
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            tokio::spawn(pass(client, server, Arc::clone(&seen)));
        }
    });
    (address, counts, open)
}

async fn pass(client: TcpStream, server: TcpStream, counts: Arc<Counts>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let mut buffer = vec![0; 64 * 1024];
        // The end of what came before: a word may be cut in two.
        let mut text: Vec<u8> = Vec::new();
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            text.extend_from_slice(&buffer[..read]);
            count(&text, b"<publish ", read, &counts.requests);
            count(&text, b"<item ", read, &counts.items);
            text.drain(..text.len().saturating_sub(8));
            if to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    let down = tokio::io::copy(&mut from_server, &mut to_client);
    let _ = tokio::join!(up, down);
}

/// Counts the words that end within the last `new` bytes.
fn count(text: &[u8], word: &[u8], new: usize, count: &AtomicUsize) {
    let old = text.len() - new;
    let ends = |(start, window): (usize, &[u8])| window == word && start + word.len() > old;
    let found = text
        .windows(word.len())
        .enumerate()
        .filter(|at| ends(*at))
        .count();
    count.fetch_add(found, Ordering::SeqCst);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_goes_out_in_batches_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let peer = OurServer::start().await;
    let reader = PubSub::builder()
        .url(&peer.url("ann"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut bids = reader.subscribe::<Bid>().await.unwrap();

    let (address, counts, open) = gate(peer.address()).await;
    let store = format!("sqlite://{}", directory.path().join("bids.db").display());
    let builder = PubSub::builder().url(&peer.url_at(address, "ann")).unwrap();
    let starting = tokio::spawn(builder.store(&store).unwrap().connect());
    open.send(()).unwrap();
    let pubsub = starting.await.unwrap().unwrap();
    let lots = (0..4000).map(|id| Bid { id, lot: id % 8 });
    let lots: Vec<_> = lots.collect();
    let before = (
        counts.requests.load(Ordering::SeqCst),
        counts.items.load(Ordering::SeqCst),
    );
    drop(within(PATIENCE, pubsub.save_all(&lots)).await.unwrap());
    assert!(pubsub.flush(PATIENCE).await);

    for id in 0..4000 {
        let event = within(PATIENCE, bids.next()).await.unwrap().unwrap();
        assert_eq!(event.into_item().unwrap().id, id);
    }
    let requests = counts.requests.load(Ordering::SeqCst) - before.0;
    let items = counts.items.load(Ordering::SeqCst) - before.1;
    assert_eq!(items, 8000, "each change is sent once");
    assert!(
        requests * 8 <= items,
        "{items} items in {requests} requests"
    );
    println!("{items} items in {requests} requests");
    pubsub.shutdown().await.unwrap();
    reader.shutdown().await.unwrap();
}
