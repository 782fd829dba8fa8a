//! Two clients who log in and say anything: what the server says to both is XML, and the server outlives it.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use pubsub_xml::{Event, FrameKind, Framer, Reader};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::accounts::{MemoryAccounts, add_account};
use crate::assembly::prepare;
use crate::config::{Config, NodeCreation};
use crate::connection::carrying::XmlStream;
use crate::connection::{self, Remote};
use crate::host::Host;
use crate::statistics::Statistics;

const HEADER: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/// With their SASL PLAIN; the password is `secret`.
const PEOPLE: [(&str, &str, &str); 2] = [
    ("ann", "home", "AGFubgBzZWNyZXQ="),
    ("bob", "phone", "AGJvYgBzZWNyZXQ="),
];

/// What no text holds stands between what one and the other says.
const TURN: u8 = 0xFF;

/// Nothing here waits for anything outside.
const PATIENCE: Duration = Duration::from_secs(10);

/// What ann and bob say in turns after they have logged in, with the byte 0xFF between.
///
/// # Panics
///
/// When the server says to one of them what is not XML, or does not come to an end.
pub fn dialogue(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let Ok(runtime) = runtime else {
        unreachable!("a runtime without sockets needs nothing");
    };
    runtime.block_on(async {
        let host = host().await;
        let [mut ann, mut bob] = PEOPLE.map(|_| Client::connect(&host));
        for (client, (name, resource, secret)) in [&mut ann, &mut bob].into_iter().zip(PEOPLE) {
            client.say(log_in(name, resource, secret).as_bytes()).await;
        }
        settle().await;
        for (turn, said) in bytes.split(|byte| *byte == TURN).enumerate() {
            let client = if turn % 2 == 0 { &mut ann } else { &mut bob };
            client.say(said).await;
            settle().await;
        }
        for client in [ann, bob] {
            let heard = tokio::time::timeout(PATIENCE, client.leave()).await;
            check(&heard.expect("the server comes to an end"));
        }
        let _ = Statistics::of(&host);
        host.crew.dismiss();
    });
}

async fn host() -> Arc<Host> {
    let config = Config {
        scram_iterations: 1,
        anonymous: true,
        node_creation: NodeCreation::Everyone,
        admins: vec!["ann".to_owned()],
        ..Config::default()
    };
    let host =
        prepare(&config, Arc::new(MemoryAccounts::default())).expect("a right configuration");
    for (name, _, _) in PEOPLE {
        let added = add_account(host.accounts.given(), name, "secret", 1).await;
        added.expect("a new account");
    }
    Arc::new(host)
}

/// All that a client says to log in.
fn log_in(name: &str, resource: &str, secret: &str) -> String {
    format!(
        "{HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>{HEADER}\
         <iq type='set' id='{name}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
    )
}

/// One end of a connection, and the task that reads from it.
struct Client {
    mouth: tokio::io::WriteHalf<DuplexStream>,
    ear: tokio::task::JoinHandle<Vec<u8>>,
}

impl Client {
    fn connect(host: &Arc<Host>) -> Self {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let remote = Remote {
            address,
            is_private: true,
        };
        let carrier = XmlStream::new(server, &host.limits);
        let permit = host.clients.admit(address).expect("room for two");
        host.crew
            .spawn(connection::serve(carrier, remote, host.clone(), permit));
        let (mut ear, mouth) = tokio::io::split(client);
        Self {
            mouth,
            ear: tokio::spawn(async move {
                let mut heard = Vec::new();
                let _ = ear.read_to_end(&mut heard).await;
                heard
            }),
        }
    }

    /// Says something; what a server does not hear that has closed already is lost.
    async fn say(&mut self, words: &[u8]) {
        let _ = self.mouth.write_all(words).await;
    }

    /// Everything that was heard, when both have closed.
    async fn leave(mut self) -> Vec<u8> {
        let _ = self.mouth.shutdown().await;
        self.ear.await.unwrap_or_default()
    }
}

/// Lets everybody else have their turn, often enough that each has answered each.
async fn settle() {
    for _ in 0..64 {
        let mut has_yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut has_yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Whether it is a stream of well-formed elements, at least up to where it was cut off.
fn check(mut heard: &[u8]) {
    let mut framer = Framer::new(pubsub_xml::Limits {
        max_bytes: usize::MAX,
        max_depth: 256,
    });
    let mut scope = pubsub_xml::Scope::default();
    loop {
        match framer.next(heard) {
            Ok(Some(frame)) => {
                let (bytes, rest) = heard.split_at(frame.len);
                heard = rest;
                let text = std::str::from_utf8(bytes).expect("UTF-8");
                match frame.kind {
                    FrameKind::Header => {
                        let mut reader = Reader::new(text);
                        reader.root().expect("a header");
                        scope = reader.scope();
                    }
                    FrameKind::Element => {
                        let mut reader = Reader::with_scope(text, &scope);
                        while reader
                            .event()
                            .unwrap_or_else(|error| unreachable!("{error} in {text}"))
                            != Event::Eof
                        {}
                        if text.starts_with("<success") {
                            framer.reset();
                        }
                    }
                    FrameKind::Declaration | FrameKind::White => {}
                    FrameKind::Footer => {
                        assert!(heard.is_empty(), "more after the end");
                        return;
                    }
                }
            }
            Ok(None) => {
                assert!(
                    heard.is_empty(),
                    "the end is missing: {}",
                    String::from_utf8_lossy(heard)
                );
                return;
            }
            Err(error) => unreachable!("{error}: {}", String::from_utf8_lossy(heard)),
        }
    }
}
