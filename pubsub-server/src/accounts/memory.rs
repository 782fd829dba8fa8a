//! Accounts in a table in memory, gone with the process. What a server has that is given none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Account, AccountEnd, AccountError, AccountFuture, Accounts, Credentials};

/// So many ends are remembered for a server that does not ask.
const ENDS: usize = 10_000;

/// A table of accounts.
#[derive(Debug, Default)]
pub struct MemoryAccounts {
    state: Mutex<State>,
    has_ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    table: BTreeMap<String, Kept>,
    ended: VecDeque<AccountEnd>,
}

#[derive(Debug)]
struct Kept {
    credentials: Credentials,
    is_enabled: bool,
}

impl MemoryAccounts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, mut state: MutexGuard<'_, State>, end: AccountEnd) {
        if state.ended.len() == ENDS {
            state.ended.pop_front();
        }
        state.ended.push_back(end);
        drop(state);
        self.has_ended.notify_one();
    }
}

impl Accounts for MemoryAccounts {
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>> {
        Box::pin(async move {
            let state = self.state();
            Ok(state
                .table
                .get(username)
                .map(|kept| kept.credentials.clone()))
        })
    }

    fn is_enabled<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move {
            let state = self.state();
            Ok(state
                .table
                .get(username)
                .is_some_and(|kept| kept.is_enabled))
        })
    }

    fn exists<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move { Ok(self.state().table.contains_key(username)) })
    }

    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let mut state = self.state();
            if state.table.contains_key(username) {
                return Err(AccountError::Taken(username.to_owned()));
            }
            let kept = Kept {
                credentials,
                is_enabled: true,
            };
            state.table.insert(username.to_owned(), kept);
            Ok(())
        })
    }

    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let mut state = self.state();
            let Some(kept) = state.table.get_mut(username) else {
                return Err(AccountError::Missing(username.to_owned()));
            };
            kept.credentials = credentials;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let mut state = self.state();
            if state.table.remove(username).is_some() {
                self.note(state, AccountEnd::Removed(username.to_owned()));
            }
            Ok(())
        })
    }

    fn enable<'a>(&'a self, username: &'a str, is_enabled: bool) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let mut state = self.state();
            let Some(kept) = state.table.get_mut(username) else {
                return Err(AccountError::Missing(username.to_owned()));
            };
            kept.is_enabled = is_enabled;
            if !is_enabled {
                self.note(state, AccountEnd::Disabled(username.to_owned()));
            }
            Ok(())
        })
    }

    fn list(&self) -> AccountFuture<'_, Vec<Account>> {
        Box::pin(async move {
            let state = self.state();
            let list = state.table.iter();
            Ok(list
                .map(|(name, kept)| Account::new(name, kept.is_enabled))
                .collect())
        })
    }

    fn ended(&self) -> AccountFuture<'_, AccountEnd> {
        Box::pin(async move {
            loop {
                let next = self.state().ended.pop_front();
                if let Some(end) = next {
                    let (AccountEnd::Removed(name) | AccountEnd::Disabled(name)) = &end;
                    let is_back = self.is_enabled(name).await?;
                    if !is_back {
                        return Ok(end);
                    }
                    continue;
                }
                self.has_ended.notified().await;
            }
        })
    }
}
