//! The saver's lives: each is begun on the same store, listened to through a pipe, and ended by SIGKILL.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::within;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// The longest that a saver takes until it saves.
const PATIENCE: Duration = Duration::from_mins(1);

/// A `save()` or `delete()` that has returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// `saved`, `updated` or `deleted`.
    pub what: String,
    pub lane: u64,
    pub number: u64,
}

impl Done {
    /// What the log must say of it.
    pub fn action(&self) -> &'static str {
        match &*self.what {
            "saved" => "create",
            "updated" => "update",
            "deleted" => "delete",
            other => panic!("the saver said {other}"),
        }
    }
}

/// When a life ends.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// So long after the start: as a rule before anything was saved.
    Early(Duration),
    /// So long after the first `save()` has returned.
    AtWork(Duration),
}

/// Starts the saver and kills it at its end; what it said until then.
pub async fn live(url: &str, store: &str, first: u64, end: End) -> Vec<Done> {
    let mut child = start(url, store, &first.to_string());
    let pipe = child.stdout.take().expect("the saver's output is a pipe");
    let (work, at_work) = oneshot::channel();
    let listener = spawn_blocking(move || {
        let mut work = Some(work);
        let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
        let mut done = Vec::new();
        for one in lines.filter_map(|line| parse(&String::from_utf8_lossy(&line))) {
            done.push(one);
            if let Some(work) = work.take() {
                // Nobody may be waiting for it.
                let _ = work.send(());
            }
        }
        done
    });
    match end {
        End::Early(after) => sleep(after).await,
        End::AtWork(after) => {
            let at_work = within(PATIENCE, at_work).await;
            at_work.expect("the saver saves");
            sleep(after).await;
        }
    }
    let ended = child.try_wait().expect("the state of an own child");
    assert_eq!(ended, None, "the saver ended by itself");
    child.kill().expect("the saver can be killed");
    child.wait().expect("the saver is gone");
    listener.await.expect("the listener does not panic")
}

/// Has everything delivered that is still in the store.
pub async fn drain(url: &str, store: &str) {
    let mut child = start(url, store, "drain");
    let status = spawn_blocking(move || child.wait()).await;
    let status = status
        .expect("no panic")
        .expect("the state of an own child");
    assert!(
        status.success(),
        "the saver could not deliver the rest: {status}"
    );
}

fn start(url: &str, store: &str, task: &str) -> Child {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_saver")])
        .args([url, store, task])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the saver starts")
}

fn parse(line: &str) -> Option<Done> {
    let mut words = line.split(' ');
    Some(Done {
        what: words.next()?.to_owned(),
        lane: words.next()?.parse().ok()?,
        number: words.next()?.parse().ok()?,
    })
}
