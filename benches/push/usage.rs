//! What a process has used, as the kernel counts it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Processor time and memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Of all threads that run.
    pub(crate) cpu: Duration,
    /// Resident memory.
    pub(crate) bytes: u64,
}

/// Of a process by its number, or of `self`.
pub(crate) fn usage(process: &str) -> io::Result<Usage> {
    let directory = Path::new("/proc").join(process);
    let mut nanos = 0;
    for thread in fs::read_dir(directory.join("task"))? {
        // A thread that has ended meanwhile did next to nothing.
        let times = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        nanos += times
            .split(' ')
            .next()
            .and_then(|nanos| nanos.parse::<u64>().ok())
            .unwrap_or_default();
    }
    let memory = fs::read_to_string(directory.join("smaps_rollup"))?;
    let kilobytes = memory
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(Usage {
        cpu: Duration::from_nanos(nanos),
        bytes: kilobytes.unwrap_or_default() << 10,
    })
}
