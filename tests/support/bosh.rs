//! A client of BOSH of a few lines: each request on a connection of its own, nothing repeated, nothing parsed.

use std::net::SocketAddr;

use crate::http::{self, Answer};
use crate::raw_client::plain;

/// The path that our server, Prosody and ejabberd are set up with.
pub const PATH: &str = "/xmpp-httpbind";

/// A session.
#[derive(Debug, Clone)]
pub struct BoshClient {
    /// Where it goes.
    pub address: SocketAddr,
    /// The id of the session.
    pub sid: String,
    /// The number of the next request.
    pub rid: u64,
    /// The full address that was bound.
    pub jid: String,
}

impl BoshClient {
    /// Begins a session as `user` of `localhost`, logs in and binds.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn login(address: SocketAddr, user: &str, password: &str) -> Result<Self, String> {
        Self::authenticate(address, &format!("'PLAIN'>{}", plain(user, password))).await
    }

    /// Begins a session without an account, and binds.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn anonymous(address: SocketAddr) -> Result<Self, String> {
        Self::authenticate(address, "'ANONYMOUS'>").await
    }

    async fn authenticate(address: SocketAddr, auth: &str) -> Result<Self, String> {
        let mut client = Self::begin(address, "wait='10' hold='1' ver='1.6'").await?;
        let auth =
            format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism={auth}</auth>");
        let success = client.ask("", &auth).await?;
        if !success.contains("<success") {
            return Err(success);
        }
        client
            .ask(
                "to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'",
                "",
            )
            .await?;
        let bound = client
            .ask(
                "",
                "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
            )
            .await?;
        client.jid = between(&bound, "<jid>", "</jid>").ok_or(bound)?;
        Ok(client)
    }

    /// Begins a session that nobody has logged in to.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn begin(address: SocketAddr, attributes: &str) -> Result<Self, String> {
        let mut client = Self {
            address,
            sid: String::new(),
            rid: 1_000,
            jid: String::new(),
        };
        let first =
            format!("to='localhost' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' {attributes}");
        let answer = client.ask(&first, "").await?;
        client.sid = between(&answer, " sid='", "'").ok_or(answer)?;
        Ok(client)
    }

    /// The request with the number `rid`.
    #[must_use]
    pub fn body(&self, rid: u64, attributes: &str, content: &str) -> String {
        let sid = if self.sid.is_empty() {
            String::new()
        } else {
            format!(" sid='{}'", self.sid)
        };
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}'{sid} {attributes}>{content}</body>"
        )
    }

    /// Sends the next request and waits for its answer.
    ///
    /// # Errors
    ///
    /// What the connection failed with, or another status than 200.
    pub async fn ask(&mut self, attributes: &str, content: &str) -> Result<String, String> {
        let body = self.body(self.rid, attributes, content);
        self.rid += 1;
        let answer = post(self.address, &[], body).await?;
        match answer.status {
            200 => Ok(answer.text()),
            _ => Err(format!("{} {}", answer.status, answer.text())),
        }
    }
}

/// Sends one body.
///
/// # Errors
///
/// What the connection failed with.
pub async fn post(
    address: SocketAddr,
    headers: &[(&str, &str)],
    body: impl Into<hyper::body::Bytes>,
) -> Result<Answer, String> {
    http::request(address, "POST", PATH, headers, body).await
}

/// What stands between two marks.
#[must_use]
pub fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside.to_owned())
}

/// Keys of which each is the SHA-1 of the one before, in hexadecimal (XEP-0124 §15). They are used from the last to the first.
#[must_use]
pub fn key_chain(seed: &str, length: usize) -> Vec<String> {
    let hash = |key: &String| {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    std::iter::successors(Some(seed.to_owned()), |key| Some(hash(key)))
        .take(length)
        .collect()
}
