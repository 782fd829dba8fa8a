//! How each server is configured: as its package does, but for what would slow it down (limits, logs) and the accounts.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::accounts::{self, PASSWORD, PUBLISHER};
use super::contestant::Kind;

/// Another build of ours than the one of this workspace.
pub(crate) static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// The address of the service, everywhere.
pub(crate) const SERVICE: &str = "pubsub.localhost";

pub(crate) fn ours(
    directory: &Path,
    address: SocketAddr,
    sync: Option<u64>,
    accounts: usize,
) -> Command {
    let users: Vec<String> = accounts::all(accounts)
        .map(|user| format!("\"{user}:{PASSWORD}\""))
        .collect();
    let file = directory.join("pubsub.toml");
    write(&file, &format!("users = [{}]\n", users.join(", ")));
    let mut command = match PROGRAM.get() {
        Some(program) => Command::new(program),
        None => support::program("pubsub"),
    };
    command.args(["serve", "--anonymous", "open", "--xmpp"]);
    command
        .arg(address.to_string())
        .arg("--config")
        .arg(&file)
        .current_dir(directory);
    if let Some(sync) = sync {
        command.arg("--data").arg(directory.join("data"));
        command.arg("--sync").arg(sync.to_string());
    }
    command
}

/// Run by the Erlang virtual machine directly: `ejabberdctl` insists on a system user and starts a daemon that outlives it.
pub(crate) fn ejabberd(directory: &Path, address: SocketAddr, accounts: usize) -> Command {
    let spool = directory.join("spool");
    fs::create_dir_all(&spool).expect("a writable directory");
    let file = directory.join("ejabberd.yml");
    let port = address.port().to_string();
    write(&file, &EJABBERD.replace("PORT", &port));
    let libraries = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new("erl");
    command
        .current_dir(&spool)
        .env("HOME", directory)
        .env("ERL_LIBS", libraries)
        .env("ERL_CRASH_DUMP", directory.join("crash.dump"))
        .env("EJABBERD_CONFIG_PATH", &file)
        .env("EJABBERD_LOG_PATH", directory.join("ejabberd.log"))
        .args(["+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir"])
        .arg(format!("\"{}\"", spool.display()))
        .args(["-s", "ejabberd", "-eval"])
        .arg(format!(
            "{}, file:write_file(\"{READY}\", \"\").",
            accounts::as_erlang(accounts)
        ));
    command
}

/// What ejabberd writes when it has all accounts. Whoever asks for one before that is told for an hour that there is none.
const READY: &str = "ready";

/// Whether everybody may log in.
pub(crate) fn is_ready(kind: Kind, directory: &Path) -> bool {
    kind != Kind::Ejabberd || directory.join("spool").join(READY).exists()
}

const EJABBERD: &str = "hosts:
  - localhost
loglevel: error
acme:
  auto: false
listen:
  -
    port: PORT
    ip: \"127.0.0.1\"
    module: ejabberd_c2s
    starttls: false
    shaper: none
    max_stanza_size: 1048576
auth_method: internal
auth_password_format: scram
modules:
  mod_caps: {}
  mod_disco: {}
  mod_ping: {}
  mod_roster: {}
  mod_pubsub:
    access_createnode: all
    max_items_node: 100000
    plugins:
      - flat
      - pep
";

pub(crate) fn prosody(directory: &Path, address: SocketAddr, accounts: usize) -> Command {
    let files = directory.join("data/localhost/accounts");
    fs::create_dir_all(&files).expect("a writable directory");
    let account = accounts::as_lua();
    for user in accounts::all(accounts) {
        write(&files.join(format!("{user}.dat")), &account);
    }
    let file = directory.join("prosody.cfg.lua");
    let text = PROSODY
        .replace("DIRECTORY", &directory.display().to_string())
        .replace("PUBLISHER", PUBLISHER)
        .replace("PORT", &address.port().to_string());
    write(&file, &text);
    let mut command = Command::new("/usr/bin/prosody");
    command.arg("-F").arg("--config").arg(file);
    command
}

const PROSODY: &str = "run_as_root = true
data_path = \"DIRECTORY/data\"
log = { error = \"*console\" }
interfaces = { \"127.0.0.1\" }
c2s_ports = { PORT }
s2s_ports = { }
http_ports = { }
https_ports = { }
component_ports = { }
modules_enabled = { \"saslauth\", \"disco\", \"ping\" }
modules_disabled = { \"s2s\", \"posix\", \"tls\" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = \"internal_hashed\"

VirtualHost \"localhost\"

Component \"pubsub.localhost\" \"pubsub\"
    admins = { \"PUBLISHER@localhost\" }
    pubsub_max_items = 100000
";

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("a writable directory");
}
