//! Who may log in. Passwords are never kept: an account is a pair of salted verifiers (RFC 5802 §3), and the trait is for embedders whose
//! accounts live elsewhere.

mod memory;
mod verifier;

pub use self::memory::MemoryAccounts;
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
    /// The name is no part of a JID, or the password is empty.
    #[error(
        "\"{0}\" cannot be an account: a user name that is a valid JID part and a password are needed"
    )]
    Invalid(String),
    /// The accounts could not be reached.
    #[error("the accounts are unavailable: {0}")]
    Unavailable(String),
}

/// Keeps accounts. User names come normalised (RFC 7622 localpart).
pub trait Accounts: std::fmt::Debug + Send + Sync + 'static {
    /// The credentials of a user, if there is one.
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>>;

    /// Adds an account, or fails with [`AccountError::Taken`].
    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()>;

    /// Gives a user other credentials, as after a change of password; adds the account if it is missing.
    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()>;

    /// Removes an account, if there is one.
    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()>;
}

/// Makes an account out of a name and a password; the hard work of deriving happens off the async threads.
pub(crate) async fn add_account(
    accounts: &dyn Accounts,
    username: &str,
    password: &str,
    iterations: u32,
) -> Result<(), AccountError> {
    let (username, credentials) = prepare(username, password, iterations).await?;
    accounts.add(&username, credentials).await
}

/// Gives a user another password.
pub(crate) async fn change_password(
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
    let normalized = crate::address::normalize_local(username).ok_or_else(invalid)?;
    let password = password.to_owned();
    let derived =
        tokio::task::spawn_blocking(move || Credentials::from_password(&password, iterations))
            .await;
    let credentials =
        derived.map_err(|_| AccountError::Unavailable("the derivation was stopped".to_owned()))?;
    Ok((normalized, credentials.ok_or_else(invalid)?))
}
