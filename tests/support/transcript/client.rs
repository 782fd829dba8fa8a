//! A client of a transcript: logs in over TCP, sends what it is given and cuts what comes into stanzas.

use std::net::SocketAddr;
use std::time::Duration;

use pubsub_xml::{FrameKind, Framer, Limits};
use ring::digest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::within;

const PATIENCE: Duration = Duration::from_secs(10);

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

/// What SASL PLAIN says for the accounts, whose password is `secret`.
const CREDENTIALS: [(&str, &str); 4] = [
    ("ann", "AGFubgBzZWNyZXQ="),
    ("bob", "AGJvYgBzZWNyZXQ="),
    ("cat", "AGNhdABzZWNyZXQ="),
    ("eve", "AGV2ZQBzZWNyZXQ="),
];

#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    framer: Framer,
    unread: Vec<u8>,
    pub(super) jid: String,
    pings: usize,
}

impl Client {
    /// Logs in as `account/resource`, or `anonymous`.
    pub(super) async fn connect(address: SocketAddr, who: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let framer = Framer::new(Limits::default());
        let mut client = Self {
            stream,
            framer,
            unread: Vec::new(),
            jid: String::new(),
            pings: 0,
        };
        client.open().await;
        let (account, resource) = who.split_once('/').unwrap_or((who, ""));
        let auth = match CREDENTIALS.iter().find(|(name, _)| *name == account) {
            Some((_, secret)) => format!("mechanism='PLAIN'>{secret}</auth>"),
            None => "mechanism='ANONYMOUS'/>".to_owned(),
        };
        client
            .send(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' {auth}"
            ))
            .await;
        let answer = client.receive().await.unwrap();
        assert!(answer.starts_with("<success"), "{answer}");
        client.open().await;
        let resource = if resource.is_empty() {
            String::new()
        } else {
            format!("<resource>{resource}</resource>")
        };
        let bind = "urn:ietf:params:xml:ns:xmpp-bind";
        client
            .send(&format!(
                "<iq type='set' id='bind'><bind xmlns='{bind}'>{resource}</bind></iq>"
            ))
            .await;
        let answer = client.receive().await.unwrap();
        let jid = answer
            .split_once("<jid>")
            .and_then(|(_, rest)| rest.split_once("</jid>"));
        let (jid, _) = jid.unwrap_or_else(|| panic!("{answer}"));
        jid.clone_into(&mut client.jid);
        client
    }

    /// Speaks for a domain as a component (XEP-0114), whose secret is `secret`.
    pub(super) async fn connect_component(address: SocketAddr, domain: &str) -> Self {
        let mut client = Self {
            stream: TcpStream::connect(address).await.unwrap(),
            framer: Framer::new(Limits::default()),
            unread: Vec::new(),
            jid: domain.to_owned(),
            pings: 0,
        };
        client
            .send(&format!("<stream:stream to='{domain}' xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"))
            .await;
        let header = client.header().await;
        let (_, rest) = header.split_once(" id='").unwrap();
        let (id, _) = rest.split_once('\'').unwrap();
        let said = format!("{id}secret");
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, said.as_bytes());
        let proof: String = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        client
            .send(&format!("<handshake>{proof}</handshake>"))
            .await;
        assert_eq!(client.receive().await.as_deref(), Ok("<handshake/>"));
        client
    }

    /// The server's stream header.
    async fn header(&mut self) -> String {
        within(PATIENCE, async {
            loop {
                while let Some(frame) = self.framer.next(&self.unread).unwrap() {
                    let bytes: Vec<u8> = self.unread.drain(..frame.len).collect();
                    if frame.kind == FrameKind::Header {
                        return String::from_utf8(bytes).unwrap();
                    }
                }
                assert_ne!(self.stream.read_buf(&mut self.unread).await.unwrap(), 0);
            }
        })
        .await
    }

    pub(super) fn bare(&self) -> &str {
        self.jid.split_once('/').map_or(&self.jid, |(bare, _)| bare)
    }

    async fn open(&mut self) {
        self.framer.reset();
        self.send(HEADER).await;
        let features = self.receive().await.unwrap();
        assert!(features.starts_with("<stream:features"), "{features}");
    }

    pub(super) async fn send(&mut self, xml: &str) {
        self.stream.write_all(xml.as_bytes()).await.unwrap();
    }

    /// The next element of the stream.
    pub(super) async fn receive(&mut self) -> Result<String, String> {
        within(PATIENCE, async {
            loop {
                while let Some(frame) = self
                    .framer
                    .next(&self.unread)
                    .map_err(|error| error.to_string())?
                {
                    let bytes: Vec<u8> = self.unread.drain(..frame.len).collect();
                    match frame.kind {
                        FrameKind::Element => {
                            return String::from_utf8(bytes).map_err(|error| error.to_string());
                        }
                        FrameKind::Footer => return Err("the stream was closed".to_owned()),
                        _ => {}
                    }
                }
                if self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0 {
                    return Err("the connection was closed".to_owned());
                }
            }
        })
        .await
    }

    /// Makes sure that nothing is on its way: the answer to a ping is the next thing that comes.
    pub(super) async fn silence(&mut self) -> Result<(), String> {
        self.pings += 1;
        let id = format!("silence-{}", self.pings);
        self.send(&format!(
            "<iq type='get' id='{id}' from='{}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
            self.jid
        ))
        .await;
        let answer = self.receive().await?;
        if answer.contains(&id) {
            Ok(())
        } else {
            Err(format!("received {answer}"))
        }
    }

    /// Closes the stream and waits for the server to do the same.
    pub(super) async fn leave(mut self) {
        let _ = self.stream.write_all(b"</stream:stream>").await;
        while self.receive().await.is_ok() {}
    }
}
