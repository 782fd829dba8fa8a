//! A server that does what the test says and nothing else: it looks for text in what comes and sends what it is told.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::within;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Nothing in these tests takes longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

const HEADER: &str = "<?xml version='1.0'?><s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' id='s1' version='1.0' from='localhost'>";
const TLS: &str = "<s:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></s:features>";

/// What the server offers after the login.
#[derive(Clone, Copy, Default)]
pub struct Offer {
    /// Stream management.
    pub management: bool,
    /// What the PubSub service says it can do.
    pub features: &'static [&'static str],
    pub largest_stanza: Option<usize>,
}

pub const BATCHES: &str = "urn:pubsub:batch:1";
pub const AUTO_CREATE: &str = "http://jabber.org/protocol/pubsub#auto-create";
pub const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

pub struct Peer {
    listener: TcpListener,
    accepted: AtomicUsize,
}

impl Peer {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let accepted = AtomicUsize::new(0);
        Self { listener, accepted }
    }

    /// The URL of this peer for whoever logs in as `account` (`user:password@`, or nothing).
    pub fn url(&self, account: &str) -> String {
        let address = self.listener.local_addr().unwrap();
        format!("xmpp://{account}localhost?connect={address}&service=pubsub.localhost")
    }

    pub fn component_url(&self) -> String {
        let address = self.listener.local_addr().unwrap();
        format!("xmpp+component://app.localhost:secret@{address}?service=pubsub.localhost")
    }

    pub async fn accept(&self) -> Connection {
        let accepted = within(PATIENCE, self.listener.accept()).await;
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Connection {
            stream: Box::new(accepted.unwrap().0),
            received: String::new(),
        }
    }

    /// The URL for TLS from the first byte.
    pub fn tls_url(&self, account: &str, authority: &Path) -> String {
        let url = self.url(account).replacen("xmpp:", "xmpps:", 1);
        format!("{url}&ca={}", authority.display())
    }

    /// Accepts a connection with TLS, and what binds a login to it (RFC 9266); `None` when the client hangs up.
    pub async fn accept_tls(&self, acceptor: &TlsAcceptor) -> Option<(Connection, Vec<u8>)> {
        let (stream, _) = within(PATIENCE, self.listener.accept()).await.unwrap();
        let stream = within(PATIENCE, acceptor.accept(stream)).await.ok()?;
        let exporter = stream
            .get_ref()
            .1
            .export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None)
            .unwrap();
        let connection = Connection {
            stream: Box::new(stream),
            received: String::new(),
        };
        Some((connection, exporter))
    }

    /// Accepts a connection and lets it in anonymously.
    pub async fn admit(&self, offer: Offer) -> Connection {
        let mut connection = self.accept().await;
        connection.authenticate().await;
        connection.bind(offer).await;
        connection
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// A connection, with TLS or without.
trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// A request that came: its id, and all of it.
#[derive(Debug)]
pub struct Came {
    pub id: String,
    pub xml: String,
}

pub struct Connection {
    stream: Box<dyn Socket>,
    received: String,
}

impl Connection {
    pub async fn send(&mut self, xml: &str) {
        self.stream.write_all(xml.as_bytes()).await.unwrap();
    }

    /// Waits for `end` and takes everything up to it.
    pub async fn until(&mut self, end: &str) -> String {
        within(PATIENCE, async {
            loop {
                if let Some(at) = self.received.find(end) {
                    let rest = self.received.split_off(at + end.len());
                    return std::mem::replace(&mut self.received, rest);
                }
                let read = self.read().await;
                assert!(
                    read > 0,
                    "the client hung up before {end}; it sent {}",
                    self.received
                );
            }
        })
        .await
    }

    async fn read(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.received
            .push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        read
    }

    /// Waits for the client to hang up; what it said until then.
    pub async fn until_closed(mut self) -> String {
        within(PATIENCE, async {
            while self.read().await > 0 {}
            self.received
        })
        .await
    }

    /// Waits for a request.
    pub async fn request(&mut self) -> Came {
        let xml = self.until("</iq>").await;
        let start = xml
            .find("<iq ")
            .unwrap_or_else(|| panic!("no request in {xml}"));
        let xml = xml[start..].to_owned();
        let id = between(&xml, "id='", "'").to_owned();
        Came { id, xml }
    }

    /// Waits for so many requests.
    pub async fn requests(&mut self, count: usize) -> Vec<Came> {
        let mut came = Vec::new();
        for _ in 0..count {
            came.push(self.request().await);
        }
        came
    }

    /// Answers as the PubSub service.
    pub async fn answer(&mut self, id: &str) {
        self.send(&format!(
            "<iq type='result' id='{id}' from='pubsub.localhost'/>"
        ))
        .await;
    }

    /// Answers as the PubSub service that it will not.
    pub async fn refuse(&mut self, id: &str, kind: &str, condition: &str) {
        self.send(&format!(
            "<iq type='error' id='{id}' from='pubsub.localhost'><error type='{kind}'>\
             <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
        ))
        .await;
    }

    /// Everything that the client has sent so far, besides what was taken: it answers a ping after it.
    pub async fn so_far(&mut self) -> String {
        self.send("<iq type='get' id='so-far' from='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
            .await;
        self.until("id='so-far'/>").await
    }

    pub async fn open(&mut self, features: &str) {
        self.until("<stream:stream").await;
        self.until(">").await;
        self.send(HEADER).await;
        self.send(&format!("<s:features>{features}</s:features>"))
            .await;
    }

    pub async fn offer_tls(&mut self) {
        self.until("<stream:stream").await;
        self.until(">").await;
        self.send(HEADER).await;
        self.send(TLS).await;
    }

    pub async fn offer(&mut self, mechanisms: &[&str]) {
        let offered = elements(mechanisms, "<mechanism>", "</mechanism>");
        self.open(&format!(
            "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{offered}</mechanisms>"
        ))
        .await;
    }

    pub async fn authenticate(&mut self) {
        self.offer(&["ANONYMOUS"]).await;
        self.until("mechanism='ANONYMOUS'").await;
        self.until(">").await;
        self.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
            .await;
    }

    /// The header and features of the stream after the login.
    pub async fn restart(&mut self, offer: Offer) {
        let management = if offer.management {
            "<sm xmlns='urn:xmpp:sm:3'/>"
        } else {
            ""
        };
        let limits = offer.largest_stanza.map(|bytes| {
            format!(
                "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>{bytes}</max-bytes></limits>"
            )
        });
        let limits = limits.unwrap_or_default();
        self.open(&format!(
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>{management}{limits}"
        ))
        .await;
    }

    /// From the login to the first presence; what the client asked to be bound.
    pub async fn bind(&mut self, offer: Offer) -> String {
        self.restart(offer).await;
        self.finish(offer).await
    }

    pub async fn finish(&mut self, offer: Offer) -> String {
        let bind = self.request().await;
        self.send(
            "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>me@localhost/r</jid></bind></iq>",
        )
        .await;
        let disco = self.request().await;
        let features = elements(offer.features, "<feature var='", "'/>");
        self.send(&format!(
            "<iq type='result' id='{}' from='pubsub.localhost'><query xmlns='http://jabber.org/protocol/disco#info'>\
             <identity category='pubsub' type='service'/>{features}</query></iq>",
            disco.id
        ))
        .await;
        if offer.management {
            self.until("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
                .await;
            self.send("<enabled xmlns='urn:xmpp:sm:3' id='resume-me' resume='true'/>")
                .await;
        }
        self.until("<presence/>").await;
        bind.xml
    }
}

/// One element for each of the texts.
pub fn elements(texts: &[&str], before: &str, after: &str) -> String {
    texts
        .iter()
        .flat_map(|text| [before, text, after])
        .collect()
}

/// What stands between two texts.
pub fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let after = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"))
        .1;
    after
        .split_once(end)
        .unwrap_or_else(|| panic!("no {end} in {after}"))
        .0
}

impl Connection {
    /// Answers with one item.
    pub async fn answer_items(&mut self, id: &str) {
        self.send(&format!(
            "<iq type='result' id='{id}' from='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <items node='/n'><item id='1'><e xmlns='urn:e'/></item></items></pubsub></iq>"
        ))
        .await;
    }
}
