//! Sessions that are right up to some byte. Whatever comes then, the server answers in XML or closes, and goes on serving everybody else.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use pubsub_server::Limits;
use support::websocket::{frame, opcode};
use support::{WebSocketClient, bosh, http, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::{HEADER, PATIENCE, hear, listener, publish, publisher, server};

/// A session as it should be, in the pieces that are mangled.
const PIECES: [&str; 7] = [
    HEADER,
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGJvYgBzZWNyZXQ=</auth>",
    HEADER,
    "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>phone</resource></bind></iq>",
    "<enable xmlns='urn:xmpp:sm:3' resume='true'/><presence><priority>1</priority></presence>",
    "<iq type='set' id='2' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/m'><item id='&#x61;'><p:x \
     xmlns:p='urn:x' p:y=\"1\"><![CDATA[<]]></p:x></item></publish></pubsub></iq>",
    "<message to='bob@localhost/phone' type='chat'><body>&lt;hello&amp;</body></message></stream:stream>",
];

/// What matters to readers of XML, or must not be there.
const WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"'",
    b"&",
    b"</",
    b"<!DOCTYPE a>",
    b"<!-- -->",
    b"<?a?>",
    b"\0",
    b"\xFF",
    b"\xC3",
    b"]]>",
    b" xmlns='urn:y'",
    b" id='1'",
    b"&#0;",
    b"&lol;",
    b"xmlns:a=''",
];

/// What is done to a piece.
#[derive(Debug, Clone)]
enum Change {
    None,
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Replace(prop::sample::Index, u8),
    Repeat(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let pieces = prop::sample::select(WORDS).prop_map(<[u8]>::to_vec);
    prop_oneof![
        3 => Just(Change::None),
        2 => (at(), pieces).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), 1_usize..20).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        1 => (0_usize..3).prop_map(Change::Repeat),
    ]
}

fn mangled(piece: &str, change: &Change) -> Vec<u8> {
    let mut bytes = piece.as_bytes().to_vec();
    match change {
        Change::None => {}
        Change::Insert(at, more) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Remove(at, count) => {
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + count);
            bytes.drain(at..end);
        }
        Change::Replace(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Change::Repeat(times) => bytes = bytes.repeat(*times),
    }
    bytes
}

/// Runs `attack` on many mangled sessions, and has the server serve somebody after each of them.
fn storm<F: Future<Output = ()>>(
    cases: u32,
    attack: impl Fn(std::net::SocketAddr, std::net::SocketAddr, Vec<Vec<u8>>) -> F,
) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(server(Limits::default()));
    let (mut ann, mut guest) = runtime.block_on(async {
        let ann = publisher(&server, "/n").await;
        (ann, listener(&server).await)
    });
    let strategy = prop::collection::vec(change(), PIECES.len());
    let mut cases_of = TestRunner::new(Config::with_cases(cases));
    for item in 0..cases as usize {
        let changes = strategy.new_tree(&mut cases_of).unwrap().current();
        let pieces: Vec<_> = PIECES
            .iter()
            .zip(&changes)
            .map(|(piece, change)| mangled(piece, change))
            .collect();
        let told: Vec<_> = pieces
            .iter()
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect();
        runtime.block_on(async {
            attack(server.addr(), server.http_addr().unwrap(), pieces).await;
            // Printed only if what follows fails.
            println!("{told:?}");
            publish(&mut ann, "/n", item, "still here").await;
            within(PATIENCE, hear(&mut guest, item, item)).await;
        });
    }
}

#[test]
fn a_mangled_stream_ends_or_goes_on_and_nobody_else_notices() {
    storm(400, |address, _, pieces| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may have closed; what it said is still to be read.
        let _ = stream.write_all(&pieces.concat()).await;
        let _ = stream.shutdown().await;
        let mut said = Vec::new();
        let _ = within(PATIENCE, stream.read_to_end(&mut said)).await;
        let said = String::from_utf8(said).unwrap();
        if said.contains("<stream:error>") {
            assert!(said.ends_with("</stream:stream>"), "{said}");
            assert_eq!(said.matches("<stream:error>").count(), 1, "{said}");
        }
    });
}

#[test]
fn mangled_messages_of_a_websocket_end_it_in_order_and_nobody_else_notices() {
    storm(200, |_, address, pieces| async move {
        let mut client = WebSocketClient::connect(address, &[]).await.unwrap();
        client.open().await.unwrap();
        for (number, piece) in pieces.iter().enumerate() {
            let first = if number == 4 {
                opcode::TEXT
            } else {
                0x80 | opcode::TEXT
            };
            if client
                .write(&frame(first, number != 5, piece))
                .await
                .is_err()
            {
                break;
            }
        }
        let close = frame(0x80 | opcode::CLOSE, true, &1000_u16.to_be_bytes());
        let _ = client.write(&close).await;
        while let Ok(frame) = client.frame().await {
            if frame.opcode == opcode::CLOSE {
                assert!(
                    frame
                        .code()
                        .is_some_and(|code| (1000..4000).contains(&code)),
                    "{frame:?}"
                );
                break;
            }
        }
    });
}

#[test]
fn mangled_bodies_of_bosh_are_answered_and_nobody_else_notices() {
    storm(200, |_, address, pieces| async move {
        let mut body = "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' rid='1' to='localhost' wait='1' hold='1' ver='1.6' \
             xmpp:version='1.0'>".as_bytes().to_vec();
        for piece in &pieces[3..] {
            body.extend_from_slice(piece);
        }
        body.extend_from_slice(b"</body>");
        let answer = http::request(
            address,
            "POST",
            bosh::PATH,
            &[("Content-Type", "text/xml")],
            body,
        )
        .await
        .unwrap();
        assert!(
            matches!(answer.status, 200 | 400 | 404),
            "{}",
            answer.status
        );
        if answer.status == 200 {
            assert!(answer.text().starts_with("<body "), "{}", answer.text());
        }
    });
}
