//! What `serve` is told: a configuration file first, then the command line, which wins. Nothing is started here.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pubsub_server::{
    Accounts as _, Components, Config, Database, Demand, DiskStorage, Encryption, NodeCreation,
    Registration, Rooms, SqliteAccounts, Storage, SyncLevel,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::browsers::{Browsers, Options, Table};
use crate::certificate::{Certificate, Renewal, Replace};
use crate::limits;
use crate::web::replacing;

/// What `serve` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The domain of the accounts; the service is pubsub.DOMAIN [default: localhost]
    #[arg(long)]
    domain: Option<String>,
    /// Where to listen for XMPP clients; port 0 takes a free one [default: 127.0.0.1:5222]
    #[arg(long, value_name = "ADDR")]
    xmpp: Option<SocketAddr>,
    /// Where to listen for XMPP clients that encrypt from the first byte; needs a certificate [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    xmpps: Option<SocketAddr>,
    /// Who has to encrypt, once there is a certificate [default: outside, which is whoever is not on this machine]
    #[arg(long, value_name = "WHO")]
    starttls: Option<Who>,
    /// Make a certificate for development, which nobody else has signed; it is kept in the directory of --data
    #[arg(long, conflicts_with = "tls_certificate")]
    self_signed: bool,
    /// Where to answer HTTP: push, lists, XMPP for pages, the browser client and a dashboard [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Where to keep nodes, subscriptions, items and accounts [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How many seconds of answered changes may be lost when the machine fails, not only the program; 0 waits for the disk [default: 0]
    #[arg(long, value_name = "SECONDS")]
    sync: Option<u64>,
    /// An account for this run, which is not kept (`pubsub user` keeps them); may be given several times
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    users: Vec<User>,
    /// Where programs connect that speak for domains of their own, with secrets from the table `components` of the file [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    components: Option<SocketAddr>,
    /// An account that may manage the others over XMPP; may be given several times
    #[arg(long = "admin", value_name = "NAME")]
    admins: Vec<String>,
    /// Whether there are rooms, at rooms.DOMAIN [default: open]
    #[arg(long)]
    rooms: Option<Door>,
    /// Whether clients may make accounts themselves [default: closed]
    #[arg(long)]
    register: Option<Door>,
    /// Whether one may log in without an account [default: open on loopback when there are no accounts]
    #[arg(long)]
    anonymous: Option<Door>,
    #[command(flatten)]
    browsers: Options,
    /// A TOML file with the same settings, and a table `gateway`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What `serve` does.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) server: Config,
    /// Where HTTP is answered, if anywhere, and how.
    pub(crate) http: Option<(SocketAddr, Browsers)>,
    /// The certificate of HTTP.
    pub(crate) tls: Option<pubsub_gateway::Tls>,
    /// What keeps the certificate up to date.
    pub(crate) renewal: Option<Renewal>,
}

/// Who has to encrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Who {
    Outside,
    Everybody,
    Nobody,
}

impl From<Who> for Demand {
    fn from(who: Who) -> Self {
        match who {
            Who::Outside => Self::Outside,
            Who::Everybody => Self::Everybody,
            Who::Nobody => Self::Nobody,
        }
    }
}

/// Whether something is permitted to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Door {
    Open,
    Closed,
}

/// An account from the command line or the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct User {
    name: String,
    password: String,
}

impl FromStr for User {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => Ok(Self {
                name: name.to_owned(),
                password: password.to_owned(),
            }),
            _ => Err("write NAME:PASSWORD, both not empty".to_owned()),
        }
    }
}

