//! `pubsub serve`: the server in the foreground, until Ctrl-C or SIGTERM.

use std::io::Write as _;

use pubsub_server::Server;

use crate::Failure;
pub(crate) use crate::settings::Arguments;

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = arguments.into_config()?;
    if !config.listen.ip().is_loopback() {
        eprintln!(
            "pubsub: connections are not encrypted in this version; put a TLS proxy in front of {}",
            config.listen
        );
    }
    let domain = config.domain.clone();
    let server = Server::bind(config).await?;
    let mut out = std::io::stdout();
    writeln!(out, "xmpp {} {domain}", server.local_addr())?;
    out.flush()?;
    server.serve_until(asked_to_stop()).await;
    Ok(())
}

/// Ends with the first signal that asks the program to stop.
async fn asked_to_stop() {
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
