//! What holds for all saves inside a piece of asynchronous code: that nobody is told of them, or who is said to have made them.
//!
//! Knows the task. Does not know what a save is.

use std::future::Future;
use std::sync::Arc;

use crate::handle::PubSub;

tokio::task_local! {
    static SCOPE: Scope;
}

/// What holds where the code that asks is running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Nobody is told.
    pub(crate) is_suppressed: bool,
    /// Who makes the changes, if somebody said so.
    pub(crate) origin: Option<Arc<str>>,
}

impl Scope {
    /// That of the running code.
    pub(crate) fn current() -> Self {
        SCOPE.try_with(Clone::clone).unwrap_or_default()
    }
}

impl PubSub {
    /// Runs code whose saves and deletes write rows and run hooks, but tell nobody: for imports and repairs.
    ///
    /// Without a store nothing is sent. It holds for the future itself, whatever handle it uses; a task that it spawns is
    /// outside, and says so again if it needs to.
    ///
    /// ```
    /// # use pubsub_core::{PubSub, Publish, SaveError};
    /// # #[derive(Publish)]
    /// # struct Tweet { #[publish(id)] id: i64 }
    /// # async fn import(tweets: &[Tweet]) -> Result<(), SaveError> {
    /// PubSub::suppressed(async {
    ///     Tweet::save_all(tweets).await
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn suppressed<F: Future>(future: F) -> impl Future<Output = F::Output> {
        let scope = Scope {
            is_suppressed: true,
            ..Scope::current()
        };
        SCOPE.scope(scope, future)
    }

    /// Runs code whose changes carry this origin instead of that of the handle.
    ///
    /// With [`Subscription::without_origin`](crate::Subscription::without_origin) the one who made a change is spared the echo: a
    /// browser's tab, say, that shows it already. It holds for the future itself; a task that it spawns is outside.
    pub fn with_origin<F: Future>(
        origin: impl Into<Arc<str>>,
        future: F,
    ) -> impl Future<Output = F::Output> {
        let scope = Scope {
            origin: Some(origin.into()),
            ..Scope::current()
        };
        SCOPE.scope(scope, future)
    }

    /// Whether this code runs inside [`suppressed`](Self::suppressed): for code that writes the outbox itself.
    #[must_use]
    pub fn is_suppressed() -> bool {
        Scope::current().is_suppressed
    }

    /// The origin of changes that are made here: that of [`with_origin`](Self::with_origin), else of the handle.
    #[must_use]
    pub fn current_origin(&self) -> Arc<str> {
        Scope::current()
            .origin
            .unwrap_or_else(|| Arc::clone(self.shared_origin()))
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;
    use crate::handle::PubSub;

    #[tokio::test]
    async fn scopes_nest_and_end() {
        PubSub::with_origin("tab-7", async {
            PubSub::suppressed(async {
                let scope = Scope::current();
                assert!(scope.is_suppressed);
                assert_eq!(scope.origin.as_deref(), Some("tab-7"));
            })
            .await;
            assert!(!PubSub::is_suppressed());
            assert_eq!(Scope::current().origin.as_deref(), Some("tab-7"));
        })
        .await;
        assert_eq!(Scope::current().origin, None);
    }
}
