//! The engine that keeps records: an LSM tree with a journal, checksummed. Knows names and values, not what they mean.
//!
//! Everything is in memory as well, so the engine is set up to write: small caches, and a journal short enough to be read again in a second.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::group::Changes;
use crate::storage::StorageError;

/// How much of what was written last is in memory, before it goes into files that are sorted.
const MEMTABLE: u64 = 16 * 1024 * 1024;
const CACHE: u64 = 4 * 1024 * 1024;
const JOURNALS: u64 = 64 * 1024 * 1024;

/// The number of the last group, in the keyspace beside the records.
const GROUP: &[u8] = b"group";

/// The same among the records, behind all of them: either of the two tells that the other is lost. No name of a record begins so.
const MARK: &[u8] = b"\xffgroup";

pub(super) struct Engine {
    database: Database,
    records: Keyspace,
    marks: Keyspace,
    /// The number of the last group that was kept.
    pub(super) group: u64,
    /// The same, as the records have it.
    pub(super) marked: u64,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(super) fn open(path: &Path) -> Result<Self, StorageError> {
        let database = Database::builder(path)
            .worker_threads(1)
            .cache_size(CACHE)
            .max_journaling_size(JOURNALS)
            .open()
            .map_err(|error| explain(path, error))?;
        let keyspace = |name| {
            database
                .keyspace(name, || {
                    KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE)
                })
                .map_err(|error| explain(path, error))
        };
        let records = keyspace("records")?;
        let marks = keyspace("marks")?;
        let number = |keyspace: &Keyspace, name| match keyspace.get(name) {
            Ok(None) => Ok(0),
            Ok(Some(bytes)) => {
                let bytes = <[u8; 8]>::try_from(&*bytes)
                    .map_err(|_| StorageError::new("the number of the last group is damaged"))?;
                Ok(u64::from_be_bytes(bytes))
            }
            Err(error) => Err(explain(path, error)),
        };
        let group = number(&marks, GROUP)?;
        let marked = number(&records, MARK)?;
        Ok(Self {
            database,
            records,
            marks,
            group,
            marked,
        })
    }

    /// Every record, in the order of the names.
    pub(super) fn each(
        &self,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        for record in self.records.iter() {
            let (key, value) = record.into_inner().map_err(unread)?;
            if &*key == MARK {
                continue;
            }
            take(&key, &value)?;
        }
        Ok(())
    }

    /// The names of all records that begin so.
    pub(super) fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StorageError> {
        self.records
            .prefix(prefix)
            .map(|record| Ok(record.key().map_err(unread)?.to_vec()))
            .collect()
    }

    /// What the records say now.
    pub(super) fn present<'n>(
        &self,
        names: impl Iterator<Item = &'n Vec<u8>>,
    ) -> Result<Changes, StorageError> {
        names
            .map(|name| {
                let value = self.records.get(name).map_err(unread)?;
                Ok((name.clone(), value.map(|value| value.to_vec())))
            })
            .collect()
    }

    /// Changes all of them or none, as the next group.
    pub(super) fn change(
        &mut self,
        changes: &Changes,
        is_synced: bool,
    ) -> Result<(), StorageError> {
        let number = self.group + 1;
        let mut batch =
            fjall::OwnedWriteBatch::with_capacity(self.database.clone(), changes.len() + 1)
                .durability(Some(if is_synced {
                    PersistMode::SyncData
                } else {
                    PersistMode::Buffer
                }));
        for (name, value) in changes {
            match value {
                Some(value) => batch.insert(&self.records, name.as_slice(), value.as_slice()),
                None => batch.remove(&self.records, name.as_slice()),
            }
        }
        batch.insert(&self.marks, GROUP, number.to_be_bytes());
        batch.insert(&self.records, MARK, number.to_be_bytes());
        batch.commit().map_err(unwritten)?;
        self.group = number;
        self.marked = number;
        Ok(())
    }

    /// Puts everything on the disk that the system has not put there yet.
    pub(super) fn sync(&self) -> Result<(), StorageError> {
        self.database
            .persist(PersistMode::SyncData)
            .map_err(unwritten)
    }
}

fn explain(path: &Path, error: fjall::Error) -> StorageError {
    match error {
        fjall::Error::Locked => super::directory::in_use(path),
        fjall::Error::InvalidVersion(_) => StorageError::new(format!(
            "{} was written by another version of the storage engine; use the version that wrote it",
            path.display()
        ))
        .caused_by(error),
        error => StorageError::new(format!("{} cannot be opened", path.display())).caused_by(error),
    }
}

fn unread(error: fjall::Error) -> StorageError {
    StorageError::new("a record cannot be read").caused_by(error)
}

fn unwritten(error: fjall::Error) -> StorageError {
    StorageError::new("the disk did not take the changes").caused_by(error)
}
