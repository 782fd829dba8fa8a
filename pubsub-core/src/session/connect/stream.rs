//! The stream after the login, on our own wire: features, then either the old stream goes on (XEP-0198 §5) or a
//! resource is bound (RFC 6120 §7), the service looked up and stream management enabled.

use std::borrow::Cow;

use pubsub_xml::{FrameKind, Reader, Scope, XmlError};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::stream_features::StreamFeatures;

use super::{Attempt, Established, Outcome, Resumable, discovery};
use crate::session::SessionConfig;
use crate::session::stanza::namespace::{CLIENT, SM, STREAM};
use crate::session::stanza::{Arrival, arrival, attribute, stream_error, text};
use crate::session::wire::Wire;
use crate::session::{ConnectError, Login};

const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";

/// A stream that the server promises to resume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Management {
    /// What to call it then; absent when it acknowledges but does not resume.
    pub(in crate::session) id: Option<String>,
}

pub(super) async fn begin(
    config: &SessionConfig,
    mut wire: Wire,
    attempt: Attempt,
) -> Result<Established, ConnectError> {
    let out = wire.out();
    out.push_str("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'");
    attribute(out, "to", config.account.domain().as_str());
    out.push('>');
    wire.open().await?;
    let features = features(&mut wire).await?;
    let largest_stanza = features.limits.as_ref().and_then(|limits| limits.max_bytes);
    let largest_stanza = largest_stanza.and_then(|bytes| usize::try_from(bytes.get()).ok());
    let manages = features.stream_management.is_some();
    if let Some(resumable) = &attempt.resume
        && manages
        && let Some(handled) = resume(&mut wire, resumable).await?
    {
        return Ok(Established {
            wire,
            outcome: Outcome::Resumed { handled },
            largest_stanza,
        });
    }
    if features.bind.is_none() {
        return Err(ConnectError::protocol(
            wire.host(),
            "it lets us in but binds no resource",
        ));
    }
    let address = bind(config, &mut wire, attempt.is_displaced).await?;
    let service = discovery::discover(config, &mut wire, None, attempt.service).await?;
    let management = if manages {
        enable(&mut wire).await?
    } else {
        None
    };
    Ok(Established {
        wire,
        outcome: Outcome::Fresh {
            address,
            management,
            service,
        },
        largest_stanza,
    })
}

async fn features(wire: &mut Wire) -> Result<StreamFeatures, ConnectError> {
    let frame = element(wire).await?;
    let scope = wire.scope();
    let parsed = (|| -> Result<Cow<'_, str>, XmlError> {
        let mut reader = Reader::with_scope(&frame, &scope);
        reader.root()?;
        reader.raw()
    })();
    let source = parsed.map_err(|error| unreadable(wire, &error))?;
    let features = source
        .parse::<Element>()
        .ok()
        .and_then(|element| StreamFeatures::try_from(element).ok());
    features
        .ok_or_else(|| ConnectError::protocol(wire.host(), "its stream features cannot be read"))
}

/// Asks to go on with the old stream; `None` when the server cannot.
async fn resume(wire: &mut Wire, resumable: &Resumable) -> Result<Option<u32>, ConnectError> {
    let out = wire.out();
    out.push_str("<resume xmlns='urn:xmpp:sm:3'");
    attribute(out, "h", &resumable.handled.to_string());
    attribute(out, "previd", &resumable.id);
    out.push_str("/>");
    wire.send().await?;
    let frame = element(wire).await?;
    let scope = wire.scope();
    let mut reader = Reader::with_scope(&frame, &scope);
    let root = reader.root().map_err(|error| unreadable(wire, &error))?;
    if root.is("resumed", SM) {
        let handled = reader.attribute("h").and_then(|h| h.parse().ok());
        return match handled {
            Some(handled) => Ok(Some(handled)),
            None => Err(ConnectError::protocol(
                wire.host(),
                "it resumes without a count",
            )),
        };
    }
    if root.is("failed", SM) {
        return Ok(None);
    }
    Err(ConnectError::protocol(
        wire.host(),
        "it neither resumes nor refuses to",
    ))
}

