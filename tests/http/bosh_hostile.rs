//! What BOSH must not do: other people's pages, stolen and guessed sessions, oversized, broken, endless and unread requests.

use std::time::Duration;

use pubsub_server::{Config, Http, Limits, Origins, RunningServer, Server};
use support::bosh::{PATH, post};
use support::{BoshClient, http, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{PATIENCE, config, door, ping, publish, publisher, server, server_with, subscribe};

async fn bob(server: &RunningServer) -> BoshClient {
    BoshClient::login(door(server), "bob", "secret")
        .await
        .unwrap()
}

#[track_caller]
fn assert_refused(answer: &str, condition: &str, about: &str) {
    let expected = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='{condition}'/>"
    );
    assert_eq!(answer, expected, "{about}");
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let server = server().await;
    let mut bob = bob(&server).await;
    let own = format!("http://{}", door(&server));
    for (origin, status) in [
        ("http://evil.example", 403),
        ("null", 403),
        (own.as_str(), 200),
    ] {
        let body = bob.body(bob.rid, "", &ping("p"));
        let answer = post(door(&server), &[("Origin", origin)], body)
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
        ];
        let preflight = http::request(door(&server), "OPTIONS", PATH, &headers, "")
            .await
            .unwrap();
        assert_eq!(
            preflight.status,
            if status == 403 { 403 } else { 204 },
            "{origin}"
        );
    }
    bob.rid += 1;
    // What was refused was not handled: the number of the request was still free.
    assert!(bob.ask("", &ping("q")).await.unwrap().contains("id='q'"));
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_read_the_answers() {
    let mut config: Config = config();
    config.http.origins = Origins::These(vec!["https://friend.example".to_owned()]);
    let server = Server::spawn(config).await.unwrap();
    let headers = [
        ("Origin", "https://friend.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, x-custom"),
    ];
    let preflight = http::request(door(&server), "OPTIONS", PATH, &headers, "")
        .await
        .unwrap();
    assert_eq!(preflight.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://friend.example"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "content-type, x-custom"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Origin"),
    ] {
        assert_eq!(preflight.header(name), value, "{name}");
    }
    let answer = post(door(&server), &headers[..1], "<body/>").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://friend.example"
    );
}

#[tokio::test]
async fn a_request_that_is_none_is_told_so() {
    let server = server().await;
    let bob = bob(&server).await;
    let deep = "<a xmlns='urn:a'>".repeat(100);
    for (about, body, condition) in [
        ("nothing", String::new(), "bad-request"),
        ("no XML", "hello".to_owned(), "bad-request"),
        ("no namespace", "<body rid='1'/>".to_owned(), "bad-request"),
        ("no number", bob.body(0, "", ""), "bad-request"),
        (
            "a number too large",
            bob.body(1 << 53, "", ""),
            "bad-request",
        ),
        (
            "half a body",
            bob.body(bob.rid, "", "<a>").replace("</body>", ""),
            "bad-request",
        ),
        (
            "two bodies",
            bob.body(bob.rid, "", "").repeat(2),
            "bad-request",
        ),
        ("text", bob.body(bob.rid, "", "hello"), "bad-request"),
        (
            "a comment",
            bob.body(bob.rid, "", "<!-- a -->"),
            "bad-request",
        ),
        (
            "an entity bomb",
            format!(
                "<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'>]>{}",
                bob.body(bob.rid, "", "&a;")
            ),
            "bad-request",
        ),
        ("nesting", bob.body(bob.rid, "", &deep), "policy-violation"),
    ] {
        let answer = post(door(&server), &[], body).await.unwrap();
        assert_eq!(answer.status, 200, "{about}");
        assert_refused(&answer.text(), condition, about);
    }
    let bytes =
        [b"<body rid='1' xmlns='http://jabber.org/protocol/httpbind'>\xff".to_vec()].concat();
    let answer = post(door(&server), &[], bytes).await.unwrap();
    assert_refused(&answer.text(), "bad-request", "no UTF-8");
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = http::request(door(&server), method, PATH, &[], "")
            .await
            .unwrap();
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET, POST, OPTIONS", "{method}");
    }
    let elsewhere = BoshClient::begin(door(&server), "to='example.org'").await;
    assert!(elsewhere.is_err(), "the first 'to' is doubled");
    // None of this has harmed the session.
    let mut bob = bob;
    assert!(bob.ask("", &ping("p")).await.unwrap().contains("id='p'"));
}

#[tokio::test]
async fn what_breaks_the_stream_ends_the_session() {
    let server = server().await;
    for (about, element, condition) in [
        (
            "an unknown element",
            "<hello xmlns='urn:x'/>",
            "remote-stream-error",
        ),
        (
            "another's name",
            "<presence xmlns='jabber:client' from='eve@localhost'/>",
            "remote-stream-error",
        ),
    ] {
        let mut bob = bob(&server).await;
        let answer = bob.ask("", element).await.unwrap();
        assert!(
            answer.contains(&format!("type='terminate' condition='{condition}'")),
            "{about}: {answer}"
        );
        let after = bob.ask("", "").await.unwrap();
        assert_refused(&after, "item-not-found", about);
    }
    let mut stranger = BoshClient::begin(door(&server), "wait='1'").await.unwrap();
    let answer = stranger
        .ask("", "<message xmlns='jabber:client' to='ann@localhost'/>")
        .await
        .unwrap();
    assert!(answer.contains("<not-authorized"), "{answer}");
}

