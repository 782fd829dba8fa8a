//! slixmpp as the other side of a conversation: a child process that a test tells what to do.
//!
//! What it says on the wire is decided by slixmpp; `tests/slixmpp/client.py` only passes commands on.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::Dialogue;
use crate::program::target;

/// A slixmpp client that is logged in; it is killed when this is dropped.
#[derive(Debug)]
pub struct Slixmpp {
    dialogue: Dialogue,
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
        Self::start(
            "client.py",
            address,
            &format!("{user}@localhost"),
            password,
            &[],
        )
        .await
    }

    /// Logs in with TLS, of the kind `starttls` or `direct`, to a server whose certificate is of that authority.
    ///
    /// # Panics
    ///
    /// As [`login`](Self::login).
    pub async fn login_over_tls(
        address: SocketAddr,
        user: &str,
        password: &str,
        kind: &str,
        authority: &Path,
    ) -> Self {
        let authority = authority.to_string_lossy();
        let settings = [("CLIENT_TLS", kind), ("CLIENT_AUTHORITY", &authority)];
        Self::start(
            "client.py",
            address,
            &format!("{user}@localhost"),
            password,
            &settings,
        )
        .await
    }

    /// Logs in with a full JID, as somebody who talks to others (`tests/slixmpp/person.py`).
    ///
    /// # Panics
    ///
    /// As [`login`](Self::login).
    pub async fn person(address: SocketAddr, jid: &str, password: &str) -> Self {
        Self::start("person.py", address, jid, password, &[]).await
    }

    /// Speaks for a domain, as a component (`tests/slixmpp/component.py`).
    ///
    /// # Panics
    ///
    /// As [`login`](Self::login).
    pub async fn component(address: SocketAddr, domain: &str, secret: &str) -> Self {
        Self::start("component.py", address, domain, secret, &[]).await
    }

    /// Tries to, and returns what came of it first.
    ///
    /// # Panics
    ///
    /// When nothing comes of it in time.
    pub async fn refused_component(address: SocketAddr, domain: &str, secret: &str) -> Value {
        Self::spawn("component.py", address, domain, secret, &[])
            .event()
            .await
    }

    async fn start(
        script: &str,
        address: SocketAddr,
        jid: &str,
        password: &str,
        settings: &[(&str, &str)],
    ) -> Self {
        let mut client = Self::spawn(script, address, jid, password, settings);
        let first = client.event().await;
        assert_eq!(first["event"], "online", "{first}");
        client
    }

    fn spawn(
        script: &str,
        address: SocketAddr,
        jid: &str,
        password: &str,
        settings: &[(&str, &str)],
    ) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("slixmpp")
            .join(script);
        let mut command = Command::new(interpreter());
        command.envs(settings.iter().copied()).arg(script).args([
            &address.to_string(),
            jid,
            password,
        ]);
        Self {
            dialogue: Dialogue::start(command),
            events: VecDeque::new(),
            sent: 0,
        }
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
        self.dialogue.say(&command.to_string()).await;
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

    /// Whether no event has come that was not looked at; every earlier command has been answered.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.events.is_empty()
    }

    async fn line(&mut self) -> Value {
        let line = self
            .dialogue
            .hear()
            .await
            .expect("slixmpp ended before it answered");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }
}

/// The interpreter that `cargo xtask setup` installs slixmpp for.
fn interpreter() -> PathBuf {
    let program = target().join("python/bin/python");
    assert!(
        program.exists(),
        "slixmpp is not installed; run `cargo xtask setup`"
    );
    program
}