async fn bind(
    config: &SessionConfig,
    wire: &mut Wire,
    is_displaced: bool,
) -> Result<String, ConnectError> {
    let out = wire.out();
    out.push_str("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>");
    // Whoever took our resource keeps it (RFC 6120 §4.9.3.3), or we would throw each other out for ever.
    if let Some(resource) = config.resource.as_deref().filter(|_| !is_displaced) {
        out.push_str("<resource>");
        text(out, resource);
        out.push_str("</resource>");
    }
    out.push_str("</bind></iq>");
    wire.send().await?;
    let body = match answer(wire, "bind", CLIENT).await? {
        Ok(body) => body,
        Err(condition) if condition == "conflict" => {
            return Err(ConnectError::Stream {
                condition,
                text: None,
            });
        }
        Err(condition) => {
            let account = config.account.to_string();
            let reason = Login::Refused(format!("binding a resource: {condition}"));
            return Err(ConnectError::Authentication { account, reason });
        }
    };
    let address = (|| -> Result<Option<String>, XmlError> {
        let mut reader = Reader::new(&body);
        if reader.root()?.is("bind", BIND) {
            while let Some(child) = reader.child()? {
                if child.is("jid", BIND) {
                    return Ok(Some(reader.text()?.into_owned()));
                }
                reader.skip()?;
            }
        }
        Ok(None)
    })();
    match address {
        Ok(Some(address)) => Ok(address),
        _ => Err(ConnectError::protocol(
            wire.host(),
            "it binds a resource and does not say which",
        )),
    }
}

/// Enables stream management; a server that changes its mind is taken as it is.
async fn enable(wire: &mut Wire) -> Result<Option<Management>, ConnectError> {
    wire.out()
        .push_str("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
    wire.send().await?;
    loop {
        let frame = element(wire).await?;
        let scope = wire.scope();
        let mut reader = Reader::with_scope(&frame, &scope);
        let root = reader.root().map_err(|error| unreadable(wire, &error))?;
        if root.is("enabled", SM) {
            let resumes = matches!(reader.attribute("resume").as_deref(), Some("true" | "1"));
            let id = reader.attribute("id").filter(|_| resumes);
            return Ok(Some(Management {
                id: id.map(Cow::into_owned),
            }));
        }
        if root.is("failed", SM) {
            return Ok(None);
        }
        // A stanza may cross our request; what came before `<enabled/>` does not count.
    }
}

/// Waits for the answer to the request `id`: its body, or the condition of its error.
pub(super) async fn answer(
    wire: &mut Wire,
    id: &str,
    stanzas: &str,
) -> Result<Result<String, String>, ConnectError> {
    loop {
        let frame = element(wire).await?;
        let scope = wire.scope();
        let arrived = arrival(&frame, &scope, stanzas).map_err(|error| unreadable(wire, &error))?;
        match arrived {
            Arrival::Answer(answer) if answer.id == id => {
                let outcome = if answer.is_error {
                    answer.failure().map(|failure| Err(failure.condition))
                } else {
                    answer.body().map(Ok)
                };
                return outcome.map_err(|error| unreadable(wire, &error));
            }
            Arrival::StreamError(error) => return Err(error),
            _ => {}
        }
    }
}

/// The next child of the stream; its end, or a stream error, is an error.
pub(super) async fn element(wire: &mut Wire) -> Result<String, ConnectError> {
    let (kind, frame) = wire.next().await?;
    if kind != FrameKind::Element {
        return Err(ConnectError::Stream {
            condition: "closed".to_owned(),
            text: None,
        });
    }
    match ending(&frame, &wire.scope()) {
        Ok(None) => Ok(frame),
        Ok(Some(error)) => Err(error),
        Err(error) => Err(unreadable(wire, &error)),
    }
}

/// The stream error that `frame` is, if it is one.
fn ending(frame: &str, scope: &Scope) -> Result<Option<ConnectError>, XmlError> {
    let mut reader = Reader::with_scope(frame, scope);
    if reader.root()?.is("error", STREAM) {
        return stream_error(reader).map(Some);
    }
    Ok(None)
}

pub(super) fn unreadable(wire: &Wire, error: &XmlError) -> ConnectError {
    ConnectError::protocol(wire.host(), format!("its XML is broken ({error})"))
}
