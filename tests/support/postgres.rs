//! A PostgreSQL server of the tests' own: a fresh cluster in a temporary directory, and a fresh database for whoever asks.
//!
//! It waits for the disk as any server does, and sorts text by a language, so that nobody gets away with relying on the opposite.

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::free_port::free_addresses;
use crate::{ChildProcess, eventually};

/// A start under load takes a while; a server that is not there after this is broken.
const STARTING: Duration = Duration::from_mins(1);

/// So long a server may take to end by itself.
const ENDING: Duration = Duration::from_secs(10);

/// The port may be taken between being found free and being opened; so often we try.
const ATTEMPTS: usize = 3;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    // The process ends before its directory is removed: see `drop`.
    process: Option<Kept>,
    directory: TempDir,
    address: SocketAddr,
    databases: AtomicU32,
}

static SHARED: Mutex<Weak<PostgresServer>> = Mutex::const_new(Weak::new());

impl PostgresServer {
    /// The one that all tests of this program share, started if none of them has it yet.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed (`cargo xtask setup` does it) or does not start.
    pub async fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start().await);
        *shared = Arc::downgrade(&server);
        server
    }

    /// Starts one, for a test that is going to stop it.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed (`cargo xtask setup` does it) or does not start.
    pub async fn start() -> Self {
        let directory = TempDir::with_prefix("postgres").expect("a temporary directory");
        create_cluster(directory.path());
        let [address] = free_addresses();
        let mut server = Self {
            process: None,
            directory,
            address,
            databases: AtomicU32::new(0),
        };
        let mut output = String::new();
        for _ in 0..ATTEMPTS {
            match server.run().await {
                Ok(()) => return server,
                Err(said) => output = said,
            }
            [server.address] = free_addresses();
        }
        panic!("PostgreSQL did not start:\n{output}");
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a database that nobody has used, and tells its URL.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect_with(&self.administrator())
            .await
            .expect("a running server");
        // A language's order is not that of bytes.
        let create = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        );
        connection
            .execute(AssertSqlSafe(create))
            .await
            .expect("a database");
        format!("postgres://postgres@{}/{name}", self.address)
    }

    /// Kills the server at once, as a power cut would; what it keeps on disk stays.
    pub fn kill(&mut self) {
        if let Some(kept) = &mut self.process {
            kept.process.kill();
        }
        self.process = None;
    }

    /// Starts it again after [`kill`](Self::kill), on the same port and data, and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn restart(&mut self) {
        let start = Instant::now();
        // The processes of the one that was killed notice it in their own time, and none may start before.
        while let Err(output) = self.run().await {
            assert!(
                start.elapsed() < STARTING,
                "it did not start again:\n{output}"
            );
        }
    }

    fn administrator(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host(&self.address.ip().to_string())
            .port(self.address.port())
            .username("postgres")
            .database("postgres")
    }

    /// Starts the process and waits until it serves; its output when it ended instead.
    async fn run(&mut self) -> Result<(), String> {
        let mut command = as_owner(self.directory.path(), &programs().join("postgres"));
        command
            .arg("-D")
            .arg(self.directory.path().join("data"))
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", &format!("port={}", self.address.port())])
            .args(["-c", "unix_socket_directories="])
            .args(["-c", "max_connections=300"]);
        let kept = Kept::start(command, self.directory.path().join("output.log"));
        let administrator = self.administrator();
        let process = &mut self.process.insert(kept).process;
        eventually(STARTING, || {
            let ended = process.ended().is_some();
            let output = ended.then(|| process.output());
            let administrator = administrator.clone();
            async move {
                match (output, PgConnection::connect_with(&administrator).await) {
                    (Some(output), _) => Some(Err(output)),
                    (None, Ok(connection)) => {
                        Some(connection.close().await.map_err(|error| error.to_string()))
                    }
                    (None, Err(_)) => None,
                }
            }
        })
        .await
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Some(mut kept) = self.process.take() {
            kept.end();
        }
    }
}

/// A process and the thread that started it: the system kills the one when the other ends, and the threads of tests end.
#[derive(Debug)]
struct Kept {
    process: ChildProcess,
    /// The thread ends when this is dropped.
    _keeper: mpsc::Sender<()>,
}

impl Kept {
    fn start(command: Command, log: PathBuf) -> Self {
        let (started, process) = mpsc::channel();
        let (keeper, end) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if started.send(ChildProcess::start(&command, &log)).is_ok() {
                let _ = end.recv();
            }
        });
        Self {
            process: process.recv().expect("a process"),
            _keeper: keeper,
        }
    }

    /// Asks it to end without ceremony, so that it leaves nothing behind in the memory of the system.
    fn end(&mut self) {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-QUIT", &id]).status();
        let start = Instant::now();
        while asked.as_ref().is_ok_and(std::process::ExitStatus::success)
            && self.process.ended().is_none()
            && start.elapsed() < ENDING
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Where Debian has the programs of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = versions
        .flatten()
        .filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let programs = version.path().join("bin");
            programs
                .join("postgres")
                .exists()
                .then_some((number, programs))
        })
        .max();
    let (_, programs) = newest.expect("PostgreSQL is not installed; run `cargo xtask setup`");
    programs
}

/// A command that runs as whoever owns the directory: PostgreSQL refuses to run as root.
fn as_owner(directory: &Path, program: &Path) -> Command {
    let owner = directory.metadata().expect("the directory");
    if owner.uid() == own_id("-u") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", owner.uid()))
        .arg(format!("--regid={}", owner.gid()))
        // Changing the user has cancelled that it ends with its parent.
        .args([
            "--clear-groups",
            "--",
            "setpriv",
            "--pdeathsig",
            "KILL",
            "--",
        ])
        .arg(program);
    command
}

fn own_id(which: &str) -> u32 {
    id(&[which])
}

fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().expect("id");
    let output = String::from_utf8_lossy(&output.stdout);
    output.trim().parse().expect("a number of a user or group")
}

fn create_cluster(directory: &Path) {
    if own_id("-u") == 0 {
        let (user, group) = (id(&["-u", "postgres"]), id(&["-g", "postgres"]));
        chown(directory, Some(user), Some(group)).expect("root may give a directory away");
    }
    let made = as_owner(directory, &programs().join("initdb"))
        .arg("-D")
        .arg(directory.join("data"))
        .args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ])
        .current_dir(directory)
        .output()
        .expect("initdb");
    assert!(
        made.status.success(),
        "initdb failed:\n{}",
        String::from_utf8_lossy(&made.stderr)
    );
}
