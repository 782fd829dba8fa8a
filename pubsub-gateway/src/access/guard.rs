//! The decision about a request: its token is checked, the rules are applied, and the hook is asked, if there is one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use super::claims::Claims;
use super::hook::{Access, AccessRequest, Denied, Grant, Intent};
use super::local::is_local;
use super::revoked::{Revocation, Revoked, Stage};
use super::token::{TokenError, check};
use crate::channel::ChannelName;
use crate::settings::{AccessRules, Audience};

/// What is asked of the doorkeeper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'r> {
    pub(crate) intent: Intent,
    pub(crate) channels: &'r [ChannelName],
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    /// The token in the query.
    pub(crate) token: Option<&'r str>,
    /// Those of the channels that are not for everybody.
    pub(crate) private: &'r [&'r ChannelName],
}

/// Who somebody is that was let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) subject: Option<Arc<str>>,
    pub(crate) id: Option<Arc<str>>,
}

/// Decides about requests.
pub(crate) struct Doorkeeper {
    rules: AccessRules,
    hook: Option<Arc<dyn Access>>,
    revoked: Revoked,
}

impl Doorkeeper {
    pub(crate) fn new(rules: AccessRules, hook: Option<Arc<dyn Access>>) -> Self {
        Self {
            rules,
            hook,
            revoked: Revoked::default(),
        }
    }

    /// Whether that may be.
    pub(crate) async fn decide(&self, wish: Wish<'_>) -> Result<Grant, Denied> {
        let now = seconds(SystemTime::now());
        let claims = self.claims(&wish, now)?;
        let by_rules = self.by_rules(&wish, claims.as_ref());
        let Some(hook) = &self.hook else {
            return by_rules;
        };
        let request = AccessRequest {
            intent: wish.intent,
            channels: wish.channels,
            peer: wish.peer,
            uri: wish.uri,
            headers: wish.headers,
            claims: claims.as_ref(),
            by_rules,
        };
        hook.decide(request).await
    }

    /// Takes something back. Who is here with it is the caller's business.
    pub(crate) fn revoke(&self, revocation: &Revocation) {
        self.revoked.add(revocation, seconds(SystemTime::now()));
    }

    /// What was taken back so far. To be asked for before a decision that somebody stays with.
    pub(crate) fn stage(&self) -> Stage {
        self.revoked.stage()
    }

    /// Whether something was taken back from somebody after that.
    pub(crate) fn was_revoked(&self, identity: &Identity, stage: Stage) -> bool {
        self.revoked.concerns(identity, stage)
    }

    /// What the token says, if there is one; one that is not in order is refused wherever it comes with.
    fn claims(&self, wish: &Wish<'_>, now: u64) -> Result<Option<Claims>, Denied> {
        let by_header = wish
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = by_header.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then_some(token.trim())
        });
        let Some(token) = bearer.or(wish.token) else {
            return Ok(None);
        };
        // Where no key is known, `Authorization` is somebody else's business: the hook's, or that of an application around us.
        if self.rules.keys.is_empty() {
            return Ok(None);
        }
        let denied = |error: TokenError| Denied::unauthorized(error.to_string());
        let claims = check(&self.rules.keys, token, now).map_err(denied)?;
        if self.revoked.holds(&claims) {
            return Err(denied(TokenError::Revoked));
        }
        Ok(Some(claims))
    }

    fn by_rules(&self, wish: &Wish<'_>, claims: Option<&Claims>) -> Result<Grant, Denied> {
        let is_local = is_local(wish.peer, wish.headers, &self.rules.local_names);
        let has = |may: fn(&Claims, &str) -> bool| {
            claims.is_some_and(|claims| {
                wish.channels
                    .iter()
                    .all(|channel| may(claims, channel.as_str()))
            })
        };
        let is_allowed = match wish.intent {
            Intent::Subscribe | Intent::List => wish
                .private
                .iter()
                .all(|channel| claims.is_some_and(|claims| claims.may_subscribe(channel.as_str()))),
            Intent::Publish => self.rules.publishing.includes(is_local) || has(Claims::may_publish),
            Intent::Inspect => self.rules.inspection.includes(is_local),
        };
        if is_allowed {
            return Ok(claims.map_or_else(Grant::to_anyone, grant));
        }
        let explain = match wish.intent {
            Intent::Subscribe => "Subscribing to a private channel needs a token for it.",
            Intent::Publish => {
                "Publishing is for callers of this machine, or with a token for the channel."
            }
            Intent::List => "Reading these rows needs a token for the channel of their node.",
            Intent::Inspect => "Statistics are for callers of this machine.",
        };
        match claims {
            Some(_) => Err(Denied::forbidden(explain)),
            None if self.rules.keys.is_empty() => Err(Denied::forbidden(explain)),
            None => Err(Denied::unauthorized(explain)),
        }
    }
}

impl Audience {
    fn includes(self, is_local: bool) -> bool {
        match self {
            Self::Anyone => true,
            Self::Local => is_local,
            Self::Nobody => false,
        }
    }
}

fn grant(claims: &Claims) -> Grant {
    Grant {
        subject: claims.subject.as_deref().map(Into::into),
        id: claims.id.as_deref().map(Into::into),
        until: UNIX_EPOCH.checked_add(Duration::from_secs(claims.expires)),
        rows: Vec::new(),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

impl Identity {
    pub(crate) fn of(grant: &Grant) -> Option<Arc<Self>> {
        let identity = Self {
            subject: grant.subject.clone(),
            id: grant.id.clone(),
        };
        (identity != Self::default()).then(|| Arc::new(identity))
    }
}

impl std::fmt::Debug for Doorkeeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Doorkeeper")
            .field("rules", &self.rules)
            .field("has_hook", &self.hook.is_some())
            .finish_non_exhaustive()
    }
}
