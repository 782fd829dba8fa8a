//! SASL2 (XEP-0388): every way to log in, and what is refused. What is asked for together with a login is in `bind2`.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pubsub_server::{Config, Demand, Http, Limits, RunningServer, Server};
use ring::{digest, hmac, pbkdf2};
use support::bosh::between;
use support::{RawClient, base64 as encoded};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::rustls::version::TLS13;

use crate::tls::{HEADER, say, serve, shake};

pub(crate) const FEATURES: &str = "</stream:features>";
pub(crate) const STREAM_ERROR: &str = "</stream:stream>";
pub(crate) const BIND: &str = "<bind xmlns='urn:xmpp:bind:0'><tag>App</tag></bind>";
pub(crate) const MANAGED: &str = "<bind xmlns='urn:xmpp:bind:0'><tag>App</tag><enable xmlns='urn:xmpp:carbons:2'/>\
     <enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>";
pub(crate) const PING: &str =
    "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

pub(crate) async fn server(limits: Limits) -> RunningServer {
    Server::spawn(Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        anonymous: true,
        scram_iterations: 16,
        limits,
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Http::default()
        },
        ..Config::default()
    })
    .await
    .unwrap()
}

/// A connection that has seen the features.
pub(crate) async fn connect(server: &RunningServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    say(&mut stream, HEADER, FEATURES).await;
    stream
}

pub(crate) fn begin(mechanism: &str, initial: &str, more: &str) -> String {
    format!(
        "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'>\
         <initial-response>{}</initial-response>{more}</authenticate>",
        encoded(initial.as_bytes())
    )
}

pub(crate) fn plain(user: &str, more: &str) -> String {
    begin("PLAIN", &format!("\0{user}\0secret"), more)
}

fn response(message: &str) -> String {
    let message = encoded(message.as_bytes());
    format!("<response xmlns='urn:xmpp:sasl:2'>{message}</response>")
}

pub(crate) fn jid_of(success: &str) -> String {
    let jid = between(
        success,
        "<authorization-identifier>",
        "</authorization-identifier>",
    );
    jid.unwrap_or_else(|| panic!("{success}"))
}

/// Proves to know the password with SCRAM-SHA-256; what the success must then hold as `additional-data`.
async fn prove<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    mechanism: &str,
    header: &str,
    channel: &[u8],
    more: &str,
) -> (String, String) {
    let bare = "n=ann,r=abc";
    let words = begin(mechanism, &format!("{header}{bare}"), more);
    let challenge = say(stream, &words, "</challenge>").await;
    let challenge = between(
        &challenge,
        "<challenge xmlns='urn:xmpp:sasl:2'>",
        "</challenge>",
    );
    let challenge = String::from_utf8(STANDARD.decode(challenge.unwrap()).unwrap()).unwrap();
    let mut fields = challenge.split(',').map(|field| &field[2..]);
    let (nonce, salt) = (fields.next().unwrap(), fields.next().unwrap());
    let iterations: NonZeroU32 = fields.next().unwrap().parse().unwrap();
    assert!(nonce.starts_with("abc") && nonce.len() > 20, "{challenge}");
    let mut salted = [0; 32];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        iterations,
        &STANDARD.decode(salt).unwrap(),
        b"secret",
        &mut salted,
    );
    let sign = |key: &[u8], text: &[u8]| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
            .as_ref()
            .to_vec()
    };
    let client = sign(&salted, b"Client Key");
    let stored = digest::digest(&digest::SHA256, &client);
    let channel = encoded(&[header.as_bytes(), channel].concat());
    let last = format!("c={channel},r={nonce}");
    let signed = format!("{bare},{challenge},{last}");
    let signature = sign(stored.as_ref(), signed.as_bytes());
    let proof: Vec<u8> = client.iter().zip(signature).map(|(a, b)| a ^ b).collect();
    let verified = sign(&sign(&salted, b"Server Key"), signed.as_bytes());
    let expected = encoded(format!("v={}", encoded(&verified)).as_bytes());
    (response(&format!("{last},p={}", encoded(&proof))), expected)
}

#[tokio::test]
async fn it_is_offered_beside_the_old_way() {
    let server = server(Limits::default()).await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let features = say(&mut stream, HEADER, FEATURES).await;
    let mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "ANONYMOUS"]
        .map(|name| format!("<mechanism>{name}</mechanism>"))
        .concat();
    let offer = format!(
        "<stream:features><authentication xmlns='urn:xmpp:sasl:2'>{mechanisms}<inline>\
         <bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:sm:3'/></inline></bind>\
         <sm xmlns='urn:xmpp:sm:3'/></inline></authentication>\
         <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{mechanisms}</mechanisms>"
    );
    assert!(features.contains(&offer), "{features}");
    server.shutdown().await;
}

