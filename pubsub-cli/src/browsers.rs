//! What is settled about browsers, for `serve` and `gateway`: a table of the configuration file first, then the command line, which wins.
//! Keys and certificates are read here; nothing is started.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pubsub_gateway::settings::{Audience, Lists, Origins};
use pubsub_gateway::{Settings, TokenKey};
use serde::Deserialize;

use crate::Failure;
use crate::certificate::{Certificate, read};

/// The word for all origins.
const ANY: &str = "any";

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A key that signs channel tokens: a secret of 32 bytes or more, or an Ed25519 key in PEM; may be given several times
    #[arg(long = "token-key", value_name = "FILE")]
    token_keys: Vec<PathBuf>,
    #[arg(
        long = "origin",
        value_name = "ORIGIN",
        help = "An origin whose pages may connect, such as https://example.org, or `any`; may be given several times [default: our own]"
    )]
    origins: Vec<String>,
    /// The chain of certificates for TLS, in PEM: for HTTPS, and for STARTTLS where XMPP is served [default: no encryption]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

/// The table `gateway` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    #[serde(default)]
    token_keys: Vec<PathBuf>,
    #[serde(default)]
    origins: Vec<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    /// What the names of channels begin with that need a token.
    private: Option<Vec<String>>,
    /// Who may publish without a token.
    publishing: Option<Callers>,
    /// Who may see statistics and metrics.
    inspection: Option<Callers>,
    /// Whether what a WebSocket sends is published.
    #[serde(default)]
    websocket_publishing: bool,
    /// The channel that tells of channels.
    events: Option<String>,
    /// What the names of wildcard channels begin with.
    wildcard_prefix: Option<String>,
    /// Where clients go on when this program ends.
    reconnect_to: Option<String>,
    /// How long they are sent away one after another.
    drain_seconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Callers {
    Anyone,
    Local,
    Nobody,
}

/// What the HTTP side does.
#[derive(Debug)]
pub(crate) struct Browsers {
    pub(crate) settings: Settings,
    /// Those of all doors for pages.
    pub(crate) origins: Origins,
}

impl Options {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.token_keys.is_empty() && self.origins.is_empty()
    }

    /// The certificate that is given here or there.
    pub(crate) fn certificate(&self, table: &Table) -> Result<Option<Certificate>, Failure> {
        let either =
            |here: &Option<PathBuf>, there: &Option<PathBuf>| here.clone().or(there.clone());
        Certificate::read(
            either(&self.tls_certificate, &table.tls_certificate),
            either(&self.tls_key, &table.tls_key),
        )
    }

    /// What is to be done.
    pub(crate) fn into_browsers(self, table: Table) -> Result<Browsers, Failure> {
        let origins = origins([table.origins, self.origins].concat())?;
        // What the nodes hold is known from what they say of themselves.
        let lists = Lists {
            discover: true,
            ..Lists::default()
        };
        let mut settings = Settings {
            origins: origins.clone(),
            lists: Some(lists),
            reconnect_to: table.reconnect_to,
            ..Settings::default()
        };
        for file in table.token_keys.iter().chain(&self.token_keys) {
            settings.access.keys.push(token_key(file)?);
        }
        if let Some(private) = table.private {
            settings.access.private = private;
        }
        if let Some(callers) = table.publishing {
            settings.access.publishing = callers.into();
        }
        if let Some(callers) = table.inspection {
            settings.access.inspection = callers.into();
        }
        if let Some(seconds) = table.drain_seconds {
            settings.drain = Duration::from_secs(seconds);
        }
        settings.websocket.allows_publish = table.websocket_publishing;
        settings.channels.events = table.events;
        settings.channels.wildcard_prefix = table.wildcard_prefix;
        Ok(Browsers { settings, origins })
    }
}

impl From<Callers> for Audience {
    fn from(callers: Callers) -> Self {
        match callers {
            Callers::Anyone => Self::Anyone,
            Callers::Local => Self::Local,
            Callers::Nobody => Self::Nobody,
        }
    }
}

/// A key of channel tokens.
pub(crate) fn token_key(file: &Path) -> Result<TokenKey, Failure> {
    TokenKey::from_file_content(&read(file)?)
        .map_err(|error| format!("{}: {error}", file.display()).into())
}

fn origins(list: Vec<String>) -> Result<Origins, Failure> {
    if list.is_empty() {
        return Ok(Origins::Same);
    }
    if list.iter().any(|origin| origin == ANY) {
        return Ok(Origins::Any);
    }
    for origin in &list {
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', '@', '*', ' ']))
        {
            return Err(format!(
                "the origin \"{origin}\": write http:// or https://, a host, a port where it is not the usual one, and nothing behind it; \
                 or `{ANY}`"
            )
            .into());
        }
    }
    Ok(Origins::Listed(list))
}
