//! Who may read a resource: the door that an application can put a hook into.
//!
//! Knows what is asked and what is answered. Does not know users.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::request::Parts;
use pubsub_core::NodeName;
use pubsub_core::store::Condition;

/// Says which rows of a resource a request may see. The node is that of the model; a model that everybody may read is asked about, too.
///
/// ```
/// use std::sync::Arc;
///
/// use pubsub_core::store::Condition;
/// use pubsub_gateway::{ListAccess, Readable};
///
/// // Everybody sees what is their own; who they are, a proxy in front of us says.
/// let access: ListAccess = Arc::new(|request, _node| {
///     let user = request.headers.get("x-user").and_then(|user| user.to_str().ok());
///     let readable = match user {
///         Some(user) => Readable::Only(vec![("author".to_owned(), Condition::Equal(user.into()))]),
///         None => Readable::Unknown,
///     };
///     Box::pin(async move { readable })
/// });
/// # let _ = access;
/// ```
pub type ListAccess = Arc<dyn Fn(&Parts, &NodeName) -> BoxFuture<'static, Readable> + Send + Sync>;

/// What of a resource may be seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Readable {
    /// All rows.
    All,
    /// The rows for which these conditions hold, on fields by their names in a [`Query`](pubsub_core::store::Query).
    Only(Vec<(String, Condition)>),
    /// Nothing, because it is not known who asks: 401.
    Unknown,
    /// Nothing: 403.
    Nothing,
}

/// The hook, or without one what the models say.
#[derive(Clone, Default)]
pub(crate) struct Access(Option<ListAccess>);

impl Access {
    pub(crate) fn new(hook: Option<ListAccess>) -> Self {
        Self(hook)
    }

    pub(super) async fn of(&self, request: &Parts, node: &NodeName, is_public: bool) -> Readable {
        match &self.0 {
            Some(hook) => hook(request, node).await,
            None if is_public => Readable::All,
            None => Readable::Unknown,
        }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Access")
            .field(&self.0.is_some())
            .finish()
    }
}
