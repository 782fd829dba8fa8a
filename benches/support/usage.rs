//! What a process has used, as the kernel counts it, and what it may use.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Processor time and memory.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Of all threads that run.
    pub cpu: Duration,
    /// Resident memory.
    pub bytes: u64,
}

/// Of a process by its number, or of `self`.
///
/// # Errors
///
/// When the process has ended, or is somebody else's.
pub fn usage(process: &str) -> io::Result<Usage> {
    Meter::new(process).usage()
}

/// Looks at a process again and again, and remembers what threads had used that have ended since.
#[derive(Debug)]
pub struct Meter {
    process: String,
    /// The nanoseconds of each thread.
    threads: RefCell<HashMap<OsString, u64>>,
}

impl Meter {
    /// Of a process by its number, or of `self`.
    #[must_use]
    pub fn new(process: &str) -> Self {
        Self {
            process: process.to_owned(),
            threads: RefCell::default(),
        }
    }

    /// What it has used so far.
    ///
    /// # Errors
    ///
    /// When the process has ended, or is somebody else's.
    pub fn usage(&self) -> io::Result<Usage> {
        let directory = Path::new("/proc").join(&self.process);
        let mut threads = self.threads.borrow_mut();
        for thread in fs::read_dir(directory.join("task"))? {
            let thread = thread?;
            // A thread that has ended meanwhile did next to nothing since the last look.
            let times = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let nanos = times.split(' ').next().and_then(|nanos| nanos.parse().ok());
            if let Some(nanos) = nanos {
                threads.insert(thread.file_name(), nanos);
            }
        }
        Ok(Usage {
            cpu: Duration::from_nanos(threads.values().sum()),
            bytes: resident(&directory)?,
        })
    }
}

fn resident(directory: &Path) -> io::Result<u64> {
    let memory = fs::read_to_string(directory.join("smaps_rollup"))?;
    let kilobytes = memory
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kilobytes.unwrap_or_default() << 10)
}

/// Lets this process, and those that it starts, have so many files and connections open.
///
/// # Panics
///
/// When the system does not allow it.
pub fn allow_files(most: u32) {
    let status = Command::new("prlimit")
        .arg(format!("--pid={}", std::process::id()))
        .arg(format!("--nofile={most}:"))
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "more than {most} open files have to be allowed: see `ulimit -Hn`"
    );
}
