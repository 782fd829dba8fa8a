//! What `serve` is told: a configuration file first, then the command line, which wins. Nothing is started here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pubsub_server::{
    Accounts as _, Config, Database, DiskStorage, NodeCreation, Registration, SqliteAccounts,
    Storage, SyncLevel,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::browsers::{Browsers, Options, Table};

/// What `serve` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The domain of the accounts; the service is pubsub.DOMAIN [default: localhost]
    #[arg(long)]
    domain: Option<String>,
    /// Where to listen for XMPP clients; port 0 takes a free one [default: 127.0.0.1:5222]
    #[arg(long, value_name = "ADDR")]
    xmpp: Option<SocketAddr>,
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
    http: Option<SocketAddr>,
    data: Option<PathBuf>,
    sync: Option<u64>,
    #[serde(default)]
    users: Vec<User>,
    register: Option<Door>,
    anonymous: Option<Door>,
    /// How the names of nodes begin that nobody without an account may read; what is private in the table `gateway` unless it is said.
    accounts_only: Option<Vec<String>>,
    gateway: Option<Table>,
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
        let sync = self.sync.or(file.sync);
        let data = self.data.or(file.data);
        let storage: Arc<dyn Storage> = match (&data, sync) {
            (Some(directory), sync) => {
                let level = match sync {
                    Some(0) | None => SyncLevel::Always,
                    Some(seconds) => SyncLevel::Every(Duration::from_secs(seconds)),
                };
                Arc::new(DiskStorage::open(directory, level)?)
            }
            (None, Some(_)) => {
                return Err("--sync says how --data keeps things; give --data DIR too".into());
            }
            (None, None) => defaults.storage.clone(),
        };
        // After the directory is locked: of two servers one does not get so far.
        let (database, has_accounts) = match &data {
            Some(directory) => {
                let database = Database::open(directory).await?;
                let accounts = SqliteAccounts::open(&database).await?.list().await?;
                (Some(database), !accounts.is_empty())
            }
            None => (None, false),
        };
        let listen = self.xmpp.or(file.xmpp).unwrap_or(defaults.listen);
        let users: Vec<User> = file.users.into_iter().chain(self.users).collect();
        let anonymous = match self.anonymous.or(file.anonymous) {
            Some(door) => door == Door::Open,
            None => users.is_empty() && !has_accounts && listen.ip().is_loopback(),
        };
        let registration = match self.register.or(file.register) {
            Some(Door::Open) => Registration::Open {
                per_address_and_hour: 20,
            },
            Some(Door::Closed) | None => Registration::Closed,
        };
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
        let private = http
            .as_ref()
            .map(|(_, browsers)| browsers.settings.access.private.clone());
        let accounts_only = file
            .accounts_only
            .or(private)
            .unwrap_or(defaults.accounts_only.clone());
        let server = Config {
            listen,
            domain: self
                .domain
                .or(file.domain)
                .unwrap_or(defaults.domain.clone()),
            accounts: users
                .into_iter()
                .map(|user| (user.name, user.password))
                .collect(),
            anonymous,
            accounts_only,
            node_creation: if anonymous {
                NodeCreation::Everyone
            } else {
                NodeCreation::Accounts
            },
            registration,
            storage,
            database,
            ..defaults
        };
        Ok(Setup { server, http })
    }
}
