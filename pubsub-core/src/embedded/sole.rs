//! One embedded server a store file: two of them would each deliver, to subscribers of their own, what the other had saved.
//!
//! Knows a lock file beside the database. Does not know SQL or servers.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, ErrorKind};
use crate::store::file::{open_private, refused};

/// Held as long as the server runs; the operating system lets go of it with the process.
#[derive(Debug)]
pub(crate) struct Sole {
    _file: File,
}

impl Sole {
    /// Takes the right to run the server for this database, named by its one path.
    pub(crate) fn of(database: &Path) -> Result<Self, Error> {
        let mut path = database.as_os_str().to_owned();
        path.push("-embedded");
        let place = format!("sqlite:{}", database.display()).into();
        let opened = open_private(path.as_ref(), false);
        let file = opened.map_err(|error| refused(database, error).at(&place))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::Store,
                format!(
                    "{} is in use by another program with an embedded server, and what is saved here would be delivered there; \
                     set PUBSUB_URL in both to a server that they share (`pubsub serve` is one), or PUBSUB_STORE in this one to another file",
                    database.display()
                ),
            )),
            Err(TryLockError::Error(error)) => Err(Error::new(
                ErrorKind::Store,
                format!("{} cannot be locked: {error}", path.to_string_lossy()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sole;
    use crate::error::ErrorKind;

    #[test]
    fn the_second_is_told_what_to_do_and_may_follow_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("a.db");
        let first = Sole::of(&database).unwrap();
        let error = Sole::of(&database).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains("PUBSUB_URL"), "{error}");
        drop(first);
        Sole::of(&database).unwrap();
    }
}
