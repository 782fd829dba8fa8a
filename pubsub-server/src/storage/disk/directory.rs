//! The directory that is given: whose it is, in which format, and that nobody else uses it; and what is kept in it, so that a file that is lost is missed.
//!
//! The marker is text. Its first line names the format; lines that were added tell what has been there: `nodes` with the number of a group, and `people`.
//! Whoever wants to go on without what is lost removes them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::storage::StorageError;

/// Says whose the directory is. Locked while it is used.
const MARKER: &str = "pubsub.data";

/// What stands in it, before the number of the format.
const WORDS: &str = "pubsub data, format ";

/// The format that this program reads and writes.
const FORMAT: u32 = 1;

/// The file of [`Database`](crate::Database), which has files of SQLite beside it.
pub(crate) const DATABASE: &str = "people.sqlite";

/// How the lines begin that tell what has been there.
const NODES: &str = "nodes ";
const PEOPLE: &str = "people";

/// A certificate of one's own begins so, and its key.
const CERTIFICATE: &str = "self-signed";

/// Where a directory of data may hold a certificate that was made for development, and its key.
#[must_use]
pub fn self_signed_files(directory: &Path) -> [PathBuf; 2] {
    ["crt", "key"].map(|end| directory.join(CERTIFICATE).with_extension(end))
}

/// A directory that belongs to this process until it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    marker: File,
    /// The group that the marker knows of.
    noted: AtomicU64,
}

