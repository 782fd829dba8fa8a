//! An XMPP client of a few lines, so that what a server was told can be read back without the library
//! under test.
//!
//! It speaks plain TCP with SASL PLAIN and looks for strings; it neither parses XML nor recovers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::within;

const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that is logged in and bound.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    unread: String,
    requests: usize,
}

impl RawClient {
    /// Logs in as `user` of `localhost`.
    ///
    /// # Errors
    ///
    /// What the server said instead, or what the connection failed with.
    pub async fn login(address: SocketAddr, user: &str, password: &str) -> Result<Self, String> {
        let mut client = Self::authenticated(address, user, password).await?;
        let bound = client
            .request(
                "set",
                "",
                "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
            )
            .await?;
        if bound.contains("<jid>") {
            Ok(client)
        } else {
            Err(bound)
        }
    }

    /// Logs in as `user` of `localhost` and stops before a resource is bound.
    ///
    /// # Errors
    ///
    /// What the server said instead, or what the connection failed with.
    pub async fn authenticated(
        address: SocketAddr,
        user: &str,
        password: &str,
    ) -> Result<Self, String> {
        Self::enter(address, "PLAIN", &plain(user, password)).await
    }

    /// Connects from one of the addresses of this machine, and asks to be let in; the answer is not waited for.
    ///
    /// # Errors
    ///
    /// What the server said instead, or what the connection failed with.
    pub async fn attempt(
        from: IpAddr,
        address: SocketAddr,
        user: &str,
        password: &str,
    ) -> Result<Self, String> {
        let told = |error: std::io::Error| error.to_string();
        let socket = TcpSocket::new_v4().map_err(told)?;
        socket.bind(SocketAddr::new(from, 0)).map_err(told)?;
        let stream = socket.connect(address).await.map_err(told)?;
        Self::asking(stream, "PLAIN", &plain(user, password)).await
    }

    /// Logs in without an account; also returns the JID that the server gave.
    ///
    /// # Errors
    ///
    /// What the server said instead, or what the connection failed with.
    pub async fn anonymous(address: SocketAddr) -> Result<(Self, String), String> {
        Self::enter(address, "ANONYMOUS", "").await?.guest().await
    }

    /// The same, with a system that takes in hardly anything before it is read.
    ///
    /// # Errors
    ///
    /// What the server said instead, or what the connection failed with.
    pub async fn reluctant(address: SocketAddr) -> Result<(Self, String), String> {
        let told = |error: std::io::Error| error.to_string();
        let socket = TcpSocket::new_v4().map_err(told)?;
        socket.set_recv_buffer_size(4096).map_err(told)?;
        let stream = socket.connect(address).await.map_err(told)?;
        Self::enter_over(stream, "ANONYMOUS", "")
            .await?
            .guest()
            .await
    }

    async fn guest(mut self) -> Result<(Self, String), String> {
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
        let bound = self.request("set", "", bind).await?;
        let jid = bound
            .split_once("<jid>")
            .and_then(|(_, rest)| rest.split_once("</jid>"));
        match jid {
            Some((jid, _)) => Ok((self, jid.to_owned())),
            None => Err(bound),
        }
    }

    async fn enter(address: SocketAddr, mechanism: &str, secret: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        Self::enter_over(stream, mechanism, secret).await
    }

