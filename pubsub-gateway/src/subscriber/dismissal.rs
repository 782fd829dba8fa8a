//! Why a client is sent away, and what it is told.

use std::sync::Arc;

use crate::frame::{Farewell, json_text};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dismissal {
    /// Its place in a channel is lost: it reads slower than messages are published.
    TooSlow,
    /// What let it in was taken back.
    Revoked,
    /// What let it in has expired.
    Expired,
    /// The gateway ends; it may go on elsewhere.
    Leaving(Option<Arc<str>>),
}

/// Codes of a closing WebSocket (RFC 6455 §7.4.1, and its registry).
const POLICY: u16 = 1008;
const RESTART: u16 = 1012;
const TRY_AGAIN_LATER: u16 = 1013;

impl Dismissal {
    pub(crate) fn farewell(&self) -> Farewell {
        let plain = |code, reason: &str| Farewell {
            code,
            reason: reason.to_owned(),
            event: None,
        };
        match self {
            Self::TooSlow => plain(TRY_AGAIN_LATER, "too slow: messages were lost"),
            Self::Revoked => Farewell {
                event: Some(("revoked", "{}".to_owned())),
                ..plain(POLICY, "access was revoked")
            },
            Self::Expired => Farewell {
                event: Some(("expired", "{}".to_owned())),
                ..plain(POLICY, "the token has expired")
            },
            Self::Leaving(to) => {
                let hint = match to {
                    Some(to) => format!("{{\"reconnect\":{}}}", json_text(to)),
                    None => "{\"reconnect\":null}".to_owned(),
                };
                Farewell {
                    event: Some(("reconnect", hint.clone())),
                    ..plain(RESTART, &hint)
                }
            }
        }
    }
}
