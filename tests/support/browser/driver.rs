//! The `WebDriver` protocol: commands as JSON over HTTP, one after the other.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::http;

/// No command takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A session with chromedriver.
#[derive(Debug)]
pub(super) struct Driver {
    address: SocketAddr,
    session: String,
    /// The window that commands go to.
    pub(super) window: Mutex<String>,
}

impl Driver {
    /// Begins a session.
    pub(super) async fn connect(port: u16, capabilities: &Value) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let session = send(address, "POST", "/session", Some(capabilities)).await;
        let session = session.unwrap_or_else(|error| panic!("Chromium did not start: {error}"));
        let id = session["sessionId"].as_str().expect("a session id");
        Self {
            address,
            session: format!("/session/{id}"),
            window: Mutex::default(),
        }
    }

    /// Gives a command and returns its value.
    pub(super) async fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.attempt(method, path, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Gives a command that may fail, and returns its value or the reason.
    pub(super) async fn attempt(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let path = format!("{}{path}", self.session);
        send(self.address, method, &path, body).await
    }

    /// Ends the session and the browser.
    pub(super) async fn quit(&self) {
        drop(send(self.address, "DELETE", &self.session, None).await);
    }
}

async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let headers = [("content-type", "application/json")];
    let exchange = http::request(address, method, path, &headers, body);
    let answer = tokio::time::timeout(PATIENCE, exchange)
        .await
        .map_err(|_| format!("no answer within {PATIENCE:?}"))??;
    let mut json: Value =
        serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    let value = json["value"].take();
    match value.get("error") {
        Some(error) => Err(format!("{error}: {}", value["message"])),
        None => Ok(value),
    }
}
