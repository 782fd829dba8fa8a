//! Who may log in. Passwords are never kept: an account is a pair of salted verifiers (RFC 5802 §3), and the trait is for embedders whose
//! accounts live elsewhere.

mod layered;
mod memory;
#[cfg(feature = "durable")]
mod sqlite;
mod verifier;

pub(crate) use self::layered::Layered;
pub use self::memory::MemoryAccounts;
#[cfg(feature = "durable")]
pub use self::sqlite::SqliteAccounts;
pub(crate) use self::verifier::is_equal;
pub use self::verifier::{Credentials, Hash, Verifier};

use std::future::Future;
use std::pin::Pin;

/// What an account operation returns: a boxed future, so that the trait can be a trait object.
pub type AccountFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, AccountError>> + Send + 'a>>;

/// Why an account operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is an account of that name.
    #[error("account \"{0}\" exists already")]
    Taken(String),
    /// There is no account of that name.
    #[error("there is no account \"{0}\"")]
    Missing(String),
    /// The name is no part of a JID, or the password is empty.
    #[error(
        "\"{0}\" cannot be an account: a user name that is a valid JID part and a password are needed"
    )]
    Invalid(String),
    /// These accounts cannot do that.
    #[error("these accounts cannot be {0}; do it where they are kept")]
    Unsupported(&'static str),
    /// The accounts could not be reached.
    #[error("the accounts are unavailable: {0}")]
    Unavailable(String),
}

/// An account, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The user name.
    pub username: String,
    /// Whether one may log in with it.
    pub is_enabled: bool,
}

impl Account {
    /// An account of that name.
    #[must_use]
    pub fn new(username: impl Into<String>, is_enabled: bool) -> Self {
        Self {
            username: username.into(),
            is_enabled,
        }
    }
}

/// An account that can be used no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEnd {
    /// It is gone, and what was its own goes with it: subscriptions and affiliations.
    Removed(String),
    /// It may come back: only its connections end.
    Disabled(String),
}

/// Decides who may log in, and keeps accounts as far as it can.
///
/// User names come normalised (the localpart of a JID, by RFC 6122). Whoever has accounts of his own implements [`credentials`](Self::credentials) if he has SCRAM
/// verifiers, and [`is_password`](Self::is_password) if he can only check passwords: with it alone, clients log in with PLAIN, which needs TLS.
/// The other operations may be refused with [`AccountError::Unsupported`], which is what they do by themselves.
///
/// Every future may be dropped at any time: the client it was for has gone.
pub trait Accounts: std::fmt::Debug + Send + Sync + 'static {
    /// The credentials of a user, if there is one. A disabled account has them too; see [`is_enabled`](Self::is_enabled).
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>>;

    /// Whether that is the password of that user. By itself it asks for the credentials, and derives from the password what they hold.
    fn is_password<'a>(&'a self, username: &'a str, password: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move {
            let Some(credentials) = self.credentials(username).await? else {
                return Ok(false);
            };
            let password = password.to_owned();
            let check =
                tokio::task::spawn_blocking(move || credentials.sha256.accepts(&password)).await;
            check.map_err(|_| AccountError::Unavailable("the derivation was stopped".to_owned()))
        })
    }

    /// Whether a user who has proved himself may come in. By itself: yes.
    fn is_enabled<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        let _ = username;
        Box::pin(async { Ok(true) })
    }

    /// Whether there is such a user. By itself: whether there are credentials.
    fn exists<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(async move { Ok(self.credentials(username).await?.is_some()) })
    }

    /// Adds an account, or fails with [`AccountError::Taken`].
    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        let _ = (username, credentials);
        Box::pin(async { Err(AccountError::Unsupported("added")) })
    }

    /// Gives a user other credentials, as after a change of password, or fails with [`AccountError::Missing`]: whoever was removed meanwhile stays so.
    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        let _ = (username, credentials);
        Box::pin(async { Err(AccountError::Unsupported("changed")) })
    }

    /// Removes an account, if there is one.
    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()> {
        let _ = username;
        Box::pin(async { Err(AccountError::Unsupported("removed")) })
    }

    /// Lets a user log in again, or no longer; fails with [`AccountError::Missing`] if there is none.
    fn enable<'a>(&'a self, username: &'a str, is_enabled: bool) -> AccountFuture<'a, ()> {
        let _ = (username, is_enabled);
        Box::pin(async { Err(AccountError::Unsupported("disabled or enabled")) })
    }

    /// All accounts, by name.
    fn list(&self) -> AccountFuture<'_, Vec<Account>> {
        Box::pin(async { Err(AccountError::Unsupported("listed")) })
    }

    /// Waits for the next account that ends, whoever ended it; the server then ends its connections. One task of the server calls it again and again.
    /// By itself it waits for ever. After an error it is called again a second later.
    fn ended(&self) -> AccountFuture<'_, AccountEnd> {
        Box::pin(std::future::pending())
    }
}

/// A user name as accounts know it: the first part of a JID (RFC 6122).
///
/// # Errors
///
/// [`AccountError::Invalid`] when it cannot be the first part of a JID.
pub fn normalize_username(username: &str) -> Result<String, AccountError> {
    crate::address::normalize_local(username)
        .ok_or_else(|| AccountError::Invalid(username.to_owned()))
}

/// Makes an account out of a name and a password; the hard work of deriving happens off the async threads.
///
/// # Errors
///
/// [`AccountError::Taken`], [`AccountError::Invalid`], and what the accounts say.
pub async fn add_account(
    accounts: &dyn Accounts,
    username: &str,
    password: &str,
    iterations: u32,
) -> Result<(), AccountError> {
    let (username, credentials) = prepare(username, password, iterations).await?;
    accounts.add(&username, credentials).await
}

/// Gives a user another password.
///
/// # Errors
///
/// As [`add_account`], but [`AccountError::Missing`] instead of the account that is there already.
pub async fn change_password(
    accounts: &dyn Accounts,
    username: &str,
    password: &str,
    iterations: u32,
) -> Result<(), AccountError> {
    let (username, credentials) = prepare(username, password, iterations).await?;
    accounts.replace(&username, credentials).await
}

async fn prepare(
    username: &str,
    password: &str,
    iterations: u32,
) -> Result<(String, Credentials), AccountError> {
    let invalid = || AccountError::Invalid(username.to_owned());
    let normalized = normalize_username(username)?;
    let password = password.to_owned();
    let derived =
        tokio::task::spawn_blocking(move || Credentials::from_password(&password, iterations))
            .await;
    let credentials =
        derived.map_err(|_| AccountError::Unavailable("the derivation was stopped".to_owned()))?;
    Ok((normalized, credentials.ok_or_else(invalid)?))
}
