//! A conversation with a child process over its standard input and output, line by line.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::within;

const PATIENCE: Duration = Duration::from_secs(20);

/// A program that is spoken to; it is killed when this is dropped.
#[derive(Debug)]
pub struct Dialogue {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    heard: Vec<String>,
}

impl Dialogue {
    /// Starts `command`; what it says on its standard error goes to the test's.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    #[must_use]
    pub fn start(command: std::process::Command) -> Self {
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let input = child.stdin.take();
        let output = child.stdout.take().expect("a piped output");
        Self {
            child,
            input,
            output: BufReader::new(output).lines(),
            heard: Vec::new(),
        }
    }

    /// Types `line`.
    ///
    /// # Panics
    ///
    /// When the program no longer listens.
    pub async fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("an input that is not closed");
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .expect("a program that listens");
    }

    /// Ends the input, as Ctrl-D does.
    pub fn say_no_more(&mut self) {
        self.input = None;
    }

    /// The next line that it prints; `None` when it has closed its output.
    ///
    /// # Panics
    ///
    /// When none comes in time.
    pub async fn hear(&mut self) -> Option<String> {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let line = line
            .unwrap_or_else(|_| panic!("no line came within {PATIENCE:?} after {:#?}", self.heard));
        let line = line.expect("a readable pipe");
        self.heard.extend(line.clone());
        line
    }

    /// The next line for which `is_it`; others are passed over.
    ///
    /// # Panics
    ///
    /// When it does not come in time, or the program ends first.
    pub async fn hear_until(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            match self.hear().await {
                Some(line) if is_it(&line) => return line,
                Some(_) => {}
                None => panic!("it ended after {:#?}", self.heard),
            }
        }
    }

    /// Everything that it still prints, and how it ends.
    ///
    /// # Panics
    ///
    /// When it does not end in time.
    pub async fn end(mut self) -> (Vec<String>, ExitStatus) {
        self.say_no_more();
        let mut rest = Vec::new();
        while let Some(line) = self.hear().await {
            rest.push(line);
        }
        let status = within(PATIENCE, self.child.wait())
            .await
            .expect("the state of an own child");
        (rest, status)
    }

    /// Tells it to end, as a service is told (SIGTERM).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn terminate(&self) {
        let id = self.id().expect("the program runs").to_string();
        let told = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(told.is_ok_and(|status| status.success()), "no program {id}");
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }
}
