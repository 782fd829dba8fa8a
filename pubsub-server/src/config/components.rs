//! Which external components (XEP-0114) a server lets in, and where.

use std::net::SocketAddr;

/// External components.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Components {
    /// Where they connect. Port 0 takes a free one. What is said there is not encrypted: keep it on loopback or a private network. Default: nowhere.
    pub listen: Option<SocketAddr>,
    /// The domain of each, and the secret that it shows it knows. The newest of two that speak for one domain wins. Default: none.
    pub secrets: Vec<(String, String)>,
}

impl std::fmt::Debug for Components {
    /// Leaves the secrets out.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let domains: Vec<_> = self.secrets.iter().map(|(domain, _)| domain).collect();
        formatter
            .debug_struct("Components")
            .field("listen", &self.listen)
            .field("domains", &domains)
            .finish()
    }
}
