//! The table from error conditions (RFC 6120 §8.3.3, XEP-0060 §4 to §8) to what a caller can do about them.

use std::sync::Arc;

use super::{AccessRule, PubSubError, Target};

/// The `type` of a stanza error (RFC 6120 §8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum FailureKind {
    Auth,
    Cancel,
    Modify,
    Wait,
}

/// A stanza error as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Failure {
    pub(in crate::session) kind: FailureKind,
    /// The defined condition.
    pub(in crate::session) condition: String,
    /// The condition of `http://jabber.org/protocol/pubsub#errors`.
    pub(in crate::session) specific: Option<String>,
    /// What `<unsupported/>` names.
    pub(in crate::session) feature: Option<String>,
    pub(in crate::session) text: Option<String>,
}

impl Failure {
    pub(in crate::session) fn is(&self, condition: &str) -> bool {
        self.condition == condition
    }
}

/// What a failure of a request about `target` at `service` means.
pub(in crate::session) fn classify(
    failure: Failure,
    target: Target,
    service: &Arc<str>,
) -> PubSubError {
    match failure.specific.as_deref() {
        Some("closed-node") => closed(target, AccessRule::Whitelist),
        Some("presence-subscription-required") => closed(target, AccessRule::Presence),
        Some("not-in-roster-group") => closed(target, AccessRule::Roster),
        Some("pending-subscription") => closed(target, AccessRule::Authorize),
        Some("not-subscribed") if failure.kind == FailureKind::Auth => {
            closed(target, AccessRule::Subscription)
        }
        Some("payload-too-big") => PubSubError::PayloadTooBig { target },
        Some("precondition-not-met") => PubSubError::PreconditionNotMet {
            target,
            field: failure.text.as_deref().and_then(field_named_in),
        },
        Some("unsupported") => PubSubError::Unsupported {
            target,
            feature: failure.feature,
        },
        _ => by_condition(failure, target, service),
    }
}

fn by_condition(failure: Failure, target: Target, service: &Arc<str>) -> PubSubError {
    let is_plain = failure.specific.is_none();
    let waiting_helps = failure.kind == FailureKind::Wait;
    match failure.condition.as_str() {
        "item-not-found" | "gone" => PubSubError::NotFound { target },
        "forbidden" | "not-allowed" | "not-authorized" | "registration-required" if is_plain => {
            PubSubError::Forbidden { target }
        }
        "subscription-required" => closed(target, AccessRule::Subscription),
        "conflict" if is_plain => PubSubError::Conflict { target },
        "feature-not-implemented" => PubSubError::Unsupported {
            target,
            feature: failure.feature,
        },
        "resource-constraint" => PubSubError::RateLimited {
            target,
            text: failure.text,
        },
        "policy-violation" if waiting_helps => PubSubError::RateLimited {
            target,
            text: failure.text,
        },
        "service-unavailable"
        | "remote-server-not-found"
        | "remote-server-timeout"
        | "recipient-unavailable" => PubSubError::NoSuchService {
            target,
            service: Arc::clone(service),
            condition: failure.condition,
        },
        _ => PubSubError::Refused {
            target,
            is_temporary: waiting_helps || (is_plain && failure.is("internal-server-error")),
            condition: failure.specific.unwrap_or(failure.condition),
            text: failure.text,
        },
    }
}

fn closed(target: Target, rule: AccessRule) -> PubSubError {
    PubSubError::Closed { target, rule }
}

/// The option that a service names in the text of a failed precondition: `Field does not match: access_model`,
/// `pubsub#access_model differs`.
fn field_named_in(text: &str) -> Option<String> {
    let is_separator = |character: char| {
        !character.is_ascii_alphanumeric() && character != '_' && character != '#'
    };
    text.split(is_separator)
        .find(|word| word.starts_with("pubsub#") || word.contains('_'))
        .map(|word| word.trim_start_matches("pubsub#").to_owned())
}

