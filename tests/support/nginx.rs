//! Real nginx with a configuration of the documentation, in the foreground and in a directory of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::free_port::free_addresses;
use crate::{ChildProcess, eventually};

const STARTING: Duration = Duration::from_secs(30);

/// A running nginx; it ends when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    // The process ends before its directory is removed: fields are dropped in this order.
    process: ChildProcess,
    address: SocketAddr,
    _directory: TempDir,
}

impl Nginx {
    /// Starts one with `site`, which is what stands in `http { … }`. The port that it listens on is replaced, and TLS is left out.
    ///
    /// # Panics
    ///
    /// When nginx is not installed (`cargo xtask setup` does it) or does not take the configuration.
    pub async fn start(site: &str) -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "nginx is not installed; run `cargo xtask setup`"
        );
        let [address] = free_addresses();
        let directory = TempDir::with_prefix("nginx").expect("a temporary directory");
        let site = plain(site).replace("listen 443 ssl;", &format!("listen {address};"));
        assert!(
            site.contains(&address.to_string()),
            "{site} listens nowhere"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, format!("{HEAD}{site}}}\n")).expect("a writable directory");
        let mut command = Command::new(PROGRAM);
        command
            .arg("-p")
            .arg(directory.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"]);
        let process = ChildProcess::start(&command, &directory.path().join("output.log"));
        let mut nginx = Self {
            process,
            address,
            _directory: directory,
        };
        nginx.ready().await;
        nginx
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn ready(&mut self) {
        let address = self.address;
        let started = eventually(STARTING, || {
            let ended = self.process.ended().is_some();
            async move {
                match TcpStream::connect(address).await {
                    _ if ended => Some(false),
                    Ok(_) => Some(true),
                    Err(_) => None,
                }
            }
        })
        .await;
        assert!(started, "nginx has ended:\n{}", self.process.output());
    }
}

const PROGRAM: &str = "/usr/sbin/nginx";

/// One process, so that nothing is left when it is killed.
const HEAD: &str = "daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 1024; }
http {
access_log off;
error_log stderr warn;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
";

fn plain(site: &str) -> String {
    site.lines()
        .filter(|line| !line.trim_start().starts_with("ssl_certificate"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The block of `docs/nginx.md` below that mark.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn documented(mark: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nginx.md");
    let text = std::fs::read_to_string(file).expect("docs/nginx.md");
    let start = format!("<!-- {mark} -->\n```nginx\n");
    let (_, rest) = text
        .split_once(&start)
        .unwrap_or_else(|| panic!("docs/nginx.md has no block {mark}"));
    let (block, _) = rest.split_once("```").expect("the end of a block");
    block.to_owned()
}
