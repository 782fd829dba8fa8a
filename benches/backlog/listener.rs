//! Who hears the changes of a node: a subscriber in a process of its own that looks at the numbers alone.

use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt as _;
use pubsub_core::NodeName;
use pubsub_core::session::{
    Filter, RawEventKind, Session, SessionConfig, SessionEvent, Subscriber,
};
use support::Peer;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// The first argument of a process that is to listen; the URL and the node follow.
pub(crate) const ROLE: &str = "listen";

/// How many events may wait to be looked at.
const BUFFER: usize = 100_000;
/// How often the listener says how far it is.
const REPORT: Duration = Duration::from_millis(5);
/// After so long without anything new the rest is not coming.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process that listens; it ends with this.
pub(crate) struct Listener {
    _process: Child,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    /// Starts one for a node that there is, and waits until it is subscribed.
    pub(crate) async fn start(server: &Peer, node: &NodeName) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut process = Command::new(program)
            .args([ROLE, &server.url("bob"), node.as_str()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let output = process.stdout.take().expect("its output");
        let mut listener = Self {
            _process: process,
            reports: BufReader::new(output).lines(),
        };
        listener.report().await.expect("a subscription");
        listener
    }

    /// How many came, each right after the one before; waits for the last of them as long as there is something new.
    pub(crate) async fn finish(mut self, expected: u64) -> u64 {
        let mut heard = 0;
        while heard < expected
            && let Ok(Some(more)) = timeout(PATIENCE, self.news(heard)).await
        {
            heard = more;
        }
        heard
    }

    /// The next report that says more than that.
    pub(crate) async fn news(&mut self, heard: u64) -> Option<u64> {
        loop {
            match self.report().await? {
                report if report > heard => return Some(report),
                _ => {}
            }
        }
    }

    async fn report(&mut self) -> Option<u64> {
        let line = self.reports.next_line().await.expect("its output")?;
        Some(line.parse().expect("a number"))
    }
}

/// The life of that process: counts changes that come in order, and says so now and then.
pub(crate) async fn listen(url: &str, node: &str) {
    let config: SessionConfig = url.parse().expect("a URL");
    let session = Session::connect(config).await.expect("a login");
    let node = NodeName::new(node).expect("a name");
    let mut events = session.listen(Filter::Nodes(vec![node.clone()]), BUFFER);
    let subscribed = session.subscribe(&node, Subscriber::Session).await;
    subscribed.expect("a subscription");
    let mut heard = 0_u64;
    loop {
        println!("{heard}");
        let pause = sleep(REPORT);
        tokio::pin!(pause);
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = &mut pause => break,
            };
            match event {
                Some(SessionEvent::Node(event)) => {
                    heard += u64::from(sequence(&event.kind) == Some(heard + 1));
                }
                Some(_) => {}
                None => return,
            }
        }
    }
}

fn sequence(event: &RawEventKind) -> Option<u64> {
    let RawEventKind::Published {
        payload: Some(payload),
        ..
    } = event
    else {
        return None;
    };
    let (_, rest) = payload.rsplit_once(" seq=\"")?;
    rest.split_once('"')?.0.parse().ok()
}
