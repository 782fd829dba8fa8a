//! `pubsub serve`: the server in the foreground, until Ctrl-C or SIGTERM.

use std::io::Write as _;
use std::net::SocketAddr;

use pubsub_server::Server;

pub(crate) use crate::settings::Arguments;
use crate::settings::Setup;
use crate::{Failure, web};

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    outlive_limits();
    let Setup {
        server: config,
        http,
        tls,
        renewal,
    } = arguments.into_setup().await?;
    warn_of(config.listen, config.encryption.is_some());
    let domain = config.domain.clone();
    if let Some(renewal) = renewal {
        tokio::spawn(renewal.run());
    }
    if let Some((address, browsers)) = http {
        warn_of(address, tls.is_some());
        return Box::pin(web::run(config, address, browsers, tls, asked_to_stop())).await;
    }
    let server = Server::bind(config).await?;
    say(&format!("xmpp {} {domain}", server.local_addr()))?;
    if let Some(address) = server.direct_tls_addr() {
        say(&format!("xmpps {address} {domain}"))?;
    }
    server.serve_until(asked_to_stop()).await;
    Ok(())
}

/// What can be heard by others is said before it happens.
pub(crate) fn warn_of(address: SocketAddr, is_encrypted: bool) {
    if !is_encrypted && !address.ip().is_loopback() {
        eprintln!(
            "pubsub: connections to {address} are not encrypted; give --tls-certificate and --tls-key, or put a TLS proxy in front of it"
        );
    }
}

/// A file that may not grow any more is an error where it is written, which the store answers with a refusal, and not the end of the program.
fn outlive_limits() {
    #[cfg(target_os = "linux")]
    {
        use tokio::signal::unix::{SignalKind, signal};
        /// SIGXFSZ; only MIPS, PA-RISC and SPARC number it otherwise.
        const FILE_TOO_LARGE: i32 = 25;
        // Once there is a handler there will always be one.
        if let Err(error) = signal(SignalKind::from_raw(FILE_TOO_LARGE)) {
            tracing::warn!(%error, "a limit of the size of files would end this program");
        }
    }
}

/// Where the server listens, for programs that wait for it.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Ends with the first signal that asks the program to stop.
pub(crate) async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for but the other signal.
    let _ = tokio::signal::ctrl_c().await;
}
