//! Where the server of a domain is: SRV records (RFC 6120 §3.2.1), or else the domain itself at the usual port.

use std::net::IpAddr;

use crate::session::SessionConfig;
use crate::session::config::{Endpoint, Security};

/// The places to try, best first.
pub(super) async fn endpoints(config: &SessionConfig) -> Vec<Endpoint> {
    if let Some(endpoint) = &config.endpoint {
        return vec![endpoint.clone()];
    }
    let domain = config.account.domain().as_str();
    let (service, port) = match config.security {
        Security::DirectTls => ("_xmpps-client._tcp", 5223),
        Security::StartTls | Security::Off => ("_xmpp-client._tcp", 5222),
    };
    let literal = domain.trim_matches(['[', ']']);
    let host = ascii(literal);
    if literal.parse::<IpAddr>().is_err() && host != "localhost" {
        let found = records(service, &host, config.connect_deadline / 3).await;
        if !found.is_empty() {
            return found;
        }
    }
    vec![Endpoint { host, port }]
}

/// A domain as DNS and TLS spell it.
pub(super) fn ascii(domain: &str) -> String {
    url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string())
}

#[cfg(feature = "dns")]
async fn records(service: &str, host: &str, limit: std::time::Duration) -> Vec<Endpoint> {
    use hickory_resolver::TokioResolver;
    use hickory_resolver::proto::rr::RData;

    use super::srv::{Record, in_order};

    let lookup = async {
        let resolver = TokioResolver::builder_tokio().ok()?.build().ok()?;
        resolver.srv_lookup(format!("{service}.{host}.")).await.ok()
    };
    let Ok(Some(lookup)) = tokio::time::timeout(limit, lookup).await else {
        tracing::debug!(%service, %host, "no SRV records");
        return Vec::new();
    };
    let records = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(Record {
                priority: srv.priority,
                weight: srv.weight,
                host: srv.target.to_ascii().trim_end_matches('.').to_owned(),
                port: srv.port,
            }),
            _ => None,
        });
    // A lone "." says that the domain has no such service; it names no host (RFC 2782, "Target").
    let records = records.filter(|record| !record.host.is_empty()).collect();
    in_order(records, |limit| rand::random_range(0..limit))
        .into_iter()
        .map(|Record { host, port, .. }| Endpoint { host, port })
        .collect()
}

#[cfg(not(feature = "dns"))]
fn records(
    _service: &str,
    _host: &str,
    _limit: std::time::Duration,
) -> std::future::Ready<Vec<Endpoint>> {
    std::future::ready(Vec::new())
}
