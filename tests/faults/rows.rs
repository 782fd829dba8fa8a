//! The saver as a child process, and a subscriber that hears its rows.

use std::collections::HashSet;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use pubsub_core::{Event, MaxItems, NodeConfig, NodeName, PubSub};
use support::{Peer, within};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// No fault takes longer to show.
const PATIENCE: Duration = Duration::from_mins(1);

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

/// The numbers that the saver said were refused, and why.
pub fn refused(output: &Output) -> Vec<(u64, String)> {
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = words
        .lines()
        .filter_map(|line| line.strip_prefix("refused "));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(number, reason)| (number.parse().expect("a number"), reason.to_owned()))
        .collect()
}

/// Somebody who hears what the saver publishes.
pub struct Hearing {
    heard: watch::Receiver<Heard>,
    _pubsub: PubSub,
}

#[derive(Debug, Default)]
struct Heard {
    numbers: HashSet<u64>,
    /// What the subscription said instead of an event.
    complaints: Vec<String>,
}

impl Hearing {
    /// Subscribes to the node, which is made for the account of the saver first: it would be the subscriber's otherwise, who alone
    /// could publish to it.
    pub async fn start(peer: &Peer) -> Self {
        let node = NodeName::new("/crash/Row").expect("a name");
        let owner = login(peer, "ann").await;
        let config = NodeConfig::new().max_items(MaxItems::Count(100_000));
        let session = owner.session().expect("a session");
        session.ensure(&node, &config).await.expect("a node");
        owner.shutdown().await.expect("a logout");

        let pubsub = login(peer, "bob").await;
        let mut events = pubsub.subscribe_node(&node).await.expect("a subscription");
        let (book, heard) = watch::channel(Heard::default());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                book.send_modify(|heard| match event {
                    Ok(Event::Published { id, .. }) => {
                        heard.numbers.insert(id.as_str().parse().expect("a number"));
                    }
                    Ok(_) => {}
                    Err(error) => heard.complaints.push(error.to_string()),
                });
            }
        });
        Self {
            heard,
            _pubsub: pubsub,
        }
    }

    /// Waits until all of these were heard; all that was.
    pub async fn all(mut self, saved: HashSet<u64>) -> HashSet<u64> {
        let all = self
            .heard
            .wait_for(|heard| saved.is_subset(&heard.numbers) || !heard.complaints.is_empty());
        // Why it ended is seen below.
        drop(tokio::time::timeout(PATIENCE, all).await);
        let heard = self.heard.borrow();
        assert_eq!(heard.complaints, Vec::<String>::new());
        let mut missing: Vec<_> = saved.difference(&heard.numbers).collect();
        missing.sort_unstable();
        let (lacks, of) = (missing.len(), saved.len());
        assert!(missing.is_empty(), "{lacks} of {of} not heard: {missing:?}");
        heard.numbers.clone()
    }
}

async fn login(peer: &Peer, user: &str) -> PubSub {
    let builder = PubSub::builder().without_models().url(&peer.url(user));
    builder.expect("a URL").connect().await.expect("a login")
}
