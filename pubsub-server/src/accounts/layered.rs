//! Accounts of two places: those that were given for this run of the server, and those that are kept. A name that is in the first is not looked up
//! in the second.

use std::sync::Arc;

use super::{Account, AccountEnd, AccountFuture, Accounts, Credentials, MemoryAccounts};

/// Accounts for this run before kept ones.
#[derive(Debug)]
pub(crate) struct Layered {
    given: MemoryAccounts,
    kept: Arc<dyn Accounts>,
}

impl Layered {
    pub(crate) fn new(kept: Arc<dyn Accounts>) -> Self {
        Self {
            given: MemoryAccounts::default(),
            kept,
        }
    }

    /// Those that end with the server.
    pub(crate) fn given(&self) -> &MemoryAccounts {
        &self.given
    }

    async fn place(&self, username: &str) -> &dyn Accounts {
        match self.given.exists(username).await {
            Ok(true) => &self.given,
            _ => &*self.kept,
        }
    }
}

impl Accounts for Layered {
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>> {
        Box::pin(async move { self.place(username).await.credentials(username).await })
    }

    fn is_password<'a>(&'a self, username: &'a str, password: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move {
            let place = self.place(username).await;
            place.is_password(username, password).await
        })
    }

    fn is_enabled<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move { self.place(username).await.is_enabled(username).await })
    }

    fn exists<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move { self.place(username).await.exists(username).await })
    }

    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move { self.place(username).await.add(username, credentials).await })
    }

    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let place = self.place(username).await;
            place.replace(username, credentials).await
        })
    }

    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()> {
        Box::pin(async move { self.place(username).await.remove(username).await })
    }

    fn enable<'a>(&'a self, username: &'a str, is_enabled: bool) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let place = self.place(username).await;
            place.enable(username, is_enabled).await
        })
    }

    fn list(&self) -> AccountFuture<'_, Vec<Account>> {
        Box::pin(async move {
            let mut list = self.kept.list().await?;
            let given = self.given.list().await?;
            list.retain(|kept| given.iter().all(|given| given.username != kept.username));
            list.extend(given);
            list.sort_by(|one, other| one.username.cmp(&other.username));
            Ok(list)
        })
    }

    fn ended(&self) -> AccountFuture<'_, AccountEnd> {
        Box::pin(async move {
            loop {
                // Both are cancel safe: what was not returned is told next time.
                let end = tokio::select! {
                    end = self.given.ended() => return end,
                    end = self.kept.ended() => end?,
                };
                let (AccountEnd::Removed(name) | AccountEnd::Disabled(name)) = &end;
                if !self.given.exists(name).await? {
                    return Ok(end);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountError, add_account};

    #[tokio::test]
    async fn what_is_given_goes_before_what_is_kept() {
        let kept = Arc::new(MemoryAccounts::default());
        for name in ["ann", "bob"] {
            add_account(&*kept, name, "kept", 1).await.expect("added");
        }
        let layered = Layered::new(kept.clone());
        let given = add_account(layered.given(), "ann", "given", 1).await;
        given.expect("added");
        for (name, password, is_right) in [
            ("ann", "given", true),
            ("ann", "kept", false),
            ("bob", "kept", true),
            ("cat", "kept", false),
        ] {
            let answer = layered.is_password(name, password).await.expect("asked");
            assert_eq!(answer, is_right, "{name} {password}");
        }
        let taken = add_account(&layered, "ann", "x", 1).await;
        assert!(matches!(taken, Err(AccountError::Taken(_))));
        add_account(&layered, "cat", "x", 1).await.expect("added");
        assert!(kept.exists("cat").await.expect("asked"));
        let names = layered.list().await.expect("listed");
        let names: Vec<_> = names.iter().map(|account| &*account.username).collect();
        assert_eq!(names, ["ann", "bob", "cat"]);
        // Who is gone from below another is still there.
        kept.remove("ann").await.expect("removed");
        kept.enable("bob", false).await.expect("disabled");
        let end = layered.ended().await.expect("an end");
        assert_eq!(end, AccountEnd::Disabled("bob".to_owned()));
    }
}
