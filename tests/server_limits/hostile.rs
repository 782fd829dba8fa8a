//! Clients that say what they must not: broken streams, stanzas before login, hostile XML, guessed passwords.

use std::time::Duration;

use pubsub_server::Limits;
use support::RawClient;
use tokio::io::AsyncWriteExt as _;

use crate::{ANN, HEADER, assert_ended, login, rest, say, server};

#[tokio::test]
async fn a_stream_that_is_wrong_from_the_start_is_told_why() {
    let server = server(Limits::default()).await;
    let laughs = "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY l2 '&lol;&lol;&lol;&lol;'>]><stream:stream>&l2;";
    let cases = [
        ("billion laughs", laughs.to_owned(), "restricted-xml"),
        (
            "HTTP",
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            "not-well-formed",
        ),
        (
            "another domain",
            HEADER.replace("to='localhost'", "to='example.org'"),
            "host-unknown",
        ),
        (
            "another namespace",
            HEADER.replace("jabber:client", "jabber:server"),
            "invalid-namespace",
        ),
        (
            "no stream",
            HEADER.replace("etherx", "other"),
            "invalid-namespace",
        ),
        (
            "an old version",
            HEADER.replace(" version='1.0' xmlns", " xmlns"),
            "unsupported-version",
        ),
        (
            "a broken header",
            HEADER.replace("to='localhost'", "to='a' to='b'"),
            "not-well-formed",
        ),
        (
            "an endless header",
            format!("<stream:stream a='{}", "x".repeat(20_000)),
            "policy-violation",
        ),
    ];
    for (about, words, condition) in cases {
        assert_ended(
            &say(server.addr(), words.as_bytes()).await,
            condition,
            about,
        );
    }
}

#[tokio::test]
async fn a_stanza_before_login_ends_the_stream() {
    let server = server(Limits::default()).await;
    let message = "<message to='bob@localhost'><body>psst</body></message>";
    let iq = "<iq type='get' id='1' to='pubsub.localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>";
    let bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    for stanza in [message, iq, bind, "<presence/>"] {
        let answer = say(server.addr(), format!("{HEADER}{stanza}").as_bytes()).await;
        assert_ended(&answer, "not-authorized", stanza);
    }
    // Logged in, but not bound.
    for stanza in [message, iq] {
        let answer = say(
            server.addr(),
            format!("{HEADER}{ANN}{HEADER}{stanza}").as_bytes(),
        )
        .await;
        assert_ended(&answer, "not-authorized", stanza);
    }
    let answer = say(
        server.addr(),
        format!("{HEADER}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").as_bytes(),
    )
    .await;
    assert_ended(&answer, "unsupported-stanza-type", "starttls");
}

