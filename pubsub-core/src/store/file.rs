//! The file of a store, and those beside it: which it is, whatever its path is called, and what the operating system says of it, in our words.
//!
//! Does not know what is in the file; of which store it is, is said by whoever knows its URL.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::Path;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;

use super::{StoreError, StoreErrorKind};

/// So many links are followed one after the other, as the operating system does.
#[cfg(feature = "sqlite")]
const LINKS: usize = 40;

/// The one path of a file that may have several: absolute, and without links. The file need not be there yet.
#[cfg(feature = "sqlite")]
pub(crate) fn real(path: &Path) -> Result<PathBuf, StoreError> {
    let mut path = std::path::absolute(path).map_err(|error| refused(path, error))?;
    for _ in 0..LINKS {
        match path.canonicalize() {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(refused(&path, error)),
            Err(_) => {}
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(refused(&path, ErrorKind::IsADirectory.into()));
        };
        match path.read_link() {
            // To a file that is still to be made.
            Ok(target) => path = parent.join(target),
            Err(_) => {
                let parent = parent.canonicalize();
                return Ok(parent.map_err(|error| refused(&path, error))?.join(name));
            }
        }
    }
    Err(StoreError::new(
        StoreErrorKind::Configuration,
        "the path leads through too many links: name the file itself",
    ))
}

/// Refuses what is no ordinary file with one name. Nothing is opened. Whether something is in the file.
#[cfg(feature = "sqlite")]
pub(crate) fn check(path: &Path) -> Result<bool, StoreError> {
    let found = match path.metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(refused(path, error)),
    };
    if found.is_dir() {
        return Err(refused(path, ErrorKind::IsADirectory.into()));
    }
    if !found.is_file() {
        return Err(StoreError::new(
            StoreErrorKind::Configuration,
            "this is no ordinary file: name one",
        ));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&found) > 1 {
        return Err(StoreError::new(
            StoreErrorKind::Configuration,
            "the file has several names (hard links), but the journal and the locks beside it go by one name, and programs that use different names \
             would destroy it: remove all names but one, or copy the file (a symbolic link is no such name)",
        ));
    }
    Ok(found.len() > 0)
}

/// Opens a file for writing, and makes it with the rights of a private one.
pub(crate) fn open_private(path: &Path, is_new: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(!is_new).create_new(is_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

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
    #[cfg(feature = "sqlite")]
    use super::{check, real};
    use crate::store::StoreErrorKind;

    #[cfg(all(unix, feature = "sqlite"))]
    #[test]
    fn a_file_has_one_path_whatever_it_is_called() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().canonicalize().unwrap();
        let file = home.join("a.db");
        symlink("a.db", home.join("to file")).unwrap();
        symlink("to file", home.join("to link")).unwrap();
        symlink(&home, home.join("to home")).unwrap();
        symlink("round", home.join("round")).unwrap();
        for is_there in [false, true] {
            for name in ["a.db", "to file", "to link", "to home/to link", "./a.db"] {
                assert_eq!(real(&home.join(name)).unwrap(), file, "{name}");
            }
            assert_eq!(check(&file).unwrap(), is_there);
            std::fs::write(&file, "x").unwrap();
        }
        assert!(real(Path::new("a.db")).unwrap().is_absolute());
        assert!(real(&home.join("round")).is_err());
        assert!(
            real(&home.join("none/a.db"))
                .unwrap_err()
                .to_string()
                .contains("create it")
        );
        std::fs::hard_link(&file, home.join("b.db")).unwrap();
        assert!(
            check(&file)
                .unwrap_err()
                .to_string()
                .contains("several names")
        );
    }

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