#[tokio::test]
async fn sessions_cannot_be_guessed_or_replayed() {
    let server = server().await;
    let mut bob = bob(&server).await;
    let other = self::bob(&server).await;
    assert_ne!(bob.sid, other.sid);
    // One bit away is as far as anywhere.
    let mut guess = bob.clone();
    let last = guess.sid.pop().unwrap();
    guess.sid.push(if last == '0' { '1' } else { '0' });
    for sid in [guess.sid.clone(), String::from("0"), "x".repeat(32)] {
        guess.sid = sid;
        let answer = guess.ask("", &ping("p")).await.unwrap();
        assert_refused(&answer, "item-not-found", "a guess");
    }
    // A recorded request is not handled again, and an old one gets nothing at all.
    let recorded = bob.body(bob.rid, "", &ping("recorded"));
    bob.ask("", &ping("recorded")).await.unwrap();
    for round in 0..5 {
        let id = format!("round-{round}");
        assert!(bob.ask("", &ping(&id)).await.unwrap().contains(&id));
    }
    let replayed = post(door(&server), &[], recorded).await.unwrap().text();
    assert_refused(&replayed, "item-not-found", "a replay");
    let early = bob.body(3, "", &ping("early"));
    let early = post(door(&server), &[], early).await.unwrap().text();
    assert_refused(&early, "item-not-found", "a guessed number");
    // None of them could end the session.
    assert!(bob.ask("", &ping("q")).await.unwrap().contains("id='q'"));
    // A number that is too far ahead ends it: no honest client is there (XEP-0124 §14.2).
    let ahead = bob.body(bob.rid + 100, "", "");
    let ahead = post(door(&server), &[], ahead).await.unwrap().text();
    assert_refused(&ahead, "item-not-found", "a number ahead");
    let after = bob.ask("", "").await.unwrap();
    assert_refused(&after, "item-not-found", "afterwards");
}

#[tokio::test]
async fn keys_tell_the_rightful_sender() {
    let server = server().await;
    let chain = support::bosh::key_chain("seed", 4);
    let mut client = BoshClient::begin(door(&server), &format!("wait='1' newkey='{}'", chain[3]))
        .await
        .unwrap();
    let first = client
        .ask(&format!("key='{}'", chain[2]), "")
        .await
        .unwrap();
    assert!(!first.contains("terminate"), "{first}");
    // Somebody who has read the last request knows its key, and cannot even fetch its answer without.
    let repeated = client.body(client.rid - 1, "", "");
    let repeated = post(door(&server), &[], repeated).await.unwrap().text();
    assert_refused(
        &repeated,
        "item-not-found",
        "a repeated request without its key",
    );
    let repeated = client.body(client.rid - 1, &format!("key='{}'", chain[2]), "");
    let repeated = post(door(&server), &[], repeated).await.unwrap().text();
    assert_eq!(repeated, first);
    let stolen = client
        .ask(&format!("key='{}'", chain[2]), "")
        .await
        .unwrap();
    assert_refused(&stolen, "item-not-found", "a key used twice");
}

#[tokio::test]
async fn large_requests_are_for_those_who_have_logged_in() {
    let server = server_with(Limits {
        stanza_before_login: 1000,
        stanza: 100_000,
        ..Limits::default()
    })
    .await;
    let large = |size| {
        format!(
            "<message xmlns='jabber:client' to='nobody@localhost'><body>{}</body></message>",
            "x".repeat(size)
        )
    };
    let mut stranger = BoshClient::begin(door(&server), "wait='1'").await.unwrap();
    let answer = stranger.ask("", &large(2000)).await.unwrap();
    assert_refused(&answer, "policy-violation", "before login");
    let beginning = BoshClient {
        sid: String::new(),
        ..stranger.clone()
    };
    let body = beginning.body(1, "to='localhost'", &large(2000));
    let answer = post(door(&server), &[], body).await.unwrap().text();
    assert_refused(&answer, "policy-violation", "a new session");

    let mut bob = bob(&server).await;
    let answer = bob.ask("", &large(50_000)).await.unwrap();
    assert!(answer.contains("service-unavailable"), "{answer}");
    for size in [200_000, 5_000_000] {
        let body = bob.body(bob.rid, "", &large(size));
        let answer = post(door(&server), &[], body).await;
        // It is refused before all of it was read, which some see as a connection that breaks.
        if let Ok(answer) = answer {
            assert_refused(&answer.text(), "policy-violation", "after login");
        }
    }
    assert!(bob.ask("", &ping("p")).await.unwrap().contains("id='p'"));
}

