//! What the operating system says of a file of a store, in our words.
//!
//! Knows its errors. Does not know what the file is for; of which store it is, is said by whoever knows its URL.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{StoreError, StoreErrorKind};

/// Tells why a file of a store, the database or one beside it, cannot be opened or made.
pub(crate) fn refused(file: &Path, error: Error) -> StoreError {
    let directory = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
        .display();
    let (kind, message) = match error.kind() {
        ErrorKind::NotFound => (
            StoreErrorKind::Unreachable,
            format!("there is no directory {directory}: create it, or name a file in another one"),
        ),
        ErrorKind::NotADirectory => (
            StoreErrorKind::Configuration,
            format!("{directory} is not a directory: name a file in one"),
        ),
        ErrorKind::IsADirectory => (
            StoreErrorKind::Configuration,
            format!(
                "this is a directory: name a file in it, such as {}",
                file.join("pubsub.db").display()
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => (
            StoreErrorKind::ReadOnly,
            "the file or its directory cannot be written: the file system is read-only".to_owned(),
        ),
        ErrorKind::PermissionDenied => (
            StoreErrorKind::ReadOnly,
            format!(
                "the file or its directory cannot be written: give this user the right to write it, and to make files in {directory}"
            ),
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            StoreErrorKind::Full,
            "the disk is full: make room, and try again".to_owned(),
        ),
        _ => (
            StoreErrorKind::Unreachable,
            format!("the file cannot be opened: {error}"),
        ),
    };
    StoreError::new(kind, message).with(error)
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    use super::refused;
    use crate::store::StoreErrorKind;

    #[test]
    fn every_refusal_says_what_to_do() {
        let told = |file, kind| {
            let error = refused(Path::new(file), Error::from(kind));
            (error.kind(), error.to_string())
        };
        let (kind, text) = told("a/b.db", ErrorKind::NotFound);
        assert_eq!(kind, StoreErrorKind::Unreachable);
        assert!(text.contains("no directory a: create it"), "{text}");
        let (kind, text) = told("b.db", ErrorKind::PermissionDenied);
        assert_eq!(kind, StoreErrorKind::ReadOnly);
        assert!(
            text.contains("cannot be written") && text.contains("files in ."),
            "{text}"
        );
        let (kind, text) = told("a", ErrorKind::IsADirectory);
        assert_eq!(kind, StoreErrorKind::Configuration);
        assert!(text.contains("a/pubsub.db"), "{text}");
        let (kind, text) = told("a", ErrorKind::QuotaExceeded);
        assert_eq!(kind, StoreErrorKind::Full);
        assert!(text.contains("full"), "{text}");
    }
}