#[tokio::test]
async fn one_question_logs_in_binds_and_enables() {
    let server = server(Limits::default()).await;
    let mut stream = connect(&server).await;
    // What follows at once is read once the client is in.
    let all = format!("{}{PING}<r xmlns='urn:xmpp:sm:3'/>", plain("ann", MANAGED));
    let answer = say(&mut stream, &all, "<a xmlns='urn:xmpp:sm:3'").await;
    let jid = jid_of(&answer);
    let number = jid.strip_prefix("ann@localhost/App/").unwrap();
    assert_eq!(number.len(), 16, "{jid}");
    let id = between(&answer, "<enabled xmlns='urn:xmpp:sm:3' id='", "'").unwrap();
    let expected = format!(
        "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>{jid}</authorization-identifier>\
         <bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='{id}' resume='true' max='120'/></bound></success>\
         <stream:features><ver xmlns='urn:xmpp:features:rosterver'/></stream:features><iq type='result' id='p'"
    );
    assert!(answer.starts_with(&expected), "{answer}");
    // Bob, whose copies Ann's client gets from now on.
    let mut bob = connect(&server).await;
    let bound = say(&mut bob, &plain("bob", BIND), FEATURES).await;
    assert!(bound.contains("<bound xmlns='urn:xmpp:bind:0'/></success>"));
    let mut other = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    let to = jid_of(&bound);
    let message = format!("<message to='{to}' type='chat' id='m'><body>hello</body></message>");
    other.send(&message).await.unwrap();
    let copy = say(&mut stream, "", "</message>").await;
    assert!(copy.contains("<sent xmlns='urn:xmpp:carbons:2'>"), "{copy}");
    let heard = say(&mut bob, "", "</message>").await;
    assert!(heard.contains("hello</body>"), "{heard}");
    server.shutdown().await;
}

