//! The hook with which a program decides itself who may listen and publish.

use std::borrow::Cow;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, Uri};
use pubsub_core::store::Condition;

use super::claims::Claims;
use crate::channel::ChannelName;

/// Decides who may listen to and publish to channels, instead of the [rules](crate::settings::AccessRules) of the gateway.
///
/// It is asked once a request, before anything is sent, and may look at cookies, ask a database, or answer as the rules do with
/// [`AccessRequest::by_rules`]. To take back later what was granted, give [grants](Grant) a subject, and
/// [revoke](crate::Gateway::revoke) it.
///
/// ```
/// use pubsub_gateway::{Access, AccessRequest, Deciding, Denied, Grant};
///
/// /// Lets those with a session in.
/// struct Sessions;
///
/// impl Access for Sessions {
///     fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r> {
///         Box::pin(async move {
///             let cookie = request.headers.get("cookie").and_then(|cookie| cookie.to_str().ok());
///             match cookie.and_then(|cookie| cookie.strip_prefix("session=")) {
///                 Some(user) => Ok(Grant::to(user)),
///                 None => Err(Denied::unauthorized("Sign in first.")),
///             }
///         })
///     }
/// }
/// ```
pub trait Access: Send + Sync + 'static {
    /// Decides about one request: all of its channels, or none of them.
    fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r>;
}

/// The future of a decision.
pub type Deciding<'r> = Pin<Box<dyn Future<Output = Result<Grant, Denied>> + Send + 'r>>;

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To listen.
    Subscribe,
    /// To publish over HTTP, to delete a channel, or to be told about one.
    Publish,
    /// To read the rows of a model from the list API. The channel is that of the model's node.
    List,
    /// To be told about all channels, or about the gateway.
    Inspect,
}

/// A request to be decided about.
#[derive(Debug)]
pub struct AccessRequest<'r> {
    /// What is wanted.
    pub intent: Intent,
    /// With which channels; none for [`Intent::Inspect`].
    pub channels: &'r [ChannelName],
    /// Where from; `None` where the server does not say.
    pub peer: Option<SocketAddr>,
    /// What was asked for.
    pub uri: &'r Uri,
    /// The headers, cookies among them.
    pub headers: &'r HeaderMap,
    /// What the token of the request says; its signature and times are checked already.
    pub claims: Option<&'r Claims>,
    pub(super) by_rules: Result<Grant, Denied>,
}

impl AccessRequest<'_> {
    /// What the rules of the gateway say.
    ///
    /// # Errors
    ///
    /// [`Denied`], if that is it.
    pub fn by_rules(self) -> Result<Grant, Denied> {
        self.by_rules
    }
}

/// That somebody may.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grant {
    /// Who it is, for presence and revocation.
    pub subject: Option<Arc<str>>,
    /// The name of what the grant rests on, such as a session or a token, to be revoked alone.
    pub id: Option<Arc<str>>,
    /// Until when. A connection that is open then is closed.
    pub until: Option<SystemTime>,
    /// Of a list, only the rows for which all of these hold, on fields as a [`Query`](pubsub_core::store::Query) calls them. Means nothing for anything else.
    pub rows: Vec<(String, Condition)>,
}

impl Grant {
    /// To whoever it is.
    #[must_use]
    pub fn to_anyone() -> Self {
        Self::default()
    }

    /// To somebody in particular.
    #[must_use]
    pub fn to(subject: impl Into<Arc<str>>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..Self::default()
        }
    }

    /// To no rows of a list but those whose field is this.
    ///
    /// ```
    /// use pubsub_gateway::Grant;
    ///
    /// let own = Grant::to("ann").rows_where("author", "ann");
    /// assert_eq!(own.rows.len(), 1);
    /// ```
    #[must_use]
    pub fn rows_where(mut self, field: impl Into<String>, is: impl Into<Condition>) -> Self {
        self.rows.push((field.into(), is.into()));
        self
    }

    /// Until then.
    #[must_use]
    pub fn until(mut self, until: SystemTime) -> Self {
        self.until = Some(until);
        self
    }
}

/// That somebody may not, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Whether other credentials might help: 401 instead of 403.
    pub is_unauthorized: bool,
    /// What the client is told.
    pub explain: Cow<'static, str>,
}

impl Denied {
    /// Nobody may with these credentials, or without any (401).
    #[must_use]
    pub fn unauthorized(explain: impl Into<Cow<'static, str>>) -> Self {
        Self {
            is_unauthorized: true,
            explain: explain.into(),
        }
    }

    /// This one may not (403).
    #[must_use]
    pub fn forbidden(explain: impl Into<Cow<'static, str>>) -> Self {
        Self {
            is_unauthorized: false,
            explain: explain.into(),
        }
    }
}