impl Directory {
    /// Takes the directory, or makes it. One that holds anything else, or was written by a later version, is left as it is.
    pub(super) fn take(path: &Path) -> Result<Self, StorageError> {
        let failed = |what: &str| {
            let reason = format!("{} cannot be {what}", path.display());
            move |error: std::io::Error| StorageError::new(reason).caused_by(error)
        };
        fs::create_dir_all(path).map_err(failed("created"))?;
        let marker = path.join(MARKER);
        if !marker.try_exists().map_err(failed("read"))? {
            check_empty(path)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&marker)
            .map_err(failed("used"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path)),
            Err(TryLockError::Error(error)) => return Err(failed("locked")(error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed("read"))?;
        if text.is_empty() {
            check_empty(path)?;
            writeln!(file, "{WORDS}{FORMAT}")
                .and_then(|()| file.sync_all())
                .and_then(|()| File::open(path)?.sync_all())
                .map_err(failed("written to"))?;
        } else {
            check_format(path, &text)?;
            check_people(path, &text)?;
        }
        Ok(Self {
            path: path.to_owned(),
            marker: file,
            noted: AtomicU64::new(noted_group(&text)),
        })
    }

    /// Misses groups that were there. A store has two numbers of its last group, one beside the records and one among them.
    pub(super) fn check_nodes(&self, groups: [u64; 2]) -> Result<(), StorageError> {
        let noted = self.noted.load(Ordering::Relaxed);
        let [group, marked] = groups;
        if noted == 0 || (group >= noted && group == marked) {
            return Ok(());
        }
        Err(StorageError::new(format!(
            "{} has lost what was in it: {noted} changes or more had been kept, and {} are there; put the directory back as it was, from a copy, or, to go on with what is left, remove the lines that begin with \"nodes\" from {}",
            self.nodes().display(),
            group.min(marked),
            self.path.join(MARKER).display()
        )))
    }

    /// Notes that there was a group, so that it is missed. `is_last`: no more will come; else it is noted now and then.
    pub(super) fn note(&self, group: u64, is_last: bool) {
        let noted = self.noted.load(Ordering::Relaxed);
        if group <= noted || !(is_last || noted == 0 || group / 2 >= noted) {
            return;
        }
        self.noted.store(group, Ordering::Relaxed);
        if let Err(error) = append(&self.marker, &format!("{NODES}{group}\n")) {
            tracing::warn!(%error, "cannot note how much is kept");
        }
    }

    /// Where the nodes are.
    pub(super) fn nodes(&self) -> PathBuf {
        self.path.join("nodes")
    }
}

/// Whether the directory is one of ours, or can become one. Others may use it meanwhile.
pub(crate) fn check(path: &Path) -> Result<(), StorageError> {
    match fs::read_to_string(path.join(MARKER)) {
        Ok(text) if !text.is_empty() => {
            check_format(path, &text)?;
            check_people(path, &text)
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StorageError::new(format!(
            "{} cannot be read",
            path.join(MARKER).display()
        ))
        .caused_by(error)),
        _ if !path.exists() => Ok(()),
        _ => check_empty(path),
    }
}

/// Notes that there is a database, so that it is missed. Where only accounts were made so far there is no marker yet.
pub(crate) fn note_people(path: &Path) -> std::io::Result<()> {
    let marker = path.join(MARKER);
    let text = match fs::read_to_string(&marker) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if text.is_empty() || text.lines().any(|line| line == PEOPLE) || !is_kept(path)? {
        return Ok(());
    }
    append(
        &OpenOptions::new().append(true).open(&marker)?,
        &format!("{PEOPLE}\n"),
    )
}

/// Other processes may do so too: one write is one line.
fn append(mut marker: &File, line: &str) -> std::io::Result<()> {
    marker.write_all(line.as_bytes())?;
    marker.sync_data()
}

/// Whether there is a database that holds anything.
fn is_kept(path: &Path) -> std::io::Result<bool> {
    match fs::metadata(path.join(DATABASE)) {
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn noted_group(text: &str) -> u64 {
    let groups = text.lines().filter_map(|line| line.strip_prefix(NODES));
    let groups = groups.filter_map(|group| group.parse().ok());
    groups.max().unwrap_or_default()
}

fn check_people(path: &Path, text: &str) -> Result<(), StorageError> {
    let database = path.join(DATABASE);
    let is_kept = is_kept(path).map_err(|error| {
        StorageError::new(format!("{} cannot be read", database.display())).caused_by(error)
    })?;
    if is_kept || text.lines().all(|line| line != PEOPLE) {
        return Ok(());
    }
    Err(StorageError::new(format!(
        "{} is gone or empty, and there were accounts in it; put it back from a copy, or, to go on without, remove the line \"{PEOPLE}\" from {}",
        database.display(),
        path.join(MARKER).display()
    )))
}

/// Somebody else has it.
pub(super) fn in_use(path: &Path) -> StorageError {
    StorageError::new(format!(
        "{} is used by another server; stop that one, or give each a directory of its own",
        path.display()
    ))
}

fn check_empty(path: &Path) -> Result<(), StorageError> {
    let unread =
        |error| StorageError::new(format!("{} cannot be read", path.display())).caused_by(error);
    for entry in fs::read_dir(path).map_err(unread)? {
        let name = entry.map_err(unread)?.file_name();
        let is_ours = name == MARKER
            || [DATABASE, CERTIFICATE]
                .iter()
                .any(|ours| name.to_string_lossy().starts_with(ours));
        // What a disk of its own begins with.
        if !is_ours && name != "lost+found" {
            return Err(StorageError::new(format!(
                "{} holds {}, which is not of this program; give a directory that is empty or does not exist",
                path.display(),
                name.display()
            )));
        }
    }
    Ok(())
}

fn check_format(path: &Path, text: &str) -> Result<(), StorageError> {
    let first = text.lines().next().unwrap_or_default();
    let format = first
        .trim_end()
        .strip_prefix(WORDS)
        .and_then(|format| format.parse::<u32>().ok());
    let reason = match format {
        Some(FORMAT) => return Ok(()),
        Some(format) => format!(
            "{} is in format {format}, and this version knows {FORMAT}; use the version that wrote it, or another directory",
            path.display()
        ),
        None => format!(
            "{} does not say which format it is in; it was not written by this program, or it is damaged",
            path.join(MARKER).display()
        ),
    };
    Err(StorageError::new(reason))
}
