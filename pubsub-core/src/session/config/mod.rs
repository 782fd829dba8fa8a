//! Where to connect, as whom, and how patiently. A plain value; reading it touches neither network nor environment.
//!
//! The URL form is in `url`. What the numbers mean for the running session is in `engine`.

mod error;
mod secret;
mod url;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jid::{BareJid, Jid};

pub use self::error::ConfigError;
pub(in crate::session) use self::secret::Secret;

/// Who we are to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Identity {
    /// A user account, `account@domain`.
    Account { user: String, password: Secret },
    /// Whoever the server lets in without an account (SASL ANONYMOUS).
    Anonymous,
    /// An external component (XEP-0114), whose name is the domain.
    Component { secret: Secret },
}

/// How the bytes are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Security {
    /// STARTTLS; without it only over loopback.
    StartTls,
    /// TLS from the first byte (XEP-0368).
    DirectTls,
    /// None. For an account over loopback only; for a component anywhere, because it was asked for.
    Off,
}

/// What a login may be content with. SCRAM, bound to TLS where the server can, is always tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum LoginRule {
    /// Nothing but SCRAM.
    Scram,
    /// PLAIN, where the server offers no SCRAM.
    PlainAllowed,
    /// Nothing but SCRAM bound to TLS.
    Bound,
}

/// A host and port to connect to instead of what DNS says of the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Endpoint {
    pub(in crate::session) host: String,
    pub(in crate::session) port: u16,
}

/// The settings of a [`Session`](crate::session::Session).
///
/// Made from a URL and refined by the methods below:
///
/// | URL | meaning |
/// |---|---|
/// | `xmpp://user:password@domain[:port]` | an account; STARTTLS is required unless the server is on this machine and offers none |
/// | `xmpps://user:password@domain[:port]` | an account; TLS from the first byte |
/// | `xmpp://domain` | anonymous login |
/// | `xmpp+component://name:secret@host:port` | an external component (XEP-0114) |
///
/// Parameters: `connect=HOST:PORT` (connect there instead of asking DNS), `service=JID` (the PubSub service; otherwise
/// it is discovered), `resource=NAME`, `ca=FILE` (more root certificates, PEM), `tls=off` (loopback only; for a
/// component anywhere), `auth=plain` (allow SASL PLAIN when the server offers nothing better), `auth=bound`
/// (require SCRAM bound to TLS 1.3).
/// Reserved characters in user, password and parameters are percent-encoded.
///
/// ```
/// # use pubsub_core::session::SessionConfig;
/// let config: SessionConfig = "xmpp://ann:p%40ss@example.org?service=pubsub.example.org".parse()?;
/// let config = config.window(128);
/// assert!(!format!("{config:?}").contains("p@ss"));
/// # Ok::<(), pubsub_core::session::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SessionConfig {
    pub(in crate::session) account: BareJid,
    pub(in crate::session) identity: Identity,
    pub(in crate::session) security: Security,
    pub(in crate::session) endpoint: Option<Endpoint>,
    pub(in crate::session) service: Option<Jid>,
    pub(in crate::session) resource: Option<String>,
    pub(in crate::session) root_certificates: Vec<PathBuf>,
    pub(in crate::session) login: LoginRule,
    pub(in crate::session) window: usize,
    pub(in crate::session) queue: usize,
    pub(in crate::session) queue_bytes: usize,
    pub(in crate::session) request_deadline: Duration,
    pub(in crate::session) connect_deadline: Duration,
    pub(in crate::session) back_off: (Duration, Duration),
    pub(in crate::session) keep_alive: Duration,
    pub(in crate::session) largest_stanza: usize,
}

/// The largest window that a session keeps.
const LARGEST_WINDOW: usize = 4096;

impl SessionConfig {
    fn new(account: BareJid, identity: Identity, security: Security) -> Self {
        Self {
            account,
            identity,
            security,
            endpoint: None,
            service: None,
            resource: None,
            root_certificates: Vec::new(),
            login: LoginRule::Scram,
            window: 64,
            queue: 65_536,
            queue_bytes: 64 * 1024 * 1024,
            request_deadline: Duration::from_secs(30),
            connect_deadline: Duration::from_secs(15),
            back_off: (Duration::from_millis(250), Duration::from_mins(1)),
            keep_alive: Duration::from_mins(1),
            largest_stanza: 16 * 1024 * 1024,
        }
    }

