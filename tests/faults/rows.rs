//! The saver as a child process, and a subscriber that hears its rows.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use pubsub_core::{Event, MaxItems, NodeConfig, NodeName, PubSub};
use support::{Peer, within};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

/// No fault takes longer to show.
const PATIENCE: Duration = Duration::from_mins(1);

/// The saver, to be run inside `wrapper` when that is not empty.
pub fn saver(wrapper: &[&str], arguments: &[&str]) -> Command {
    // Next to the saver: what a wrapper does to the rights of its process would undo it.
    let guarded = ["setpriv", "--pdeathsig", "KILL", "--"];
    let mut words = wrapper
        .iter()
        .copied()
        .chain(guarded)
        .chain([env!("CARGO_BIN_EXE_saver")]);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(arguments).stdin(Stdio::null());
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
    words.lines().filter_map(saved_number).collect()
}

fn saved_number(line: &str) -> Option<u64> {
    line.strip_prefix("saved ")?.split(' ').nth(1)?.parse().ok()
}

/// A saver that goes on until it is killed.
pub struct Running {
    child: Child,
    saved: watch::Receiver<HashSet<u64>>,
    listener: JoinHandle<()>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the saver starts");
        let pipe = child.stdout.take().expect("its output is a pipe");
        let (book, saved) = watch::channel(HashSet::new());
        let listener = spawn_blocking(move || {
            for line in BufReader::new(pipe).lines() {
                let number = saved_number(&line.expect("its output"));
                book.send_modify(|saved| saved.extend(number));
            }
        });
        Self {
            child,
            saved,
            listener,
        }
    }

    /// Waits until it has saved so many more; all that it has saved by then.
    pub async fn saves(&mut self, more: usize) -> HashSet<u64> {
        let enough = self.saved.borrow().len() + more;
        let all = self.saved.wait_for(|saved| saved.len() >= enough);
        let saved = within(PATIENCE, all).await;
        saved.expect("it goes on").clone()
    }

    /// Kills it; all that it has saved.
    pub async fn kill(mut self) -> HashSet<u64> {
        self.child.kill().expect("the saver can be killed");
        self.child.wait().expect("the state of an own child");
        self.listener.await.expect("no panic");
        self.saved.borrow().clone()
    }
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
    pub async fn all(&mut self, saved: HashSet<u64>) -> HashSet<u64> {
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
