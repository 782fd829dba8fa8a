//! The directory that is given: whose it is, in which format, and that nobody else uses it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::storage::StorageError;

/// Says whose the directory is. Locked while it is used.
const MARKER: &str = "pubsub.data";

/// What stands in it, before the number of the format.
const WORDS: &str = "pubsub data, format ";

/// The format that this program reads and writes.
const FORMAT: u32 = 1;

/// The file of [`Database`](crate::Database), which has files of SQLite beside it.
pub(crate) const DATABASE: &str = "people.sqlite";

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
    _marker: File,
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
            .truncate(false)
            .read(true)
            .write(true)
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
            file.rewind().map_err(failed("used"))?;
            writeln!(file, "{WORDS}{FORMAT}")
                .and_then(|()| file.sync_all())
                .and_then(|()| File::open(path)?.sync_all())
                .map_err(failed("written to"))?;
        } else {
            check_format(path, &text)?;
        }
        Ok(Self {
            path: path.to_owned(),
            _marker: file,
        })
    }

    /// Where the nodes are.
    pub(super) fn nodes(&self) -> PathBuf {
        self.path.join("nodes")
    }
}

/// Whether the directory is one of ours, or can become one. Others may use it meanwhile.
pub(crate) fn check(path: &Path) -> Result<(), StorageError> {
    match fs::read_to_string(path.join(MARKER)) {
        Ok(text) if !text.is_empty() => check_format(path, &text),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StorageError::new(format!(
            "{} cannot be read",
            path.join(MARKER).display()
        ))
        .caused_by(error)),
        _ if !path.exists() => Ok(()),
        _ => check_empty(path),
    }
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
    let format = text
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