    async fn asking(stream: TcpStream, mechanism: &str, secret: &str) -> Result<Self, String> {
        let mut client = Self {
            stream,
            unread: String::new(),
            requests: 0,
        };
        client.open().await?;
        client
            .send(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{secret}</auth>"
            ))
            .await?;
        Ok(client)
    }

    async fn enter_over(stream: TcpStream, mechanism: &str, secret: &str) -> Result<Self, String> {
        let mut client = Self::asking(stream, mechanism, secret).await?;
        let answer = client.until_any(&["<success", "</failure>"]).await?;
        if answer.contains("<failure") {
            return Err(answer);
        }
        client.unread.clear();
        client.open().await?;
        Ok(client)
    }

    async fn open(&mut self) -> Result<(), String> {
        self.send(
            "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
        )
        .await?;
        self.until_any(&["</stream:features>"]).await.map(drop)
    }

    /// Sends `xml` as it is.
    ///
    /// # Errors
    ///
    /// What the connection failed with.
    pub async fn send(&mut self, xml: &str) -> Result<(), String> {
        self.stream
            .write_all(xml.as_bytes())
            .await
            .map_err(|error| error.to_string())
    }

    /// Sends an IQ with `content` to `to` (empty: the own account) and returns the answer's source.
    ///
    /// # Errors
    ///
    /// What the connection failed with.
    pub async fn request(&mut self, kind: &str, to: &str, content: &str) -> Result<String, String> {
        self.requests += 1;
        let id = format!("raw-{}", self.requests);
        let to = if to.is_empty() {
            String::new()
        } else {
            format!(" to='{to}'")
        };
        self.send(&format!("<iq type='{kind}' id='{id}'{to}>{content}</iq>"))
            .await?;
        within(PATIENCE, async {
            loop {
                if let Some((start, end)) = find_answer(&self.unread, &id) {
                    let answer = self.unread[start..end].to_owned();
                    self.unread.replace_range(start..end, "");
                    return Ok(answer);
                }
                self.read_more().await?;
            }
        })
        .await
    }

    /// The connection itself, from the next unread byte on.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Reads until one of `needles` has come; returns everything up to its end.
    ///
    /// # Errors
    ///
    /// What the connection failed with.
    pub async fn until_any(&mut self, needles: &[&str]) -> Result<String, String> {
        within(PATIENCE, async {
            loop {
                let first = needles
                    .iter()
                    .filter_map(|needle| self.unread.find(needle).map(|start| start + needle.len()))
                    .min();
                if let Some(end) = first {
                    let rest = self.unread.split_off(end);
                    return Ok(std::mem::replace(&mut self.unread, rest));
                }
                self.read_more().await?;
            }
        })
        .await
    }

    /// The next `<message/>`, however long it takes; other stanzas before it are dropped.
    ///
    /// # Errors
    ///
    /// What the connection ended with.
    pub async fn message(&mut self) -> Result<String, String> {
        const END: &str = "</message>";
        loop {
            if let Some(start) = self.unread.find("<message")
                && let Some(length) = self.unread[start..].find(END)
            {
                let rest = self.unread.split_off(start + length + END.len());
                let mut message = std::mem::replace(&mut self.unread, rest);
                return Ok(message.split_off(start));
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<(), String> {
        let mut buffer = vec![0; 16 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(0) => Err(format!("closed after: {}", self.unread)),
            Ok(read) => {
                self.unread
                    .push_str(&String::from_utf8_lossy(&buffer[..read]));
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Where in `xml` the whole `<iq>` with this id lies; other stanzas stay for later.
fn find_answer(xml: &str, id: &str) -> Option<(usize, usize)> {
    let start = xml
        .match_indices("<iq")
        .map(|(start, _)| start)
        .find(|start| {
            let tag = xml[*start..].split('>').next().unwrap_or_default();
            tag.contains(&format!("id='{id}'")) || tag.contains(&format!("id=\"{id}\""))
        })?;
    let tag_end = start + xml[start..].find('>')? + 1;
    if xml[..tag_end].ends_with("/>") {
        return Some((start, tag_end));
    }
    let end = xml[tag_end..].find("</iq>")? + tag_end + "</iq>".len();
    Some((start, end))
}

/// What SASL PLAIN sends (RFC 4616).
pub(crate) fn plain(user: &str, password: &str) -> String {
    base64(format!("\0{user}\0{password}").as_bytes())
}

/// Base64 with padding (RFC 4648 §4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = [0, 1, 2].map(|index| u32::from(chunk.get(index).copied().unwrap_or(0)));
        let group = group[0] << 16 | group[1] << 8 | group[2];
        for position in 0..4 {
            let digit = (group >> (18 - 6 * position)) & 63;
            let is_padding = position > chunk.len();
            text.push(if is_padding {
                '='
            } else {
                ALPHABET[digit as usize].into()
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, find_answer};

    #[test]
    fn base64_pads_as_rfc_4648_wants() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn an_answer_is_found_among_other_stanzas() {
        let xml = "<message/><iq type='result' id='raw-1'/><iq id=\"raw-2\"><a/></iq>";
        let found = |id| find_answer(xml, id).map(|(start, end)| &xml[start..end]);
        assert_eq!(found("raw-1"), Some("<iq type='result' id='raw-1'/>"));
        assert_eq!(found("raw-2"), Some("<iq id=\"raw-2\"><a/></iq>"));
        assert_eq!(found("raw-3"), None);
    }
}
