//! Accounts in a table in memory, gone with the process. What a server has that is given none.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{AccountError, AccountFuture, Accounts, Credentials};

/// A table of accounts.
#[derive(Debug, Default)]
pub struct MemoryAccounts {
    table: Mutex<HashMap<String, Credentials>>,
}

impl MemoryAccounts {
    fn table(&self) -> MutexGuard<'_, HashMap<String, Credentials>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts for MemoryAccounts {
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>> {
        Box::pin(async move { Ok(self.table().get(username).cloned()) })
    }

    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let mut table = self.table();
            if table.contains_key(username) {
                return Err(AccountError::Taken(username.to_owned()));
            }
            table.insert(username.to_owned(), credentials);
            Ok(())
        })
    }

    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            self.table().insert(username.to_owned(), credentials);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            self.table().remove(username);
            Ok(())
        })
    }
}