#[tokio::test]
async fn no_more_requests_are_held_than_agreed() {
    let server = server().await;
    let bob = bob(&server).await;
    // All but the first: none of them has its turn, and so all of them wait.
    let mut waiting = Vec::new();
    for ahead in 1..=4 {
        let body = bob.body(bob.rid + ahead, "", "");
        let address = door(&server);
        waiting.push(tokio::spawn(async move { post(address, &[], body).await }));
    }
    // So many do not fit into the window; everybody is told.
    for answer in waiting {
        let answer = within(PATIENCE, answer).await.unwrap().unwrap().text();
        assert!(answer.contains("type='terminate'"), "{answer}");
    }
}

#[tokio::test]
async fn half_open_requests_end_after_a_while() {
    let mut config: Config = config();
    config.http = Http {
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        ..config.http
    };
    let server = Server::spawn(config).await.unwrap();
    let half_a_body =
        "POST /xmpp-httpbind HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n<body";
    for (about, words, status) in [
        ("nothing", "", ""),
        (
            "half a head",
            "POST /xmpp-httpbind HTTP/1.1\r\nHost: a\r\n",
            "",
        ),
        ("half a body", half_a_body, "408"),
    ] {
        let mut stream = TcpStream::connect(door(&server)).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = within(PATIENCE, stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.contains(" 408 ") || answer.contains(status),
            "{about}: {answer}"
        );
    }
}

#[tokio::test]
async fn ten_thousand_half_open_requests_are_bounded_and_harm_nobody() {
    const MANY: usize = 2_000;
    let mut config: Config = config();
    config.http = Http {
        connections: 500,
        head: Duration::from_secs(2),
        ..config.http
    };
    let server = Server::spawn(config).await.unwrap();
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(door(&server)).await.unwrap();
        if stream
            .write_all(b"POST /xmpp-httpbind HTTP/1.1\r\nHost: a\r\n")
            .await
            .is_err()
        {
            refused += 1;
        } else {
            open.push(stream);
        }
    }
    let mut answers = Vec::new();
    for mut stream in open {
        answers.push(tokio::spawn(async move {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        }));
    }
    // XMPP over TCP is not concerned.
    publisher(&server).await;
    let mut held = 0;
    for answer in answers {
        match within(PATIENCE, answer).await.unwrap() {
            answer if answer.contains("503") => refused += 1,
            _ => held += 1,
        }
    }
    assert!(
        held <= 500 + MANY / 10,
        "{held} were held and {refused} refused"
    );
    assert!(
        refused >= MANY / 2,
        "{held} were held and {refused} refused"
    );
    // And when they are gone there is room again.
    bob(&server).await;
}

#[tokio::test]
async fn who_does_not_read_answers_loses_the_connection() {
    let mut config: Config = config();
    config.http.write = Duration::from_millis(300);
    let server = Server::spawn(config).await.unwrap();
    let stream = TcpStream::connect(door(&server)).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let questions = "GET /xmpp-httpbind HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000);
    let asking = async {
        // Nothing is read: sooner or later nothing more can be answered, and then the server gives up.
        while writer.write_all(questions.as_bytes()).await.is_ok() {}
    };
    within(PATIENCE, asking).await;
    let mut answers = Vec::new();
    let _ = within(PATIENCE, reader.read_to_end(&mut answers)).await;
}

#[tokio::test]
async fn what_was_not_read_from_a_connection_that_is_given_up_is_said_again() {
    let server = server().await;
    let mut ann = publisher(&server).await;
    let mut bob = bob(&server).await;
    let jid = bob.jid.clone();
    bob.ask("", &subscribe(&jid)).await.unwrap();
    let large = "x".repeat(200_000);
    for index in 0..20 {
        publish(&mut ann, &index.to_string(), &large).await;
    }
    let mut stream = TcpStream::connect(door(&server)).await.unwrap();
    let body = bob.body(bob.rid, "", "");
    bob.rid += 1;
    let request = format!(
        "POST /xmpp-httpbind HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    within(PATIENCE, stream.readable()).await.unwrap();
    drop(stream);
    let mut seen = String::new();
    while !seen.contains("<item id='19'") {
        seen += &bob.ask("", "").await.unwrap();
        assert!(!seen.contains("terminate"));
    }
    for index in 0..20 {
        let item = format!("<item id='{index}'");
        assert_eq!(seen.matches(&item).count(), 1, "{item}");
    }
}

#[tokio::test]
async fn what_waits_for_a_session_that_does_not_ask_is_bounded() {
    let server = server_with(Limits {
        queue: 256 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = publisher(&server).await;
    let mut bob = bob(&server).await;
    let jid = bob.jid.clone();
    bob.ask("", &subscribe(&jid)).await.unwrap();
    let large = "x".repeat(100_000);
    for index in 0..20 {
        publish(&mut ann, &index.to_string(), &large).await;
    }
    let mut answer = bob.ask("", "").await.unwrap();
    if !answer.contains("terminate") {
        answer = bob.ask("", "").await.unwrap();
    }
    assert!(answer.contains("type='terminate'"), "{}", answer.len());
}
