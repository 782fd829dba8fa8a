//! Prosody, as Debian packages it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::program::{Program, Recipe, Settled};
use super::{COMPONENT, Doors, Listeners, MAKERS, PASSWORD, Peer, STRANGER};
use crate::Certificates;

/// Starts Prosody servers.
#[derive(Debug)]
pub struct Prosody;

impl Prosody {
    /// Starts one and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it is not installed (`cargo xtask setup` does it) or does not start.
    pub async fn start() -> Peer {
        assert!(
            Path::new(PROGRAM).exists(),
            "prosody is not installed; run `cargo xtask setup`"
        );
        // It writes before it answers.
        let settle = |_| -> Settled { Box::pin(async {}) };
        Program::start(Recipe {
            name: "prosody",
            anonymous_domain: "anonymous.localhost",
            doors: Doors {
                bosh: "/http-bind",
                websocket: "/xmpp-websocket",
            },
            prepare,
            command,
            settle,
        })
        .await
    }
}

const PROGRAM: &str = "/usr/bin/prosody";

fn command(directory: &Path, _: &Listeners) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("-F")
        .arg("--config")
        .arg(directory.join("prosody.cfg.lua"));
    command
}

fn prepare(directory: &Path, listeners: &Listeners, certificates: &Certificates) {
    let accounts = directory.join("data/localhost/accounts");
    std::fs::create_dir_all(&accounts).expect("a writable directory");
    for user in MAKERS.iter().chain([&STRANGER]) {
        let account = format!("return {{ [\"password\"] = \"{PASSWORD}\" }};\n");
        std::fs::write(accounts.join(format!("{user}.dat")), account)
            .expect("a writable directory");
    }
    let configuration = configuration(directory, listeners, certificates);
    std::fs::write(directory.join("prosody.cfg.lua"), configuration).expect("a writable directory");
}

/// Only administrators of the service may create nodes here: no option allows it to others.
fn configuration(directory: &Path, listeners: &Listeners, certificates: &Certificates) -> String {
    let mut makers = format!("{COMPONENT:?}");
    for user in MAKERS {
        write!(makers, ", \"{user}@localhost\"").expect("a string takes everything");
    }
    let directory = directory.display();
    let clients = listeners.clients.port();
    let clients_over_tls = listeners.clients_over_tls.port();
    let components = listeners.components.port();
    let http = listeners.http.port();
    let certificate = certificates.certificate.display();
    let key = certificates.key.display();
    format!(
        r#"run_as_root = true
data_path = "{directory}/data"
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {clients} }}
c2s_direct_tls_ports = {{ {clients_over_tls} }}
component_interfaces = {{ "127.0.0.1" }}
component_ports = {{ {components} }}
s2s_ports = {{ }}
http_ports = {{ {http} }}
http_interfaces = {{ "127.0.0.1" }}
consider_bosh_secure = true
consider_websocket_secure = true
https_ports = {{ }}
modules_enabled = {{ "saslauth", "tls", "disco", "ping", "smacks", "bosh", "websocket" }}
modules_disabled = {{ "s2s", "posix" }}
ssl = {{ certificate = "{certificate}", key = "{key}" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"

VirtualHost "localhost"

VirtualHost "anonymous.localhost"
    authentication = "anonymous"

Component "pubsub.localhost" "pubsub"
    admins = {{ {makers} }}
    autocreate_on_publish = true
    expose_publisher = true
    pubsub_max_items = 1000

Component "{COMPONENT}"
    component_secret = "{PASSWORD}"
"#
    )
}
