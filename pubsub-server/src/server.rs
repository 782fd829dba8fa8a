//! The server as its embedder sees it: bind, serve, shut down.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use pubsub_xml::Reader;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[cfg(feature = "durable")]
use crate::accounts::SqliteAccounts;
use crate::accounts::{AccountError, Accounts, MemoryAccounts, add_account};
use crate::address;
use crate::assembly::prepare;
use crate::broker;
use crate::config::Config;
use crate::host::Host;
use crate::http::HttpService;
use crate::listener::{self, Listeners};
use crate::router::Wakes;
use crate::statistics::Statistics;
use crate::storage::StorageError;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The address is taken, or not one of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The domain, or that of the PubSub service or the rooms, is no domain, or two are the same.
    #[error("\"{0}\" cannot be the domain of a server")]
    Domain(String),
    /// TLS is to be spoken over HTTP, and there is no certificate for it.
    #[error("http.encrypted needs a certificate in encryption")]
    Certificate,
    /// A component has no secret.
    #[error("the component {0} needs a secret")]
    Secret(String),
    /// The work factor of SCRAM is zero.
    #[error("scram_iterations must be at least 1")]
    Iterations,
    /// A limit is zero, with which nobody could be served.
    #[error("limits.{0} must be at least 1: with 0 nobody could be served")]
    Limit(&'static str),
    /// An account of the configuration could not be made.
    #[error("an account could not be made")]
    Account(#[source] AccountError),
    /// What was stored could not be read.
    #[error("the stored state could not be read")]
    Storage(#[source] StorageError),
    /// What is kept of people could not be read.
    #[cfg(feature = "durable")]
    #[error(transparent)]
    Database(crate::DatabaseError),
}

/// Why something was not said in a room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnounceError {
    /// The configuration has switched rooms off.
    #[error("this server has no rooms; enable them in its configuration")]
    NoRooms,
    /// The name is no part of a JID.
    #[error("\"{0}\" cannot be the name of a room")]
    Name(String),
    /// The text has characters that XML cannot carry.
    #[error("the text has characters that XML cannot carry")]
    Text,
    /// The payload is no XML.
    #[error("the payload is not well-formed")]
    Payload(#[source] pubsub_xml::XmlError),
    /// The rooms are full.
    #[error("{0}")]
    Refused(&'static str),
}

/// A server that listens but does not serve yet.
#[derive(Debug)]
pub struct Server {
    listeners: Listeners,
    addresses: Addresses,
    host: Arc<Host>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug)]
struct Addresses {
    xmpp: SocketAddr,
    direct: Option<SocketAddr>,
    http: Option<SocketAddr>,
    components: Option<SocketAddr>,
}

impl Server {
    /// Takes the address and reads what is stored. Clients can connect from now on; they are answered once the server serves.
    ///
    /// # Errors
    ///
    /// [`BindError`] says what stands in the way.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        if config.http.encrypted && config.encryption.is_none() {
            return Err(BindError::Certificate);
        }
        let host = Arc::new(prepare(&config, kept(&config).await?)?);
        #[cfg(feature = "durable")]
        if let Some(database) = &config.database {
            let read = host.people.keep_in(database).await;
            read.map_err(BindError::Database)?;
        }
        for (username, password) in &config.accounts {
            let given = host.accounts.given();
            match add_account(given, username, password, config.scram_iterations).await {
                // Of two that are given, the first one counts.
                Ok(()) | Err(AccountError::Taken(_)) => {}
                Err(error) => return Err(BindError::Account(error)),
            }
        }
        #[cfg(feature = "durable")]
        if let (Some(rooms), Some(database)) = (&host.rooms, &host.database) {
            rooms.restore(database).await.map_err(BindError::Database)?;
        }
        let (xmpp, xmpp_address) = listen(config.listen).await?;
        let (direct, direct_address) = match config.encryption.as_ref().and_then(|tls| tls.direct) {
            Some(address) => {
                let (listener, address) = listen(address).await?;
                (Some(listener), Some(address))
            }
            None => (None, None),
        };
        let (http, http_address) = match config.http.listen {
            Some(address) => {
                let (listener, address) = listen(address).await?;
                (Some(listener), Some(address))
            }
            None => (None, None),
        };
        let (components, components_address) = match config.components.listen {
            Some(address) => {
                let (listener, address) = listen(address).await?;
                (Some(listener), Some(address))
            }
            None => (None, None),
        };
        tracing::info!(address = %xmpp_address, direct_tls = ?direct_address, http = ?http_address, domain = %host.domain, "listening for XMPP clients");
        Ok(Self {
            listeners: Listeners {
                xmpp,
                direct,
                http,
                components,
            },
            addresses: Addresses {
                xmpp: xmpp_address,
                direct: direct_address,
                http: http_address,
                components: components_address,
            },
            host,
        })
    }

    /// Binds and serves in a task of its own until the returned handle is shut down or dropped.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub async fn spawn(config: Config) -> Result<RunningServer, BindError> {
        let server = Self::bind(config).await?;
        let (addresses, host) = (server.addresses, server.host.clone());
        let task = tokio::spawn(listener::run(server.listeners, server.host));
        Ok(RunningServer {
            addresses,
            host,
            task: Some(task),
        })
    }

    /// The address it listens on, with the real port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addresses.xmpp
    }

    /// The address it listens on for direct TLS, with the real port, if it does.
    #[must_use]
    pub fn direct_tls_addr(&self) -> Option<SocketAddr> {
        self.addresses.direct
    }

    /// The address it listens on for HTTP, with the real port, if it does.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.addresses.http
    }

    /// The address it listens on for components, with the real port, if it does.
    #[must_use]
    pub fn component_addr(&self) -> Option<SocketAddr> {
        self.addresses.components
    }

    /// BOSH and WebSocket, to be served by an HTTP server of the caller.
    #[must_use]
    pub fn http_service(&self) -> HttpService {
        HttpService::new(self.host.clone())
    }

    /// The domain of its accounts.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.host.domain
    }

    /// The address of its PubSub service.
    #[must_use]
    pub fn pubsub_domain(&self) -> &str {
        self.host.pubsub()
    }

    /// Serves until `shutdown` is ready, then tells every client, and returns when all have left or their time is up.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts all clients off at once.
    pub async fn serve_until(self, shutdown: impl Future<Output = ()>) {
        let host = self.host.clone();
        let signal = async {
            shutdown.await;
            host.shutdown.send_replace(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listener::run(self.listeners, self.host.clone()) => {}
            () = signal => {}
        }
        settle(self.host).await;
    }
}

