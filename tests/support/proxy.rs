//! A network that can fail: a TCP proxy on the loopback interface whose connections can be cut, stalled
//! and refused, and which counts what passes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What the network does with bytes and new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Passes everything on.
    Up,
    /// Keeps connections open and holds every byte back: the peer seems to be there and never answers.
    Stalled,
    /// Passes on what the client sends and holds the answers back: an acknowledgement is lost.
    AnswersStalled,
    /// Closes new connections at once.
    Refusing,
}

/// A proxy before one server; stops when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    link: Link,
    /// Connections older than the current generation are cut.
    generation: usize,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    logins: AtomicUsize,
}

impl Proxy {
    /// Opens a proxy before `target`, on a port of its own.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let (state, watched) = watch::channel(State {
            link: Link::Up,
            generation: 0,
        });
        let counts = Arc::new(Counts::default());
        let task = tokio::spawn(accept(listener, target, watched, Arc::clone(&counts)));
        Self {
            address,
            state,
            counts,
            task,
        }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens to bytes and new connections from now on.
    pub fn set(&self, link: Link) {
        self.state.send_modify(|state| state.link = link);
    }

    /// Closes every connection that is open; new ones are treated as the link says.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// How many connections clients have opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many SASL logins clients have begun; those inside TLS cannot be seen.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.counts.logins.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    state: watch::Receiver<State>,
    counts: Arc<Counts>,
) {
    let mut open = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        counts.connections.fetch_add(1, Ordering::SeqCst);
        let refused = state.borrow().link == Link::Refusing;
        if !refused {
            open.spawn(serve(client, target, state.clone(), Arc::clone(&counts)));
        }
        while open.try_join_next().is_some() {}
    }
}

async fn serve(
    client: TcpStream,
    target: SocketAddr,
    mut state: watch::Receiver<State>,
    counts: Arc<Counts>,
) {
    let born = state.borrow().generation;
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    drop((client.set_nodelay(true), server.set_nodelay(true)));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let upward = pass(
        from_client,
        to_server,
        state.clone(),
        up_is_open,
        Some(counts),
    );
    let downward = pass(from_server, to_client, state.clone(), down_is_open, None);
    tokio::select! {
        _ = state.wait_for(|state| state.generation != born) => {}
        () = async { tokio::join!(upward, downward); } => {}
    }
}

fn up_is_open(state: &State) -> bool {
    matches!(state.link, Link::Up | Link::AnswersStalled | Link::Refusing)
}

fn down_is_open(state: &State) -> bool {
    matches!(state.link, Link::Up | Link::Refusing)
}

/// Copies one direction until it ends, waiting whenever the link is closed for it.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    is_open: fn(&State) -> bool,
    counts: Option<Arc<Counts>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut search = Search::default();
    while let Ok(read) = from.read(&mut buffer).await {
        if state.wait_for(is_open).await.is_err() || read == 0 {
            break;
        }
        if let Some(counts) = &counts {
            counts
                .logins
                .fetch_add(search.count(&buffer[..read]), Ordering::SeqCst);
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    drop(to.shutdown().await);
}

/// Counts SASL's opening element in a byte stream that arrives in pieces.
#[derive(Default)]
struct Search {
    matched: usize,
}

impl Search {
    const NEEDLE: &[u8] = b"<auth ";

    fn count(&mut self, bytes: &[u8]) -> usize {
        let mut found = 0;
        for byte in bytes {
            if *byte == Self::NEEDLE[self.matched] {
                self.matched += 1;
            } else {
                self.matched = usize::from(*byte == Self::NEEDLE[0]);
            }
            if self.matched == Self::NEEDLE.len() {
                found += 1;
                self.matched = 0;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Search;

    #[test]
    fn a_login_is_counted_though_it_arrives_in_pieces() {
        let mut search = Search::default();
        let pieces: [&[u8]; 4] = [
            b"<au",
            b"th mechanism='PLAIN'><<auth",
            b" x",
            b"<authority ",
        ];
        let found: usize = pieces.iter().map(|piece| search.count(piece)).sum();
        assert_eq!(found, 2);
    }
}