#[tokio::test]
async fn hostile_xml_ends_the_stream_with_the_right_error() {
    let server = server(Limits {
        stanza: 4096,
        ..Limits::default()
    })
    .await;
    let deep = format!("<message>{}", "<a>".repeat(100));
    let wide = (0..100).fold(String::new(), |all, index| format!("{all} a{index}=''"));
    let cases: [(&str, Vec<u8>, &str); 16] = [
        (
            "a document type",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]>".to_vec(),
            "restricted-xml",
        ),
        (
            "a comment",
            b"<message><!-- hello --></message>".to_vec(),
            "restricted-xml",
        ),
        (
            "a processing instruction",
            b"<message><?php ?></message>".to_vec(),
            "restricted-xml",
        ),
        (
            "an entity",
            b"<message><body>&lol;</body></message>".to_vec(),
            "restricted-xml",
        ),
        ("nesting", deep.into_bytes(), "policy-violation"),
        (
            "many attributes",
            format!("<message{wide}/>").into_bytes(),
            "policy-violation",
        ),
        (
            "a huge attribute",
            format!("<message a='{}'/>", "x".repeat(5000)).into_bytes(),
            "policy-violation",
        ),
        (
            "a huge stanza",
            format!("<message><body>{}", "x".repeat(5000)).into_bytes(),
            "policy-violation",
        ),
        (
            "crossed tags",
            b"<message><a></b></message>".to_vec(),
            "not-well-formed",
        ),
        (
            "a doubled attribute",
            b"<message a='1' a='2'/>".to_vec(),
            "not-well-formed",
        ),
        (
            "an unknown prefix",
            b"<message><x:y/></message>".to_vec(),
            "not-well-formed",
        ),
        (
            "a naked attribute",
            b"<message to/>".to_vec(),
            "not-well-formed",
        ),
        (
            "a forbidden character",
            b"<message><body>&#0;</body></message>".to_vec(),
            "not-well-formed",
        ),
        (
            "no UTF-8",
            b"<message><body>\xff\xfe</body></message>".to_vec(),
            "not-well-formed",
        ),
        ("text between stanzas", b"hello".to_vec(), "not-well-formed"),
        (
            "an unknown element",
            b"<hello xmlns='urn:x'/>".to_vec(),
            "unsupported-stanza-type",
        ),
    ];
    for (about, words, condition) in cases {
        let mut stream = login(&server, "ann").await.into_stream();
        stream.write_all(&words).await.unwrap();
        assert_ended(&rest(&mut stream).await, condition, about);
    }
    // Also where the stanza would have been refused anyway: what is not used is read all the same.
    let mut ann = login(&server, "ann").await;
    ann.send("<iq type='set' id='1' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'><create node=''/></oops></iq>")
        .await
        .unwrap();
    assert_ended(
        &rest(&mut ann.into_stream()).await,
        "not-well-formed",
        "in a refused request",
    );
}

#[tokio::test]
async fn who_does_not_log_in_is_cut_off() {
    let server = server(Limits {
        login: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    assert_ended(
        &say(server.addr(), b"").await,
        "connection-timeout",
        "silence",
    );
    assert_ended(
        &say(server.addr(), HEADER.as_bytes()).await,
        "connection-timeout",
        "a header and no more",
    );
    let bound_late = format!("{HEADER}{ANN}{HEADER}");
    assert_ended(
        &say(server.addr(), bound_late.as_bytes()).await,
        "connection-timeout",
        "no resource",
    );
}

#[tokio::test]
async fn guessing_passwords_is_stopped() {
    let server = server(Limits::default()).await;
    let refused = RawClient::login(server.addr(), "ann", "wrong")
        .await
        .unwrap_err();
    assert!(refused.contains("<not-authorized/>"), "{refused}");
    let unknown = RawClient::login(server.addr(), "nobody", "secret")
        .await
        .unwrap_err();
    assert_eq!(refused.replace("ann", ""), unknown.replace("nobody", ""));
    let wrong =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgB3cm9uZw==</auth>";
    let answer = say(
        server.addr(),
        format!("{HEADER}{wrong}{wrong}{wrong}{ANN}").as_bytes(),
    )
    .await;
    assert_eq!(answer.matches("<not-authorized/>").count(), 3);
    assert_ended(&answer, "policy-violation", "three times");
    for (auth, condition) in [
        ("mechanism='DIGEST-MD5'/>", "invalid-mechanism"),
        ("mechanism='ANONYMOUS'/>", "invalid-mechanism"),
        ("mechanism='PLAIN'>!!</auth>", "incorrect-encoding"),
        ("mechanism='PLAIN'>AA==</auth>", "malformed-request"),
        (
            "mechanism='SCRAM-SHA-256'>biwsbj1hbm4scj0=</auth>",
            "malformed-request",
        ),
        (
            "mechanism='PLAIN'/><abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "aborted",
        ),
    ] {
        let words = format!(
            "{HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' {auth}</stream:stream>"
        );
        let answer = say(server.addr(), words.as_bytes()).await;
        assert!(
            answer.contains(&format!("<{condition}/></failure>")),
            "{auth}: {answer}"
        );
    }
}
