//! ejabberd, as Debian packages it, run by the Erlang virtual machine directly.
//!
//! `ejabberdctl` is left out: it insists on a system user, names the node, and starts `epmd`, a daemon
//! that would outlive the test. A node without a name needs none of that and keeps its data all the same.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::program::{Program, Recipe, Settled};
use super::{COMPONENT, Doors, Listeners, MAKERS, PASSWORD, Peer, STRANGER};
use crate::{Certificates, eventually};

/// Starts ejabberd servers.
#[derive(Debug)]
pub struct Ejabberd;

impl Ejabberd {
    /// Starts one and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it is not installed (`cargo xtask setup` does it) or does not start.
    pub async fn start() -> Peer {
        assert!(
            Path::new(CONTROL).exists(),
            "ejabberd is not installed; run `cargo xtask setup`"
        );
        let settle = |directory| -> Settled { Box::pin(settle(directory)) };
        Program::start(Recipe {
            name: "ejabberd",
            anonymous_domain: "anonymous.localhost",
            doors: Doors {
                bosh: "/bosh",
                websocket: "/ws",
            },
            prepare,
            command,
            settle,
        })
        .await
    }
}

const CONTROL: &str = "/usr/sbin/ejabberdctl";

/// Where Debian keeps the Erlang libraries of each architecture.
fn libraries() -> String {
    format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH)
}

/// Mnesia acknowledges a transaction up to two seconds before it writes it. This Erlang process writes as
/// soon as the file [`settle`] asks for exists, and then removes the file.
const SETTLER: &str = r#"
    spawn(fun Settle() ->
        case filelib:is_file("settle") of
            true -> mnesia:sync_log(), file:delete("settle");
            false -> ok
        end,
        timer:sleep(20),
        Settle()
    end)"#;

async fn settle(directory: PathBuf) {
    let request = directory.join("spool/settle");
    std::fs::write(&request, "").expect("a writable directory");
    eventually(Duration::from_secs(20), async || {
        (!request.exists()).then_some(())
    })
    .await;
}

fn command(directory: &Path, _: &Listeners) -> Command {
    let spool = directory.join("spool");
    let mut users = String::new();
    for user in [STRANGER].iter().chain(&MAKERS) {
        write!(
            users,
            "{}<<\"{user}\">>",
            if users.is_empty() { "" } else { ", " }
        )
        .expect("a string takes everything");
    }
    let register = format!(
        "[ejabberd_auth:try_register(User, <<\"localhost\">>, <<\"{PASSWORD}\">>) || User <- [{users}]], {SETTLER}."
    );
    let mut command = Command::new("erl");
    command
        .current_dir(&spool)
        .env("HOME", directory)
        .env("ERL_LIBS", libraries())
        .env("ERL_CRASH_DUMP", directory.join("crash.dump"))
        .env("EJABBERD_CONFIG_PATH", directory.join("ejabberd.yml"))
        .env("EJABBERD_LOG_PATH", directory.join("ejabberd.log"))
        .args(["+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir"])
        .arg(format!("\"{}\"", spool.display()))
        .args(["-s", "ejabberd", "-eval", &register]);
    command
}

fn prepare(directory: &Path, listeners: &Listeners, certificates: &Certificates) {
    std::fs::create_dir(directory.join("spool")).expect("a writable directory");
    let configuration = configuration(listeners, certificates);
    std::fs::write(directory.join("ejabberd.yml"), configuration).expect("a writable directory");
}

fn configuration(listeners: &Listeners, certificates: &Certificates) -> String {
    let clients = listeners.clients.port();
    let clients_over_tls = listeners.clients_over_tls.port();
    let components = listeners.components.port();
    let http = listeners.http.port();
    let authority = certificates.authority.display();
    let both = certificates.both.display();
    let [first, second] = MAKERS;
    format!(
        r#"hosts:
  - localhost
  - anonymous.localhost
loglevel: info
ca_file: "{authority}"
certfiles:
  - "{both}"
acme:
  auto: false
listen:
  -
    port: {clients}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: true
    shaper: none
    max_stanza_size: 1048576
  -
    port: {clients_over_tls}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    tls: true
    shaper: none
  -
    port: {components}
    ip: "127.0.0.1"
    module: ejabberd_service
    shaper: none
    hosts:
      {COMPONENT}:
        password: {PASSWORD}
  -
    port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /bosh: mod_bosh
      /ws: ejabberd_http_ws
auth_method: internal
auth_password_format: plain
host_config:
  anonymous.localhost:
    auth_method: anonymous
    anonymous_protocol: sasl_anon
    allow_multiple_connections: true
acl:
  makers:
    user:
      - {first}@localhost
      - {second}@localhost
    server:
      - {COMPONENT}
access_rules:
  makers:
    allow: makers
modules:
  mod_bosh: {{}}
  mod_caps: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_stream_mgmt: {{}}
  mod_pubsub:
    access_createnode: makers
    plugins:
      - flat
      - pep
"#
    )
}
