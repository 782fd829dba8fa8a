//! slixmpp as the other side of a conversation: a child process that a test tells what to do.
//!
//! What it says on the wire is decided by slixmpp; `tests/slixmpp/client.py` only passes commands on.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::within;

const PATIENCE: Duration = Duration::from_secs(20);

/// A slixmpp client that is logged in; it is killed when this is dropped.
#[derive(Debug)]
pub struct Slixmpp {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    events: VecDeque<Value>,
    sent: u64,
}

/// What the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stanza error's condition.
    pub condition: String,
    /// The whole `<error/>`.
    pub source: String,
}

impl Slixmpp {
    /// Logs in as `user` of `localhost`.
    ///
    /// # Panics
    ///
    /// When slixmpp is not installed (`cargo xtask setup` does it) or cannot log in.
    pub async fn login(address: SocketAddr, user: &str, password: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("slixmpp/client.py");
        let jid = format!("{user}@localhost");
        let mut child = Command::new(interpreter())
            .arg(script)
            .args([&address.to_string(), &jid, password])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python starts");
        let commands = child.stdin.take().expect("a piped input");
        let output = child.stdout.take().expect("a piped output");
        let answers = BufReader::new(output).lines();
        let mut client = Self {
            child,
            commands,
            answers,
            events: VecDeque::new(),
            sent: 0,
        };
        let first = client.event().await;
        assert_eq!(first["event"], "online", "{first}");
        client
    }

    /// Has it perform `verb` with `arguments` (an object) and returns what came of it.
    ///
    /// # Errors
    ///
    /// When the server refused.
    ///
    /// # Panics
    ///
    /// When it does not answer in time.
    pub async fn tell(&mut self, verb: &str, arguments: Value) -> Result<Value, Refusal> {
        self.sent += 1;
        let mut command = arguments;
        command["id"] = json!(self.sent);
        command["do"] = json!(verb);
        let line = format!("{command}\n");
        self.commands
            .write_all(line.as_bytes())
            .await
            .expect("a client that listens");
        loop {
            let mut answer = self.line().await;
            if answer["id"] != self.sent {
                self.events.push_back(answer);
                continue;
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return match answer.get("error") {
                Some(error) => Err(Refusal {
                    condition: text(error),
                    source: text(&answer["source"]),
                }),
                None => Ok(answer["ok"].take()),
            };
        }
    }

    /// The next event, in the order of their arrival.
    ///
    /// # Panics
    ///
    /// When none comes in time.
    pub async fn event(&mut self) -> Value {
        match self.events.pop_front() {
            Some(event) => event,
            None => self.line().await,
        }
    }

    /// Ends it and waits for its end.
    pub async fn close(mut self) {
        drop(self.commands);
        drop(tokio::time::timeout(PATIENCE, self.child.wait()).await);
    }

    async fn line(&mut self) -> Value {
        let line = within(PATIENCE, self.answers.next_line()).await;
        let line = line
            .expect("a readable pipe")
            .expect("slixmpp ended before it answered");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }
}

/// The interpreter that `cargo xtask setup` installs slixmpp for.
fn interpreter() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(default, PathBuf::from);
    let program = target.join("python/bin/python");
    assert!(
        program.exists(),
        "slixmpp is not installed; run `cargo xtask setup`"
    );
    program
}
