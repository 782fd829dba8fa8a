//! A child process that never outlives its test, and whose output is shown when the test fails.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running program; dropping it kills it.
#[derive(Debug)]
pub struct ChildProcess {
    child: Child,
    log: PathBuf,
}

impl ChildProcess {
    /// Starts `command` with its output going to the file `log`.
    ///
    /// The system kills the child as well when the thread that called this ends, however it ends: a
    /// test that is itself killed leaves no server behind.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    #[must_use]
    pub fn start(command: &Command, log: &Path) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a writable log file");
        let errors = output.try_clone().expect("a second handle of the log file");
        let mut guarded = Command::new("setpriv");
        guarded
            .args(["--pdeathsig", "KILL", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guarded.env(name, value),
                None => guarded.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            guarded.current_dir(directory);
        }
        guarded.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = guarded
            .spawn()
            .expect("setpriv of util-linux starts the program");
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the program ended, if it has.
    ///
    /// # Panics
    ///
    /// When the system refuses to tell.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of an own child")
    }

    /// Kills the program at once (SIGKILL) and waits for its end.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// What the program has said so far.
    #[must_use]
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let output = self.output();
            let lines: Vec<&str> = output.lines().collect();
            let last = lines.iter().skip(lines.len().saturating_sub(40));
            eprintln!("--- the last that {} says:", self.log.display());
            last.for_each(|line| eprintln!("{line}"));
        }
    }
}
