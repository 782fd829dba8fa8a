//! A gateway over an embedded server, on a port of this test.

use std::net::SocketAddr;
use std::time::Duration;

use pubsub_core::PubSub;
use pubsub_gateway::settings::MessageFormat;
use pubsub_gateway::{Gateway, Mode, Settings};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::browser::{Answer, Client};

/// No answer takes longer.
pub const SOON: Duration = Duration::from_secs(20);

/// A running gateway; it ends when this is dropped.
pub struct Running {
    pub pubsub: PubSub,
    pub gateway: Gateway,
    pub address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// With the defaults.
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// With these settings, over a server of its own.
    pub async fn with(settings: Settings) -> Self {
        let pubsub = PubSub::builder().without_models().connect().await.unwrap();
        Self::over(pubsub, settings).await
    }

    /// Over this connection.
    pub async fn over(pubsub: PubSub, settings: Settings) -> Self {
        let builder = Gateway::builder(pubsub.clone()).settings(settings);
        Self::serving(pubsub, builder.build().unwrap()).await
    }

    /// One that was built otherwise.
    pub async fn serving(pubsub: PubSub, gateway: Gateway) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = gateway.clone();
        // Ends when the value that holds the other end is dropped.
        tokio::spawn(async move {
            serving
                .serve(listener, async {
                    let _ = stopped.await;
                })
                .await;
        });
        Self {
            pubsub,
            gateway,
            address,
            _stop: stop,
        }
    }

    /// Publishes, and expects that it was done.
    pub async fn publish(&self, channels: &str, body: &str) -> Answer {
        let answer = self.post(&format!("/pub?id={channels}"), &[], body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask("POST", path, headers, body).await
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, "").await
    }

    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut client = Client::connect(self.address).await;
        client.send(method, path, headers, body).await;
        client.answer().await
    }

    /// Opens a stream and reads the head of its answer.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Client {
        let mut client = Client::connect(self.address).await;
        client.send("GET", path, headers, "").await;
        let answer = client.head().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        client
    }

    /// Opens a WebSocket.
    pub async fn websocket(&self, path: &str) -> Client {
        self.websocket_with(path, &[]).await
    }

    pub async fn websocket_with(&self, path: &str, headers: &[(&str, &str)]) -> Client {
        let mut client = Client::connect(self.address).await;
        client
            .send("GET", path, &[&HANDSHAKE[..], headers].concat(), "")
            .await;
        let answer = client.head().await;
        assert_eq!(answer.status, 101, "{answer:?}");
        client
    }
}

/// The headers with which a browser opens a WebSocket.
pub const HANDSHAKE: [(&str, &str); 4] = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
];

/// Settings that were changed from the defaults.
pub fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// A template as nginx-push-stream-module fills it.
pub fn raw(template: &str) -> MessageFormat {
    MessageFormat {
        mode: Mode::Raw,
        template: Some(template.to_owned()),
        ..MessageFormat::default()
    }
}