impl TryFrom<String> for User {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The file. Every name is that of an option.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domain: Option<String>,
    xmpp: Option<SocketAddr>,
    xmpps: Option<SocketAddr>,
    starttls: Option<Who>,
    #[serde(default)]
    self_signed: bool,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    http: Option<SocketAddr>,
    data: Option<PathBuf>,
    sync: Option<u64>,
    #[serde(default)]
    users: Vec<User>,
    register: Option<Door>,
    anonymous: Option<Door>,
    #[serde(default)]
    admins: Vec<String>,
    rooms: Option<Door>,
    /// Programs that speak for domains of their own: the domain, and the secret that they show they know. `listen` is where they connect.
    #[serde(default)]
    components: BTreeMap<String, String>,
    /// How the names of nodes begin that nobody without an account may read; what is private in the table `gateway` unless it is said.
    accounts_only: Option<Vec<String>>,
    gateway: Option<Table>,
    /// Load balancers that say for whom they speak (PROXY protocol).
    #[serde(default)]
    proxies: Vec<IpAddr>,
    /// Whether subscribing again makes another subscription.
    #[serde(default)]
    multi_subscribe: bool,
    /// The work factor of new passwords.
    scram_iterations: Option<u32>,
    #[serde(default)]
    limits: limits::Table,
}

/// Who may speak for other domains. Both a place to connect to and secrets are needed, or neither.
fn components(
    given: Option<SocketAddr>,
    mut table: BTreeMap<String, String>,
) -> Result<Components, Failure> {
    let listen = match (given, table.remove("listen")) {
        (Some(address), _) => Some(address),
        (None, Some(text)) => {
            let address = text.parse();
            Some(
                address
                    .map_err(|_| format!("components: \"{text}\" is no address to listen on"))?,
            )
        }
        (None, None) => None,
    };
    match listen {
        Some(_) if table.is_empty() => Err("--components needs secrets: a table [components] in the file of --config, with DOMAIN = \"SECRET\"".into()),
        None if !table.is_empty() => Err("[components] needs a place to listen: --components ADDR, or listen = \"ADDR\" in the table".into()),
        _ => Ok(Components {
            listen,
            secrets: table.into_iter().collect(),
        }),
    }
}

