//! Logging in, against servers that should not be trusted.

use std::time::{Duration, Instant};

use pubsub_core::session::{ConnectError, Login, Session, SessionConfig};
use support::within;

use crate::peer::{Connection, PATIENCE, Peer, between};
use crate::{Offer, config};

/// Base 64 of what a test sends; too little to depend on a crate for.
pub fn base64(text: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_ref().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for digit in 0..4 {
            let sextet = (bits >> (18 - 6 * digit)) & 63;
            let is_padding = digit > chunk.len();
            out.push(if is_padding {
                '='
            } else {
                DIGITS[sextet as usize].into()
            });
        }
    }
    out
}

pub fn decode(text: &str) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').chars() {
        bits = (bits << 6) | u32::try_from(DIGITS.find(digit).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The name of the mechanism that the client chose, and its first message.
pub async fn auth(connection: &mut Connection) -> (String, String) {
    let auth = connection.until("</auth>").await;
    let mechanism = between(&auth, "mechanism='", "'").to_owned();
    let data = auth.trim_end_matches("</auth>").rsplit_once('>').unwrap().1;
    (mechanism, decode(data))
}

pub async fn challenge(connection: &mut Connection, initial: &str, rest: &str) {
    let nonce = initial.rsplit_once("r=").unwrap().1;
    let challenge = base64(format!("r={nonce}server,{rest}"));
    connection
        .send(&format!(
            "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{challenge}</challenge>"
        ))
        .await;
}

pub fn connect(url: &str) -> impl Future<Output = Result<Session, ConnectError>> + use<> {
    within(PATIENCE, Session::connect(config(url)))
}

pub fn reason(outcome: Result<Session, ConnectError>) -> Login {
    match outcome {
        Err(ConnectError::Authentication { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_itself_is_refused() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection
            .offer(&["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"])
            .await;
        let (mechanism, initial) = auth(&mut connection).await;
        assert_eq!(mechanism, "SCRAM-SHA-256");
        assert!(initial.starts_with("n,,n=ann,r="), "{initial}");
        challenge(&mut connection, &initial, "s=c2FsdA==,i=4096").await;
        connection.until("</response>").await;
        let proof = base64("v=bm90IHRoZSByaWdodCBvbmU=");
        connection
            .send(&format!(
                "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{proof}</success>"
            ))
            .await;
        connection.until_closed().await
    };
    let (outcome, rest) = tokio::join!(connect(&peer.url("ann:hunter2@")), script);
    assert!(matches!(reason(outcome), Login::ServerNotProven(_)));
    assert!(!rest.contains("<stream:stream"), "{rest}");
    assert_eq!(peer.accepted(), 1);
}

#[tokio::test]
async fn a_success_without_any_proof_is_refused() {
    for success in [
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</success>",
    ] {
        let peer = Peer::new().await;
        let script = async {
            let mut connection = peer.accept().await;
            connection.offer(&["SCRAM-SHA-1"]).await;
            auth(&mut connection).await;
            connection.send(success).await;
            connection.until_closed().await;
        };
        let (outcome, ()) = tokio::join!(connect(&peer.url("ann:hunter2@")), script);
        assert!(outcome.is_err(), "{success}");
    }
}

#[tokio::test]
async fn a_hostile_challenge_is_not_worked_on() {
    for rest in ["s=c2FsdA==,i=4294967295", "s=c2FsdA==,i=1", "s=c2FsdA=="] {
        let peer = Peer::new().await;
        let script = async {
            let mut connection = peer.accept().await;
            connection.offer(&["SCRAM-SHA-256"]).await;
            let (_, initial) = auth(&mut connection).await;
            challenge(&mut connection, &initial, rest).await;
            connection.until_closed().await
        };
        let (outcome, said) = tokio::join!(connect(&peer.url("ann:hunter2@")), script);
        assert!(
            matches!(reason(outcome), Login::ServerNotProven(_)),
            "{rest}"
        );
        assert!(!said.contains("<response"), "{said}");
    }
}

#[tokio::test]
async fn the_password_is_not_shown_to_a_server_that_offers_only_plain() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.offer(&["PLAIN", "ANONYMOUS"]).await;
        connection.until_closed().await
    };
    let (outcome, said) = tokio::join!(connect(&peer.url("ann:hunter2@")), script);
    assert!(matches!(reason(outcome), Login::NoMechanism { .. }));
    assert!(!said.contains("<auth"), "{said}");
}

#[tokio::test]
async fn plain_is_used_when_it_was_allowed() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.offer(&["PLAIN"]).await;
        let said = auth(&mut connection).await;
        connection
            .send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
            .await;
        connection.bind(Offer::default()).await;
        (said, connection)
    };
    let url = format!("{}&auth=plain", peer.url("ann:hunter2@"));
    let (outcome, (said, _connection)) = tokio::join!(connect(&url), script);
    assert_eq!(said, ("PLAIN".to_owned(), "\0ann\0hunter2".to_owned()));
    outcome.unwrap();
}