    /// How many requests may wait for their answer at once. Default 64; kept between 1 and 4096.
    #[must_use]
    pub fn window(mut self, requests: usize) -> Self {
        self.window = requests.clamp(1, LARGEST_WINDOW);
        self
    }

    /// How many requests may wait to be sent, and how many bytes of payload among them. Default 65 536 and 64 MiB.
    /// Beyond either, a request fails at once with an error that is transient.
    #[must_use]
    pub fn queue(mut self, requests: usize, bytes: usize) -> Self {
        self.queue = requests.max(1);
        self.queue_bytes = bytes;
        self
    }

    /// How long a request may take, from the call to its answer, waiting for a connection included. Default 30 seconds. A change that still waits
    /// behind one of the same node whose time is up fails with it, so that nothing overtakes.
    #[must_use]
    pub fn request_deadline(mut self, deadline: Duration) -> Self {
        self.request_deadline = deadline;
        self
    }

    /// How long one attempt to connect may take, from DNS to the last step of the login. Default 15 seconds.
    #[must_use]
    pub fn connect_deadline(mut self, deadline: Duration) -> Self {
        self.connect_deadline = deadline;
        self
    }

    /// The bounds of the wait between attempts to reconnect. Default 250 milliseconds and 60 seconds; the wait
    /// is drawn at random below a limit that doubles from the first to the second.
    #[must_use]
    pub fn back_off(mut self, shortest: Duration, longest: Duration) -> Self {
        self.back_off = (shortest, longest.max(shortest));
        self
    }

    /// How long the server may be silent before it is asked for a sign of life. Default 60 seconds. Without one
    /// within a quarter of that time, but at least a second, the connection is given up.
    #[must_use]
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = silence.max(Duration::from_millis(100));
        self
    }

    /// The longest stanza that is read, in bytes. Default 16 MiB; a longer one ends the connection.
    #[must_use]
    pub fn largest_stanza(mut self, bytes: usize) -> Self {
        self.largest_stanza = bytes;
        self
    }

    /// Trusts the root certificates of this PEM file besides those of the system.
    #[must_use]
    pub fn root_certificates(mut self, file: impl Into<PathBuf>) -> Self {
        self.root_certificates.push(file.into());
        self
    }

    /// The resource to bind. Default: one that the server chooses.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The same with a resource of its own if it has none, so that it has the same address after a reconnect.
    pub(crate) fn with_lasting_resource(mut self) -> Self {
        if self.resource.is_none() {
            self.resource = Some(format!("pubsub-{:016x}", rand::random::<u64>()));
        }
        self
    }

    /// The PubSub service to talk to. Default: the one that the server announces.
    #[must_use]
    pub fn service(mut self, service: Jid) -> Self {
        self.service = Some(service);
        self
    }

    /// Allows SASL PLAIN, which shows the password to the server. It is used under TLS or on loopback, and only
    /// when the server offers no SCRAM at all.
    #[must_use]
    pub fn allow_plain(mut self) -> Self {
        self.login = LoginRule::PlainAllowed;
        self
    }

    /// Accepts no login but SCRAM bound to a TLS 1.3 connection (RFC 9266), with which not even somebody who holds a
    /// trusted certificate for the domain can stand in between. Without this, binding is used where the server offers it.
    #[must_use]
    pub fn require_binding(mut self) -> Self {
        self.login = LoginRule::Bound;
        self
    }

    /// The address that this configuration logs in as: `user@domain`, the domain of an anonymous login, or the name
    /// of the component.
    #[must_use]
    pub fn account(&self) -> &BareJid {
        &self.account
    }

    pub(in crate::session) fn is_component(&self) -> bool {
        matches!(self.identity, Identity::Component { .. })
    }

    /// How long to wait for a sign of life after asking for one.
    pub(in crate::session) fn sign_of_life(&self) -> Duration {
        (self.keep_alive / 4).max(Duration::from_secs(1).min(self.keep_alive))
    }
}

impl FromStr for SessionConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        url::parse(text)
    }
}
