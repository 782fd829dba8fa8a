//! Whether the path still leads to the file that was opened: a file that was moved, removed or replaced goes on working, but whatever is saved
//! into it then is lost with the program.
//!
//! Knows what the operating system says of the path, which it asks once a second at most. Opens nothing.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::file::refused;
use crate::store::{StoreError, StoreErrorKind};

/// For so long a good answer counts.
const GOOD: Duration = Duration::from_secs(1);

/// Which file it was.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    number: (u64, u64),
    checked_at: Mutex<Option<Instant>>,
}

impl Identity {
    /// Of the file that is there now.
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let found = path.metadata().map_err(|error| refused(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            number: number(&found),
            checked_at: Mutex::default(),
        })
    }

    /// Refuses to go on when the path leads elsewhere.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        // No code that can panic runs while it is held.
        let checked_at = self.checked_at.lock();
        let mut checked_at = checked_at.unwrap_or_else(PoisonError::into_inner);
        if checked_at.is_some_and(|at| at.elapsed() < GOOD) {
            return Ok(());
        }
        *checked_at = None;
        let what = match self.path.metadata() {
            Ok(found) if number(&found) != self.number => "replaced by another one",
            // Made by us, it is never empty.
            Ok(found) if found.len() == 0 => "emptied",
            Ok(_) => {
                *checked_at = Some(Instant::now());
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => "moved or removed",
            Err(error) => return Err(refused(&self.path, error)),
        };
        Err(StoreError::new(
            StoreErrorKind::Unreachable,
            format!(
                "the file was {what} while the program uses it, and what is saved would be lost: end the program, put the file back with its -wal beside it \
                 (or a copy of both), and start the program anew"
            ),
        ))
    }
}

#[cfg(unix)]
fn number(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// Elsewhere an open file can be neither removed nor replaced.
#[cfg(not(unix))]
fn number(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::store::StoreErrorKind;

    #[test]
    fn a_file_that_is_not_the_same_any_more_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.db");
        let other = directory.path().join("b.db");
        std::fs::write(&file, "ours").unwrap();
        let identity = Identity::of(&file).unwrap();
        let forget = || *identity.checked_at.lock().unwrap() = None;
        identity.check().unwrap();
        let refusal = || {
            let error = identity.check().unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Unreachable);
            error.to_string()
        };
        std::fs::rename(&file, &other).unwrap();
        identity.check().expect("it was good a moment ago");
        forget();
        assert!(refusal().contains("moved or removed"));
        std::fs::write(&file, "theirs").unwrap();
        assert!(refusal().contains("replaced"), "a bad answer is not kept");
        std::fs::rename(&other, &file).unwrap();
        identity.check().unwrap();
        forget();
        std::fs::write(&file, "").unwrap();
        assert!(refusal().contains("emptied"));
    }
}