#[tokio::test]
async fn a_wrong_password_fails_once_and_quickly() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.offer(&["SCRAM-SHA-1", "PLAIN"]).await;
        auth(&mut connection).await;
        connection
            .send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
            .await;
        connection.until_closed().await
    };
    let url = format!("{}&auth=plain", peer.url("ann:hunter2@"));
    let begun = Instant::now();
    let (outcome, said) = tokio::join!(connect(&url), script);
    assert_eq!(reason(outcome), Login::Refused("not-authorized".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(!said.contains("<auth"), "no second try with PLAIN: {said}");
    assert_eq!(peer.accepted(), 1);
}

#[tokio::test]
async fn a_wrong_password_ends_a_patient_session_too() {
    let peer = Peer::new().await;
    let session = Session::start(config(&peer.url("ann:hunter2@")));
    let mut connection = peer.accept().await;
    connection.offer(&["SCRAM-SHA-1"]).await;
    auth(&mut connection).await;
    connection
        .send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
        .await;
    let mut status = session.status();
    let closed = within(
        PATIENCE,
        status.wait_for(pubsub_core::session::Status::is_closed),
    )
    .await;
    assert!(closed.is_ok());
}

#[tokio::test]
async fn what_is_said_between_starttls_and_tls_is_refused() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.offer_tls().await;
        connection.until("<starttls").await;
        connection.until(">").await;
        connection
            .send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><injected xmlns='urn:x'/>")
            .await;
        connection.until_closed().await
    };
    let (outcome, _) = tokio::join!(connect(&peer.url("ann:hunter2@")), script);
    assert!(
        matches!(outcome, Err(ConnectError::Protocol { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let peer = Peer::new().await;
    let config: SessionConfig = peer.url("").parse().unwrap();
    let config = config.connect_deadline(Duration::from_millis(100));
    let (outcome, _connection) =
        tokio::join!(within(PATIENCE, Session::connect(config)), peer.accept());
    assert!(
        matches!(outcome, Err(ConnectError::Timeout { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_component_shows_that_it_knows_the_secret() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.until("to='app.localhost'>").await;
        connection
            .send("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='abc' from='app.localhost'>")
            .await;
        let handshake = connection.until("</handshake>").await;
        // SHA-1 of "abcsecret".
        assert!(
            handshake.contains("<handshake>de0a408ef519cd62e7379039634152874895c50c</handshake>"),
            "{handshake}"
        );
        connection.send("<handshake/>").await;
        let disco = connection.request().await;
        assert!(disco.xml.contains("from='app.localhost'"), "{}", disco.xml);
        connection
            .send(&format!(
                "<iq type='result' id='{}' from='pubsub.localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
                disco.id
            ))
            .await;
        let publish = connection.request().await;
        connection.answer(&publish.id).await;
        publish.xml
    };
    let client = async {
        let session = connect(&peer.component_url()).await.unwrap();
        within(PATIENCE, session.publish(crate::change("/n", "1")))
            .await
            .unwrap();
    };
    let ((), publish) = tokio::join!(client, script);
    assert!(
        publish.starts_with("<iq type='set' to='pubsub.localhost' from='app.localhost' id='"),
        "{publish}"
    );
}

#[tokio::test]
async fn a_component_with_a_wrong_secret_is_told_so() {
    let peer = Peer::new().await;
    let script = async {
        let mut connection = peer.accept().await;
        connection.until("to='app.localhost'>").await;
        connection
            .send("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='abc'>")
            .await;
        connection.until("</handshake>").await;
        connection
            .send("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")
            .await;
        connection.until_closed().await;
    };
    let (outcome, ()) = tokio::join!(connect(&peer.component_url()), script);
    assert_eq!(reason(outcome), Login::Refused("not-authorized".to_owned()));
}