#[tokio::test]
async fn without_a_wish_one_binds_as_ever_but_does_not_begin_anew() {
    let server = server(Limits::default()).await;
    for (user, mechanism) in [("ann", "PLAIN"), ("", "ANONYMOUS")] {
        let mut stream = connect(&server).await;
        let words = begin(mechanism, &format!("\0{user}\0secret"), "");
        let success = say(&mut stream, &words, FEATURES).await;
        assert!(!jid_of(&success).contains('/'), "{success}");
        assert!(!success.contains("additional-data"), "{success}");
        assert!(
            success.contains(
                "</success><stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            ),
            "{success}"
        );
        let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>";
        let bound = say(&mut stream, bind, "</iq>").await;
        let full = format!("<jid>{}/r</jid>", jid_of(&success));
        assert!(bound.contains(&full), "{bound}");
    }
    let mut guest = connect(&server).await;
    let words = "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='ANONYMOUS'><bind xmlns='urn:xmpp:bind:0'/></authenticate>";
    let success = say(&mut guest, words, FEATURES).await;
    let jid = jid_of(&success);
    let (bare, resource) = jid.split_once('/').unwrap();
    assert!(bare.len() > 40 && resource.len() == 16, "{jid}");
    server.shutdown().await;
}

#[tokio::test]
async fn the_server_proves_itself_with_the_success() {
    let server = server(Limits::default()).await;
    let mut stream = connect(&server).await;
    let (last, expected) = prove(&mut stream, "SCRAM-SHA-256", "n,,", b"", BIND).await;
    let success = say(&mut stream, &last, FEATURES).await;
    let data = format!("<additional-data>{expected}</additional-data>");
    assert!(success.contains(&data), "{success}");
    assert!(
        jid_of(&success).starts_with("ann@localhost/App/"),
        "{success}"
    );
    server.shutdown().await;

    let served = serve(Demand::Everybody).await;
    let address = served.server.direct_tls_addr().unwrap();
    for is_right in [true, false] {
        let mut stream = shake(address, &served.certificates.authority, &TLS13)
            .await
            .unwrap();
        let features = say(&mut stream, HEADER, FEATURES).await;
        assert!(
            features.contains(
                "<authentication xmlns='urn:xmpp:sasl:2'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
            ),
            "{features}"
        );
        let mut exporter = [7; 32];
        if is_right {
            let session = stream.get_ref().1;
            exporter = session
                .export_keying_material(exporter, b"EXPORTER-Channel-Binding", Some(b""))
                .unwrap();
        }
        let (last, expected) = prove(
            &mut stream,
            "SCRAM-SHA-256-PLUS",
            "p=tls-exporter,,",
            &exporter,
            BIND,
        )
        .await;
        if is_right {
            let success = say(&mut stream, &last, FEATURES).await;
            assert!(success.contains(&expected), "{success}");
        } else {
            let failure = say(&mut stream, &last, "</failure>").await;
            assert!(failure.contains("<not-authorized "), "{failure}");
        }
    }
    // Before it encrypts, a client that must is offered nothing, and is not let in.
    let mut stream = TcpStream::connect(served.server.addr()).await.unwrap();
    let features = say(&mut stream, HEADER, FEATURES).await;
    assert!(!features.contains("sasl"), "{features}");
    let failure = say(&mut stream, &plain("ann", BIND), "</failure>").await;
    assert!(failure.contains("<encryption-required "), "{failure}");
    served.server.shutdown().await;
}

#[tokio::test]
async fn a_refusal_changes_nothing() {
    let server = server(Limits::default()).await;
    let scram = |more: &str| begin("SCRAM-SHA-1", "n,,n=ann,r=abc", more);
    for (words, then, condition) in [
        (begin("PLAIN", "\0ann\0wrong", BIND), None, "not-authorized"),
        (begin("LOGIN", "ann", BIND), None, "invalid-mechanism"),
        (
            begin("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=ann,r=abc", BIND),
            None,
            "invalid-mechanism",
        ),
        (
            plain("ann", BIND).replace("mechanism=", "upgrade='UPGR-SCRAM-SHA-256' mechanism="),
            None,
            "invalid-mechanism",
        ),
        (begin("PLAIN", "ann", BIND), None, "malformed-request"),
        // No message at all is written as one of no bytes here, not as "=".
        (
            plain("ann", BIND).replace(&encoded(b"\0ann\0secret"), "="),
            None,
            "incorrect-encoding",
        ),
        (
            begin("PLAIN", "bob@localhost\0ann\0secret", BIND),
            None,
            "invalid-authzid",
        ),
        (
            scram(BIND),
            Some("<abort xmlns='urn:xmpp:sasl:2'/>".to_owned()),
            "aborted",
        ),
        (
            scram(BIND),
            Some(response("c=biws,r=abc,p=AAAA")),
            "not-authorized",
        ),
        (scram(BIND), Some(response("")), "malformed-request"),
    ] {
        let mut stream = connect(&server).await;
        if let Some(then) = &then {
            say(&mut stream, &words, "</challenge>").await;
            stream.write_all(then.as_bytes()).await.unwrap();
        } else {
            stream.write_all(words.as_bytes()).await.unwrap();
        }
        let expected = format!(
            "<failure xmlns='urn:xmpp:sasl:2'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"
        );
        let failure = say(&mut stream, "", "</failure>").await;
        assert_eq!(failure, expected, "{words}");
        // The next attempt asks for what it says itself, and only for that.
        let success = say(&mut stream, &plain("ann", ""), FEATURES).await;
        assert_eq!(jid_of(&success), "ann@localhost", "{words}");
    }
    // Attempts in one way count in the other.
    let mut stream = connect(&server).await;
    let old = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='X'/>";
    for words in [begin("X", "", ""), old.to_owned()] {
        say(&mut stream, &words, "</failure>").await;
    }
    let last = say(&mut stream, &begin("X", "", ""), STREAM_ERROR).await;
    assert!(last.contains("too many attempts"), "{last}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_message_that_is_asked_for_comes_later() {
    let server = server(Limits::default()).await;
    let mut stream = connect(&server).await;
    let words =
        format!("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>{BIND}</authenticate>");
    let challenge = say(&mut stream, &words, "</challenge>").await;
    assert_eq!(challenge, "<challenge xmlns='urn:xmpp:sasl:2'></challenge>");
    let success = say(&mut stream, &response("\0ann\0secret"), FEATURES).await;
    assert!(success.contains("<bound"), "{success}");
    server.shutdown().await;
}

#[tokio::test]
async fn what_has_no_place_there_ends_the_stream() {
    let server = server(Limits::default()).await;
    let scram = begin("SCRAM-SHA-1", "n,,n=ann,r=abc", BIND);
    let old =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";
    for (words, end, then, condition) in [
        // Twice, before a resource is bound and after.
        (
            plain("ann", ""),
            FEATURES,
            plain("ann", ""),
            "unsupported-stanza-type",
        ),
        (
            plain("ann", BIND),
            FEATURES,
            plain("ann", BIND),
            "unsupported-stanza-type",
        ),
        (
            plain("ann", BIND),
            FEATURES,
            old.to_owned(),
            "unsupported-stanza-type",
        ),
        // More data after the success.
        (
            plain("ann", BIND),
            FEATURES,
            response("more"),
            "unsupported-stanza-type",
        ),
        (
            plain("ann", ""),
            FEATURES,
            response("more"),
            "unsupported-stanza-type",
        ),
        // A stanza, or the words of the other way, while a login is under way.
        (
            scram.clone(),
            "</challenge>",
            PING.to_owned(),
            "not-authorized",
        ),
        (
            scram.clone(),
            "</challenge>",
            "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned(),
            "not-authorized",
        ),
        (scram, "</challenge>", plain("ann", BIND), "not-authorized"),
        // An answer to nothing.
        (
            String::new(),
            "",
            response("c=biws"),
            "unsupported-stanza-type",
        ),
    ] {
        let mut stream = connect(&server).await;
        say(&mut stream, &words, end).await;
        let last = say(&mut stream, &then, STREAM_ERROR).await;
        assert!(last.contains(&format!("<{condition} ")), "{words}: {last}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn who_says_who_he_is_has_to_be_that() {
    let server = server(Limits::default()).await;
    for (from, end) in [
        ("ANN@localhost", FEATURES),
        (
            "bob@localhost",
            "<invalid-authzid xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>",
        ),
        (
            "ann@elsewhere",
            "<invalid-authzid xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>",
        ),
    ] {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        let header = HEADER.replace("to='localhost'", &format!("to='localhost' from='{from}'"));
        say(&mut stream, &header, FEATURES).await;
        say(&mut stream, &plain("ann", BIND), end).await;
    }
    server.shutdown().await;
}
