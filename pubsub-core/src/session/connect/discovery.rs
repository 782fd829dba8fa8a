//! Finds the PubSub service and what it can do (XEP-0030, XEP-0060 §5.1).
//!
//! Only what changes our own behaviour is kept. Several items in one publish are believed only of a service that
//! promises them as one whole: Prosody announces `multi-items` and drops all but the first.

use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::stream::answer;
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{CLIENT, COMPONENT, DISCO_INFO, DISCO_ITEMS};
use crate::session::wire::Wire;
use crate::session::{ConnectError, SessionConfig};

/// Announced by services that take several items in one publish, all of them or none.
const ATOMIC_PUBLISH: &str = "urn:pubsub:batch:1";
/// Announced by services at which a node that does not exist can be awaited.
const AWAIT: &str = "urn:pubsub:await:1";
const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";
const AUTO_CREATE: &str = "http://jabber.org/protocol/pubsub#auto-create";

/// The service and what it can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a feature that is announced or not"
)]
pub(in crate::session) struct Service {
    pub(in crate::session) address: Arc<str>,
    /// It takes several items in one publish, all or none.
    pub(in crate::session) publishes_several: bool,
    /// It checks the options that come with a publish.
    pub(in crate::session) checks_options: bool,
    /// It creates a missing node by itself when something is published to it.
    pub(in crate::session) creates_nodes: bool,
    /// Who subscribes to a node that does not exist hears of it when it does.
    pub(in crate::session) awaits_nodes: bool,
}

/// An entity's answer to disco#info.
#[derive(Debug, Default)]
struct Info {
    is_pubsub: bool,
    features: Vec<String>,
}

/// Looks up the service: the configured one, the one known from before, or whatever the server announces.
pub(super) async fn discover(
    config: &SessionConfig,
    wire: &mut Wire,
    from: Option<&str>,
    known: Option<Service>,
) -> Result<Service, ConnectError> {
    let mut asker = Asker {
        wire,
        from,
        count: 0,
    };
    if let Some(known) = known {
        // The server is back; that its service is not must not keep us away.
        let info = asker.info(&known.address).await?;
        return Ok(info.map_or(known.clone(), |info| service(&known.address, &info)));
    }
    if let Some(address) = &config.service {
        let address: Arc<str> = address.as_str().into();
        return match asker.info(&address).await? {
            Some(info) => Ok(service(&address, &info)),
            None => Err(missing(&address)),
        };
    }
    let domain = config.account.domain().as_str();
    // A component lives beside the service, below the domain of the server.
    let domain = match domain.split_once('.') {
        Some((_, parent)) if config.is_component() => parent,
        _ => domain,
    };
    let usual: Arc<str> = format!("pubsub.{domain}").into();
    if let Some(info) = asker.info(&usual).await?
        && info.is_pubsub
    {
        return Ok(service(&usual, &info));
    }
    for address in asker.items(domain).await? {
        if let Some(info) = asker.info(&address).await?
            && info.is_pubsub
        {
            return Ok(service(&address.into(), &info));
        }
    }
    Err(missing(&usual))
}

fn missing(address: &str) -> ConnectError {
    ConnectError::NoSuchService {
        service: address.to_owned(),
    }
}

fn service(address: &Arc<str>, info: &Info) -> Service {
    let has = |feature: &str| info.features.iter().any(|known| known == feature);
    Service {
        address: Arc::clone(address),
        publishes_several: has(ATOMIC_PUBLISH),
        checks_options: has(PUBLISH_OPTIONS),
        creates_nodes: has(AUTO_CREATE),
        awaits_nodes: has(AWAIT),
    }
}

struct Asker<'w> {
    wire: &'w mut Wire,
    from: Option<&'w str>,
    count: u32,
}

impl Asker<'_> {
    async fn ask(&mut self, to: &str, namespace: &str) -> Result<Option<String>, ConnectError> {
        self.count += 1;
        let id = format!("disco-{}", self.count);
        let out = self.wire.out();
        out.push_str("<iq type='get'");
        attribute(out, "to", to);
        if let Some(from) = self.from {
            attribute(out, "from", from);
        }
        attribute(out, "id", &id);
        out.extend(["><query xmlns='", namespace, "'/></iq>"]);
        self.wire.send().await?;
        let stanzas = if self.from.is_some() {
            COMPONENT
        } else {
            CLIENT
        };
        Ok(answer(self.wire, &id, stanzas).await?.ok())
    }

    /// `None` when there is nobody at that address.
    async fn info(&mut self, address: &str) -> Result<Option<Info>, ConnectError> {
        let Some(body) = self.ask(address, DISCO_INFO).await? else {
            return Ok(None);
        };
        match info(&body) {
            Ok(info) => Ok(Some(info)),
            Err(error) => Err(super::stream::unreadable(self.wire, &error)),
        }
    }

    async fn items(&mut self, address: &str) -> Result<Vec<String>, ConnectError> {
        let Some(body) = self.ask(address, DISCO_ITEMS).await? else {
            return Ok(Vec::new());
        };
        items(&body).map_err(|error| super::stream::unreadable(self.wire, &error))
    }
}

fn info(body: &str) -> Result<Info, XmlError> {
    let mut info = Info::default();
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("identity", DISCO_INFO) {
            info.is_pubsub |= reader.attribute("category").as_deref() == Some("pubsub")
                && reader.attribute("type").as_deref() == Some("service");
        } else if child.is("feature", DISCO_INFO)
            && let Some(feature) = reader.attribute("var")
        {
            info.features.push(feature.into_owned());
        }
        reader.skip()?;
    }
    Ok(info)
}

/// The addresses of an entity's parts; parts that are nodes of it are left out.
fn items(body: &str) -> Result<Vec<String>, XmlError> {
    let mut addresses = Vec::new();
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("item", DISCO_ITEMS)
            && reader.attribute("node").is_none()
            && let Some(address) = reader.attribute("jid")
        {
            addresses.push(address.into_owned());
        }
        reader.skip()?;
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::{info, items, service};

    fn check(features: &[&str], several: bool, options: bool, creates: bool) {
        let features: String = features
            .iter()
            .map(|var| format!("<feature var='{var}'/>"))
            .collect();
        let body = format!(
            "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='service'/>{features}</query>"
        );
        let info = info(&body).unwrap();
        assert!(info.is_pubsub);
        let service = service(&"p".into(), &info);
        assert_eq!(
            (
                service.publishes_several,
                service.checks_options,
                service.creates_nodes
            ),
            (several, options, creates)
        );
        let awaits = features.contains("urn:pubsub:await:1");
        assert_eq!(service.awaits_nodes, awaits);
    }

    #[test]
    fn only_an_atomic_promise_is_believed() {
        check(
            &["http://jabber.org/protocol/pubsub#multi-items"],
            false,
            false,
            false,
        );
        check(&["urn:pubsub:batch:1"], true, false, false);
        check(&["urn:pubsub:await:1"], false, false, false);
        check(
            &[
                "http://jabber.org/protocol/pubsub#publish-options",
                "http://jabber.org/protocol/pubsub#auto-create",
            ],
            false,
            true,
            true,
        );
    }

    #[test]
    fn the_parts_of_a_server_are_listed() {
        let body = "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='a.x'/>\
                    <item jid='b.x' node='n'/><item jid='c.x' name='C'/></query>";
        assert_eq!(items(body).unwrap(), ["a.x", "c.x"]);
    }
}
