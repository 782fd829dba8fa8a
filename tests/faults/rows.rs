//! The saver as a child process, and a subscriber that hears its rows.

use std::collections::HashSet;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use pubsub_core::{Event, NodeName, PubSub};
use support::{Peer, within};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// No fault takes longer to show.
const PATIENCE: Duration = Duration::from_mins(2);

/// The saver, to be run inside `wrapper` when that is not empty.
pub fn saver(wrapper: &[&str], arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .args(wrapper)
        .arg(env!("CARGO_BIN_EXE_saver"))
        .args(arguments)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub async fn run(mut command: Command) -> Output {
    let ended = within(PATIENCE, spawn_blocking(move || command.output())).await;
    ended.expect("no panic").expect("the program starts")
}

/// The numbers that the saver said were saved.
pub fn saved(output: &Output) -> HashSet<u64> {
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = words.lines().filter_map(|line| line.strip_prefix("saved "));
    lines
        .filter_map(|line| line.split(' ').nth(1)?.parse().ok())
        .collect()
}

/// Somebody who hears what the saver publishes.
pub struct Hearing {
    heard: watch::Receiver<HashSet<u64>>,
    _pubsub: PubSub,
}

impl Hearing {
    /// Subscribes.
    pub async fn start(peer: &Peer) -> Self {
        let builder = PubSub::builder().without_models().url(&peer.url("bob"));
        let pubsub = builder.expect("a URL").connect().await.expect("a login");
        let node = NodeName::new("/crash/Row").expect("a name");
        let mut events = pubsub.subscribe_node(&node).await.expect("a subscription");
        let (book, heard) = watch::channel(HashSet::new());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if let Event::Published { id, .. } = event.expect("an event") {
                    let number = id.as_str().parse().expect("a number");
                    book.send_if_modified(|heard| heard.insert(number));
                }
            }
        });
        Self {
            heard,
            _pubsub: pubsub,
        }
    }

    /// Waits until all of these were heard.
    pub async fn all(mut self, saved: HashSet<u64>) {
        let all = self.heard.wait_for(|heard| saved.is_subset(heard));
        let outcome = tokio::time::timeout(PATIENCE, all).await.map(drop);
        let heard = self.heard.borrow();
        let missing: Vec<_> = saved.difference(&heard).collect();
        assert!(outcome.is_ok(), "not heard: {missing:?}");
    }
}
