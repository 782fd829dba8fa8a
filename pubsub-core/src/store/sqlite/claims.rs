//! Who delivers what is in the file: one process at a time, found out by a lock of the operating system that ends with the process.
//!
//! Knows the lock and the lanes that the relay of this process has. They are in memory: a claim need not be written, and is gone with the
//! process.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Gate, MutexGuard as GateGuard};

use crate::name::NodeName;
use crate::store::file::{open_private, refused};
use crate::store::sql::backend::{Claimed, Releasing};
use crate::store::sql::connection::{Cells, Connection};
use crate::store::sql::dialect::Dialect;
use crate::store::sql::statement::Statement;
use crate::store::{Lane, StoreError, StoreErrorKind};

/// The lock, and the lanes.
#[derive(Debug)]
pub(super) struct Claims {
    path: PathBuf,
    state: Mutex<State>,
    /// Held while lanes are read and claimed, and while the transaction that gives some back is committed. Otherwise a lane could be claimed as
    /// it was before.
    gate: Gate<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Open and locked while this process delivers.
    lock: Option<File>,
    lanes: HashSet<i64>,
    /// A relay of this process asks for lanes: one that cannot reach its service does not.
    is_wanted: bool,
    is_closed: bool,
}

impl State {
    fn let_go(&mut self) {
        self.is_wanted = false;
        self.lanes.clear();
        self.lock = None;
    }
}

impl Claims {
    pub(super) fn new(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-relay");
        Self {
            path: path.into(),
            state: Mutex::default(),
            gate: Gate::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process delivers, from now on if nobody else does.
    pub(super) fn take_over(&self) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.is_closed {
            return Ok(false);
        }
        state.is_wanted = true;
        if state.lock.is_some() {
            return Ok(true);
        }
        let file = self.open()?;
        match file.try_lock() {
            Ok(()) => {
                state.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => {
                let message = format!("{} cannot be locked: {error}", self.path.display());
                Err(StoreError::new(StoreErrorKind::Unreachable, message).with(error))
            }
        }
    }

    /// Makes the file that is locked, where it is missing.
    pub(super) fn make(&self) -> Result<(), StoreError> {
        self.open().map(drop)
    }

    fn open(&self) -> Result<File, StoreError> {
        open_private(&self.path, false).map_err(|error| refused(&self.path, error))
    }

    /// Whether this process would deliver, if it were not for another one.
    pub(super) fn is_waiting(&self) -> bool {
        let state = self.state();
        state.is_wanted && state.lock.is_none()
    }

    /// Lets others deliver, until lanes are claimed again.
    pub(super) async fn withdraw(&self) {
        let _gate = self.gate.lock().await;
        self.state().let_go();
    }

    /// Lets others deliver for good.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.let_go();
        state.is_closed = true;
    }

    pub(super) fn is_claimed(&self, lane: i64) -> bool {
        self.state().lanes.contains(&lane)
    }

    /// Claims lanes that are due.
    pub(super) async fn claim(
        &self,
        connection: &mut dyn Connection,
        most: u32,
    ) -> Result<Claimed, StoreError> {
        let _gate = self.gate.lock().await;
        let mut claimed = Vec::new();
        let mut nameless = Vec::new();
        let mut after = 0;
        // Page after page, as long as all of a page are ours already.
        while claimed.len() < most as usize {
            let page = most as usize - claimed.len();
            let mut count = 0;
            let mut read = Statement::new(
                Dialect::Sqlite,
                "SELECT id, CASE typeof(node) WHEN 'text' THEN node END, delivered, last FROM pubsub_node WHERE delivered < last AND id > ",
            );
            read.bind(after)
                .push(" ORDER BY id LIMIT ")
                .bind(page as u64);
            connection
                .fetch(read, &mut |row| {
                    count += 1;
                    after = row.some_integer(0)?;
                    match lane(row) {
                        Some(lane) if self.state().lanes.insert(after) => claimed.push(lane),
                        Some(_) => {}
                        None => nameless.push(after),
                    }
                    Ok(())
                })
                .await?;
            if count < page {
                break;
            }
        }
        Ok(Claimed {
            lanes: claimed,
            nameless,
        })
    }

    /// Claims lanes of which entries are kept. Those that are ours already are told again.
    pub(super) async fn remembered(
        &self,
        connection: &mut dyn Connection,
        after: Option<&NodeName>,
        most: u32,
    ) -> Result<Vec<Lane>, StoreError> {
        let _gate = self.gate.lock().await;
        let mut claimed = Vec::new();
        let mut read = Statement::new(
            Dialect::Sqlite,
            "SELECT id, CASE typeof(node) WHEN 'text' THEN node END, delivered, last FROM pubsub_node n WHERE node > ",
        );
        match after {
            Some(node) => read.bind(node),
            None => read.bind(""),
        };
        read.push(" AND EXISTS (SELECT 1 FROM pubsub_entry e WHERE e.node_id = n.id) ORDER BY node LIMIT ");
        read.bind(most);
        connection
            .fetch(read, &mut |row| {
                if let Some(lane) = lane(row) {
                    self.state().lanes.insert(row.some_integer(0)?);
                    claimed.push(lane);
                }
                Ok(())
            })
            .await?;
        Ok(claimed)
    }

    pub(super) async fn releasing(&self) -> Release<'_> {
        Release {
            claims: self,
            _gate: self.gate.lock().await,
        }
    }
}

/// Lanes are about to be given back, and nobody claims meanwhile.
pub(super) struct Release<'a> {
    claims: &'a Claims,
    _gate: GateGuard<'a, ()>,
}

impl Releasing for Release<'_> {
    fn release(&mut self, lanes: &[i64]) {
        let mut state = self.claims.state();
        for lane in lanes {
            state.lanes.remove(lane);
        }
    }
}

/// Nobody can send to a node whose name is none.
fn lane(row: &dyn Cells) -> Option<Lane> {
    Some(Lane {
        node: NodeName::new(row.some_text(1).ok()?).ok()?,
        delivered: row.count(2).ok()?,
        last: row.count(3).ok()?,
    })
}