/// A server that serves in the background. Dropping it cuts all clients off; [`shutdown`](Self::shutdown) lets them go in peace.
#[derive(Debug)]
pub struct RunningServer {
    addresses: Addresses,
    host: Arc<Host>,
    task: Option<JoinHandle<()>>,
}

impl RunningServer {
    /// The address it listens on, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addresses.xmpp
    }

    /// The address it listens on for direct TLS, with the real port, if it does.
    #[must_use]
    pub fn direct_tls_addr(&self) -> Option<SocketAddr> {
        self.addresses.direct
    }

    /// The address it listens on for HTTP, with the real port, if it does.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.addresses.http
    }

    /// The address it listens on for components, with the real port, if it does.
    #[must_use]
    pub fn component_addr(&self) -> Option<SocketAddr> {
        self.addresses.components
    }

    /// BOSH and WebSocket, to be served by an HTTP server of the caller.
    #[must_use]
    pub fn http_service(&self) -> HttpService {
        HttpService::new(self.host.clone())
    }

    /// The domain of its accounts.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.host.domain
    }

    /// The address of its PubSub service.
    #[must_use]
    pub fn pubsub_domain(&self) -> &str {
        self.host.pubsub()
    }

    /// What it is doing. Costs a look at every shard of the service, so once a second is often enough.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics::of(&self.host)
    }

    /// Says something in a room, in the room's own name: a message from its address without a nickname, which nobody else can send. `room` is the part
    /// before the `@`. A room that does not exist is made, to last, and owned by nobody but the server. `payload` are XML elements that go beside the
    /// text, or nothing.
    ///
    /// # Errors
    ///
    /// [`AnnounceError`] says what is wrong with the room or the payload.
    pub fn announce(&self, room: &str, text: &str, payload: &str) -> Result<(), AnnounceError> {
        let host = &self.host;
        let rooms = host.rooms.as_ref().ok_or(AnnounceError::NoRooms)?;
        let local =
            address::normalize_local(room).ok_or_else(|| AnnounceError::Name(room.to_owned()))?;
        let mut content = String::from("<body>");
        pubsub_xml::escape_text(&mut content, text).map_err(|_| AnnounceError::Text)?;
        content.push_str("</body>");
        content.push_str(payload);
        let whole = format!("<message>{content}</message>");
        let mut reader = Reader::new(&whole);
        let check = reader.root().and_then(|_| reader.inner().map(drop));
        check
            .and_then(|()| reader.finish())
            .map_err(AnnounceError::Payload)?;
        let jid = format!("{local}@{}", rooms.domain);
        let mut wakes = Wakes::default();
        rooms
            .announce(
                &jid,
                &host.domain,
                content.into(),
                broker::now(),
                &mut wakes,
            )
            .map_err(|refusal| AnnounceError::Refused(refusal.error().text))
    }

    /// Adds an account, which is kept if accounts are.
    ///
    /// # Errors
    ///
    /// [`AccountError`] when the name is taken or invalid, or the accounts cannot be reached.
    pub async fn add_account(&self, username: &str, password: &str) -> Result<(), AccountError> {
        add_account(
            &self.host.accounts,
            username,
            password,
            self.host.scram_iterations.get(),
        )
        .await
    }

    /// Adds an account that ends with the server.
    ///
    /// # Errors
    ///
    /// As [`add_account`](Self::add_account).
    pub async fn add_passing_account(
        &self,
        username: &str,
        password: &str,
    ) -> Result<(), AccountError> {
        add_account(
            self.host.accounts.given(),
            username,
            password,
            self.host.scram_iterations.get(),
        )
        .await
    }

    /// Tells every client that the server goes down, and returns when all have left or their time is up.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts all clients off at once.
    pub async fn shutdown(mut self) {
        self.host.shutdown.send_replace(true);
        if let Some(task) = &mut self.task {
            let _ = task.await;
        }
        self.task = None;
        settle(self.host.clone()).await;
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.host.crew.dismiss();
        self.host.broker.close();
    }
}

/// Waits until everything that was decided is on the disk, and the store is let go.
async fn settle(host: Arc<Host>) {
    #[cfg(feature = "durable")]
    host.people.finish().await;
    let _ = tokio::task::spawn_blocking(move || host.broker.stop()).await;
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let refused = |source| BindError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// The accounts that outlive this run of the server.
#[cfg_attr(
    not(feature = "durable"),
    expect(clippy::unused_async, reason = "only a database has to be waited for")
)]
async fn kept(config: &Config) -> Result<Arc<dyn Accounts>, BindError> {
    if let Some(store) = &config.accounts_store {
        return Ok(store.clone());
    }
    #[cfg(feature = "durable")]
    if let Some(database) = &config.database {
        let accounts = SqliteAccounts::open(database).await;
        return Ok(Arc::new(accounts.map_err(BindError::Database)?));
    }
    Ok(Arc::new(MemoryAccounts::default()))
}
