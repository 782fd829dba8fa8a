//! Who is compared: `pubsub serve --http` and nginx with Nchan, each a process of its own with a port of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bench_support::{Usage, usage};
use support::{ChildProcess, free_addresses};
use tempfile::TempDir;

use crate::program::{PAUSE, STARTING, serve, until};

/// A server that is measured; it ends when this is dropped.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    /// Where XMPP is spoken, by the one that does.
    pub(crate) xmpp: Option<SocketAddr>,
    /// What stands before `/ws/…` and `/pub`.
    pub(crate) base: &'static str,
    process: ChildProcess,
    _directory: TempDir,
}

impl Contestant {
    /// Our own program.
    pub(crate) fn gateway(name: &str, program: &Path) -> Self {
        let (doors, process, directory) = serve(program);
        Self {
            name: name.to_owned(),
            address: doors.http,
            xmpp: Some(doors.xmpp),
            base: "/events",
            process,
            _directory: directory,
        }
    }

    /// nginx with one worker, which is the process itself.
    pub(crate) fn nchan() -> Self {
        let [address] = free_addresses();
        let directory = TempDir::with_prefix("nchan").expect("a temporary directory");
        let file = directory.path().join("nginx.conf");
        let text = CONFIGURATION.replace("ADDRESS", &address.to_string());
        std::fs::write(&file, text).expect("a writable directory");
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(directory.path());
        command.arg("-c").arg(&file).args(["-e", "stderr"]);
        let mut process = ChildProcess::start(&command, &directory.path().join("output.log"));
        until(&mut process, |_| TcpStream::connect(address).ok());
        Self {
            name: "Nchan".to_owned(),
            address,
            xmpp: None,
            base: "",
            process,
            _directory: directory,
        }
    }

    /// What its process has used so far.
    pub(crate) fn usage(&self) -> Usage {
        usage(&self.process.id().to_string()).expect("a process that runs")
    }

    /// Waits until it has nothing to do.
    pub(crate) fn settle(&self) {
        let deadline = Instant::now() + STARTING;
        let mut before = self.usage().cpu;
        loop {
            sleep(3 * PAUSE);
            let now = self.usage().cpu;
            if now.saturating_sub(before) < Duration::from_millis(2) {
                return;
            }
            assert!(Instant::now() < deadline, "{} does not rest", self.name);
            before = now;
        }
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.address.port()))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STARTING))?;
        Ok(stream)
    }
}

/// As generous as can be: nothing is logged, and nothing is short.
const CONFIGURATION: &str = "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    nchan_shared_memory_size 1024M;
    nchan_message_buffer_length 5000;
    nchan_message_timeout 5m;
    server {
        listen ADDRESS backlog=8192;
        nchan_subscriber_first_message newest;
        location = /pub {
            nchan_publisher;
            nchan_channel_id $arg_id;
        }
        location ~ ^/ws/(.+)$ {
            nchan_subscriber websocket;
            nchan_channel_id $1;
        }
        location ~ ^/ev/(.+)$ {
            nchan_subscriber eventsource;
            nchan_channel_id $1;
        }
        location ~ ^/sub/(.+)$ {
            nchan_subscriber http-raw-stream;
            nchan_channel_id $1;
        }
    }
}
";