#[cfg(test)]
mod tests {
    use super::{AccessRule, Failure, FailureKind, PubSubError, Target, classify};
    use crate::NodeName;

    fn check(
        (kind, condition, specific): (FailureKind, &str, Option<&str>),
        expect: impl FnOnce(Target) -> PubSubError,
    ) {
        let target = Target::Node(NodeName::new("/n").unwrap());
        let failure = Failure {
            kind,
            condition: condition.to_owned(),
            specific: specific.map(str::to_owned),
            feature: Some("f".to_owned()),
            text: Some("text of access_model".to_owned()),
        };
        let error = classify(failure, target.clone(), &"pubsub.x".into());
        assert_eq!(error, expect(target));
    }

    #[test]
    fn conditions_about_rights_become_forbidden_or_closed() {
        use FailureKind::{Auth, Cancel};
        let forbidden = |target| PubSubError::Forbidden { target };
        check((Auth, "forbidden", None), forbidden);
        check((Cancel, "not-allowed", None), forbidden);
        let presence = "presence-subscription-required";
        for (condition, specific, rule) in [
            ("not-allowed", "closed-node", AccessRule::Whitelist),
            ("not-authorized", presence, AccessRule::Presence),
            ("not-authorized", "not-in-roster-group", AccessRule::Roster),
            (
                "not-authorized",
                "pending-subscription",
                AccessRule::Authorize,
            ),
            ("not-authorized", "not-subscribed", AccessRule::Subscription),
        ] {
            let closed = |target| PubSubError::Closed { target, rule };
            check((Auth, condition, Some(specific)), closed);
        }
    }

    #[test]
    fn conditions_about_nodes_and_payloads_are_told_apart() {
        use FailureKind::{Cancel, Modify};
        let text = Some("text of access_model".to_owned());
        check((Cancel, "item-not-found", None), |target| {
            PubSubError::NotFound { target }
        });
        check((Cancel, "conflict", None), |target| PubSubError::Conflict {
            target,
        });
        check(
            (Modify, "not-acceptable", Some("payload-too-big")),
            |target| PubSubError::PayloadTooBig { target },
        );
        check(
            (Cancel, "conflict", Some("precondition-not-met")),
            |target| PubSubError::PreconditionNotMet {
                target,
                field: Some("access_model".to_owned()),
            },
        );
        check((Modify, "bad-request", Some("invalid-payload")), |target| {
            PubSubError::Refused {
                target,
                condition: "invalid-payload".to_owned(),
                text,
                is_temporary: false,
            }
        });
    }

    #[test]
    fn conditions_about_the_service_say_whether_to_wait() {
        use FailureKind::{Cancel, Wait};
        let text = Some("text of access_model".to_owned());
        let limited = |target| PubSubError::RateLimited {
            target,
            text: text.clone(),
        };
        check((Wait, "resource-constraint", None), limited);
        check((Wait, "policy-violation", None), limited);
        let missing = "feature-not-implemented";
        check((Cancel, missing, Some("unsupported")), |target| {
            PubSubError::Unsupported {
                target,
                feature: Some("f".to_owned()),
            }
        });
        check((Cancel, "remote-server-not-found", None), |target| {
            PubSubError::NoSuchService {
                target,
                service: "pubsub.x".into(),
                condition: "remote-server-not-found".to_owned(),
            }
        });
        check((Cancel, "internal-server-error", None), |target| {
            PubSubError::Refused {
                target,
                condition: "internal-server-error".to_owned(),
                text: text.clone(),
                is_temporary: true,
            }
        });
    }

    #[test]
    fn an_error_names_its_node_and_whether_it_passes() {
        let target = Target::Node(NodeName::new("/n").unwrap());
        let error = PubSubError::Disconnected {
            target: target.clone(),
        };
        assert!(error.is_transient());
        let error = PubSubError::NotFound { target };
        assert!(!error.is_transient());
        assert_eq!(error.node().map(NodeName::as_str), Some("/n"));
        assert!(error.to_string().contains("node \"/n\""));
    }
}
