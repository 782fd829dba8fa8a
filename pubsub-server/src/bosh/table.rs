//! The sessions of a server, by ids that nobody can guess.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::session::Session;

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Table {
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

impl Table {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        self.sessions()
            .insert(session.id().to_owned(), session.clone());
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.sessions().get(id).cloned()
    }

    pub(crate) fn remove(&self, session: &Session) {
        self.sessions().remove(session.id());
    }
}