/// What a configuration file says, if there is one.
pub(crate) fn read_file<T: DeserializeOwned + Default>(path: Option<&Path>) -> Result<T, Failure> {
    let Some(path) = path else {
        return Ok(T::default());
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

impl Arguments {
    /// What is to be done.
    pub(crate) async fn into_setup(self) -> Result<Setup, Failure> {
        let file: File = read_file(self.config.as_deref())?;
        let defaults = Config::default();
        let data = self.data.or(file.data);
        let sync = self.sync.or(file.sync);
        let Kept {
            storage,
            database,
            has_accounts,
        } = kept(data.as_deref(), sync).await?;
        let domain = self
            .domain
            .or(file.domain)
            .unwrap_or(defaults.domain.clone());
        let given = self
            .browsers
            .certificate(file.gateway.as_ref().unwrap_or(&Table::default()))?;
        let given = match given {
            Some(certificate) => Some(certificate),
            None => Certificate::read(file.tls_certificate, file.tls_key)?,
        };
        let certificate = match given {
            None if self.self_signed || file.self_signed => {
                Some(Certificate::self_signed(&domain, data.as_deref())?)
            }
            given => given,
        };
        let demand = self.starttls.or(file.starttls);
        let encryption = encryption(certificate.as_ref(), self.xmpps.or(file.xmpps), demand)?;
        let listen = self.xmpp.or(file.xmpp).unwrap_or(defaults.listen);
        let components = components(self.components, file.components)?;
        let rooms = Rooms {
            enabled: self.rooms.or(file.rooms) != Some(Door::Closed),
            ..defaults.rooms.clone()
        };
        let users: Vec<User> = file.users.into_iter().chain(self.users).collect();
        let anonymous = match self.anonymous.or(file.anonymous) {
            Some(door) => door == Door::Open,
            None => users.is_empty() && !has_accounts && listen.ip().is_loopback(),
        };
        let registration = registration(self.register.or(file.register));
        let is_told_how = file.gateway.is_some() || !self.browsers.is_empty();
        let http = match self.http.or(file.http) {
            Some(address) => {
                let table = file.gateway.unwrap_or_default();
                Some((address, self.browsers.into_browsers(table)?))
            }
            None if is_told_how => {
                return Err("what is said of browsers has no effect without --http ADDR".into());
            }
            None => None,
        };
        if http.is_some() && demand == Some(Who::Everybody) {
            return Err(
                "with --http, a connection on this machine stays as it is; give --starttls outside"
                    .into(),
            );
        }
        let tls = match (&certificate, &http) {
            (Some(certificate), Some(_)) => Some(certificate.for_gateway()?),
            _ => None,
        };
        let renewal = renewal(certificate, tls.clone(), encryption.as_ref());
        let private = || {
            http.as_ref()
                .map(|(_, told)| told.settings.access.private.clone())
        };
        let accounts_only = file.accounts_only.or_else(private);
        let accounts_only = accounts_only.unwrap_or(defaults.accounts_only.clone());
        let server = Config {
            listen,
            domain,
            encryption,
            proxies: file.proxies,
            multi_subscribe: file.multi_subscribe,
            scram_iterations: file.scram_iterations.unwrap_or(defaults.scram_iterations),
            limits: file.limits.apply(defaults.limits.clone()),
            accounts: users
                .into_iter()
                .map(|user| (user.name, user.password))
                .collect(),
            anonymous,
            accounts_only,
            node_creation: creation(anonymous),
            admins: file.admins.into_iter().chain(self.admins).collect(),
            components,
            rooms,
            registration,
            storage,
            database,
            ..defaults
        };
        Ok(Setup {
            server,
            http,
            tls,
            renewal,
        })
    }
}

/// Where one may log in without an account, one may make nodes without one.
fn creation(is_anonymous: bool) -> NodeCreation {
    if is_anonymous {
        NodeCreation::Everyone
    } else {
        NodeCreation::Accounts
    }
}

fn registration(door: Option<Door>) -> Registration {
    match door {
        Some(Door::Open) => Registration::Open {
            per_address_and_hour: 20,
            per_hour: 1_000,
        },
        Some(Door::Closed) | None => Registration::Closed,
    }
}

/// What outlives the server.
struct Kept {
    storage: Arc<dyn Storage>,
    database: Option<Database>,
    has_accounts: bool,
}

async fn kept(data: Option<&Path>, sync: Option<u64>) -> Result<Kept, Failure> {
    let Some(directory) = data else {
        if sync.is_some() {
            return Err("--sync says how --data keeps things; give --data DIR too".into());
        }
        return Ok(Kept {
            storage: Config::default().storage,
            database: None,
            has_accounts: false,
        });
    };
    let level = match sync {
        Some(0) | None => SyncLevel::Always,
        Some(seconds) => SyncLevel::Every(Duration::from_secs(seconds)),
    };
    let storage = Arc::new(DiskStorage::open(directory, level)?);
    // After the directory is locked: of two servers one does not get so far.
    let database = Database::open(directory).await?;
    let accounts = SqliteAccounts::open(&database).await?.list().await?;
    Ok(Kept {
        storage,
        database: Some(database),
        has_accounts: !accounts.is_empty(),
    })
}

/// How XMPP is encrypted, if there is a certificate.
fn encryption(
    certificate: Option<&Certificate>,
    direct: Option<SocketAddr>,
    demand: Option<Who>,
) -> Result<Option<Encryption>, Failure> {
    match certificate {
        Some(certificate) => {
            let mut encryption = Encryption::new(certificate.for_server()?);
            encryption.direct = direct;
            encryption.demand = demand.map_or_else(Demand::default, Into::into);
            Ok(Some(encryption))
        }
        None if direct.is_some() || demand.is_some() => Err(
            "--xmpps and --starttls need a certificate: give --tls-certificate and --tls-key, or --self-signed"
                .into(),
        ),
        None => Ok(None),
    }
}

/// Who is told when the certificate changes.
fn renewal(
    certificate: Option<Certificate>,
    http: Option<pubsub_gateway::Tls>,
    xmpp: Option<&Encryption>,
) -> Option<Renewal> {
    let mut uses = Vec::new();
    uses.extend(http.map(replacing));
    if let Some(encryption) = xmpp {
        let tls = encryption.tls.clone();
        let replace: Replace = Box::new(move |certificate, key| {
            tls.replace(certificate, key)
                .map_err(|error| error.to_string())
        });
        uses.push(replace);
    }
    certificate?.renewed_for(uses)
}
