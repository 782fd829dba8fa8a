//! What our server does with clients that are hostile, slow, silent or gone, and with its own end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pubsub_server::{
    Config, Limits, MemoryStorage, Registration, RunningServer, Server, Storage, StorageError,
    Write,
};
use support::{RawClient, eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

/// SASL PLAIN as ann, whose password is secret.
const ANN: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";

fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob", "cat"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        ..Config::default()
    }
}

async fn server(limits: Limits) -> RunningServer {
    Server::spawn(Config { limits, ..config() }).await.unwrap()
}

async fn login(server: &RunningServer, user: &str) -> RawClient {
    RawClient::login(server.addr(), user, "secret")
        .await
        .unwrap()
}

async fn ask(client: &mut RawClient, kind: &str, content: &str) -> String {
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    client
        .request(kind, "pubsub.localhost", &content)
        .await
        .unwrap()
}

fn publish(node: &str, item: &str, text: &str) -> String {
    format!("<publish node='{node}'><item id='{item}'><x xmlns='urn:x'>{text}</x></item></publish>")
}

/// Sends everything at once and returns all that comes until the server closes.
async fn say(address: SocketAddr, words: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = within(PATIENCE, stream.read_to_end(&mut all)).await;
    String::from_utf8_lossy(&all).into_owned()
}

#[track_caller]
fn assert_ended(answer: &str, condition: &str, about: &str) {
    let error = format!("<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
    assert!(answer.contains(&error), "{about}: {answer}");
    assert!(answer.ends_with("</stream:stream>"), "{about}: {answer}");
    assert_eq!(
        answer.matches("<stream:stream ").count(),
        answer.matches("<?xml").count(),
        "{about}: {answer}"
    );
}

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

#[tokio::test]
async fn connections_are_limited_in_all_and_by_address() {
    for limits in [
        Limits {
            connections: 1,
            ..Limits::default()
        },
        Limits {
            connections_per_address: 1,
            ..Limits::default()
        },
    ] {
        let server = server(limits).await;
        let ann = login(&server, "ann").await;
        let mut second = TcpStream::connect(server.addr()).await.unwrap();
        assert_ended(
            &rest(&mut second).await,
            "resource-constraint",
            "the second",
        );
        drop(ann);
        eventually(PATIENCE, async || {
            RawClient::login(server.addr(), "bob", "secret").await.ok()
        })
        .await;
    }
}

#[tokio::test]
async fn resources_of_an_account_are_limited() {
    let server = server(Limits {
        resources_per_account: 1,
        ..Limits::default()
    })
    .await;
    let _first = login(&server, "ann").await;
    let refused = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap_err();
    assert!(refused.contains("<resource-constraint"), "{refused}");
    login(&server, "bob").await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_nobody_waits_for_it() {
    let server = server(Limits {
        queue: 256 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", "<create node='/n'/><configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'><value>0</value></field></x></configure>").await;
    let (mut bob, mut cat) = (login(&server, "bob").await, login(&server, "cat").await);
    for (client, jid) in [(&mut bob, "bob@localhost"), (&mut cat, "cat@localhost")] {
        let answer = ask(
            client,
            "set",
            &format!("<subscribe node='/n' jid='{jid}'/>"),
        )
        .await;
        assert!(answer.contains("subscribed"), "{answer}");
    }
    let text = "x".repeat(100_000);
    let heard = tokio::spawn(async move {
        for index in 0..200 {
            cat.until_any(&[&format!("<item id='{index}'")])
                .await
                .unwrap();
        }
    });
    for index in 0..200 {
        let answer = ask(&mut ann, "set", &publish("/n", &index.to_string(), &text)).await;
        assert!(answer.contains("type='result'"), "{answer}");
        // Cat keeps up: a ping would not do, because only what reached her counts.
    }
    within(PATIENCE, heard).await.unwrap();
    let got = rest(&mut bob.into_stream()).await;
    assert!(
        !got.contains("<item id='199'"),
        "the slow reader got everything"
    );
    // Its place is free again at once.
    let unreachable = ann
        .request("get", "bob@localhost", "<query xmlns='jabber:iq:version'/>")
        .await
        .unwrap();
    assert!(unreachable.contains("service-unavailable"), "{unreachable}");
}

#[tokio::test]
async fn who_asks_without_reading_is_slowed_down_and_loses_nothing() {
    let server = server(Limits {
        queue: 64 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", &"x".repeat(50_000))).await;
    let stream = ann.into_stream();
    let (mut reader, mut writer) = stream.into_split();
    let asking = tokio::spawn(async move {
        for index in 0..300 {
            let items =
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='/n'/></pubsub>";
            let iq = format!("<iq type='get' id='i{index}' to='pubsub.localhost'>{items}</iq>");
            writer.write_all(iq.as_bytes()).await.unwrap();
        }
        writer
    });
    let mut text = Vec::new();
    within(PATIENCE, async {
        while !text.ends_with(b"</iq>") || !String::from_utf8_lossy(&text).contains("id='i299'") {
            if text.len() > 200_000 {
                text.drain(..100_000);
            }
            assert!(reader.read_buf(&mut text).await.unwrap() > 0);
        }
    })
    .await;
    asking.await.unwrap();
}

#[tokio::test]
async fn who_never_acknowledges_is_cut_off() {
    let server = server(Limits {
        queue: 16 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ann.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        .await
        .unwrap();
    let ping = "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    // What is acknowledged does not count.
    for round in 1..=50 {
        ann.send(&ping.repeat(10)).await.unwrap();
        for _ in 0..10 {
            ann.until_any(&["id='p'"]).await.unwrap();
        }
        ann.send(&format!("<a xmlns='urn:xmpp:sm:3' h='{}'/>", round * 10))
            .await
            .unwrap();
    }
    ann.send(&ping.repeat(500)).await.unwrap();
    let answer = rest(&mut ann.into_stream()).await;
    assert_ended(&answer, "policy-violation", "no acknowledgement");
    assert!(answer.contains("<r xmlns='urn:xmpp:sm:3'/>"), "{answer}");
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_then_given_up() {
    let limits = Limits {
        idle: Duration::from_millis(50),
        ping: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut ann = login(&server, "ann").await;
    for ping in 1..=3 {
        let id = format!("ping-{ping}");
        ann.until_any(&[&format!("id='{id}'")]).await.unwrap();
        ann.send(&format!("<iq type='result' id='{id}' to='localhost'/>"))
            .await
            .unwrap();
    }
    assert_ended(
        &rest(&mut ann.into_stream()).await,
        "connection-timeout",
        "silence",
    );
}

#[tokio::test]
async fn registration_makes_accounts_but_not_too_many() {
    let registration = Registration::Open {
        per_address_and_hour: 2,
    };
    let server = Server::spawn(Config {
        registration,
        ..config()
    })
    .await
    .unwrap();
    let apply = |name: &str, password: &str| {
        format!(
            "{HEADER}<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>{name}</username><password>{password}</password></query></iq></stream:stream>"
        )
    };
    let form = say(
        server.addr(),
        format!(
            "{HEADER}<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq></stream:stream>"
        )
        .as_bytes(),
    )
    .await;
    assert!(form.contains("<username/><password/>"), "{form}");
    assert!(
        form.contains("<register xmlns='http://jabber.org/features/iq-register'/>"),
        "{form}"
    );
    let taken = say(server.addr(), apply("ann", "mine").as_bytes()).await;
    assert!(taken.contains("<conflict"), "{taken}");
    let made = say(server.addr(), apply("Dan", "other").as_bytes()).await;
    assert!(made.contains("<iq type='result' id='1'"), "{made}");
    RawClient::login(server.addr(), "dan", "other")
        .await
        .unwrap();
    let refused = say(server.addr(), apply("fay", "other").as_bytes()).await;
    assert!(refused.contains("<resource-constraint"), "{refused}");
    let nameless = say(server.addr(), apply("a b", "").as_bytes()).await;
    assert!(nameless.contains("<error type="), "{nameless}");
}

#[tokio::test]
async fn a_lost_session_is_resumed_without_loss_or_repetition() {
    let server = server(Limits::default()).await;
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", "<create node='/n'/>").await;
    for is_half_open in [false, true] {
        let mut bob = login(&server, "bob").await;
        ask(
            &mut bob,
            "set",
            "<subscribe node='/n' jid='bob@localhost'/>",
        )
        .await;
        bob.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
            .await
            .unwrap();
        let enabled = bob.until_any(&["max='120'/>"]).await.unwrap();
        let id = enabled
            .split("id='")
            .last()
            .and_then(|rest| rest.split('\'').next())
            .unwrap()
            .to_owned();
        ask(&mut ann, "set", &publish("/n", "seen", "")).await;
        bob.until_any(&["</message>"]).await.unwrap();
        ask(&mut ann, "set", &publish("/n", "unseen", "")).await;
        // One stanza is sent; the answer to it may never arrive.
        bob.send("<iq type='get' id='lost' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
            .await
            .unwrap();
        bob.until_any(&["id='lost'"]).await.unwrap();
        let old = bob.into_stream();
        let kept = if is_half_open {
            Some(old)
        } else {
            drop(old);
            None
        };
        ask(&mut ann, "set", &publish("/n", "away", "")).await;

        let thief = format!(
            "{HEADER}{ANN}{HEADER}<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/></stream:stream>"
        );
        let thief = say(server.addr(), thief.as_bytes()).await;
        assert!(
            thief.contains("<failed xmlns='urn:xmpp:sm:3'><item-not-found"),
            "{thief}"
        );

        let bob_auth = ANN.replace("AGFubgBzZWNyZXQ=", "AGJvYgBzZWNyZXQ=");
        let mut again = TcpStream::connect(server.addr()).await.unwrap();
        let resume = format!(
            "{HEADER}{bob_auth}{HEADER}<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='1'/>"
        );
        again.write_all(resume.as_bytes()).await.unwrap();
        again
            .write_all(
                b"<iq type='get' id='after' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
            )
            .await
            .unwrap();
        let mut text = String::new();
        within(PATIENCE, async {
            while !text.contains("id='after'") || !text.contains("<item id='away'") {
                let mut bytes = vec![0; 4096];
                let count = again.read(&mut bytes).await.unwrap();
                assert!(count > 0, "{text}");
                text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
        })
        .await;
        assert!(
            text.contains(&format!(
                "<resumed xmlns='urn:xmpp:sm:3' previd='{id}' h='1'/>"
            )),
            "{text}"
        );
        for (once, count) in [
            ("<item id='seen'", 0),
            ("<item id='unseen'", 1),
            ("<item id='away'", 1),
            ("id='lost'", 1),
        ] {
            assert_eq!(text.matches(once).count(), count, "{once} in {text}");
        }
        drop(kept);
        again.write_all(b"</stream:stream>").await.unwrap();
        rest(&mut again).await;
    }
}

#[tokio::test]
async fn a_session_that_nobody_resumes_ends() {
    let server = server(Limits {
        resumption: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    bob.send("<enable xmlns='urn:xmpp:sm:3' resume='1'/>")
        .await
        .unwrap();
    bob.until_any(&["<enabled"]).await.unwrap();
    drop(bob);
    for _ in 0..1000 {
        let answer = ann
            .request(
                "get",
                "bob@localhost/none",
                "<query xmlns='jabber:iq:version'/>",
            )
            .await
            .unwrap();
        assert!(answer.contains("service-unavailable"));
        ann.send("<message to='bob@localhost' id='are-you-there'/><iq type='get' id='x' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>").await.unwrap();
        if ann
            .until_any(&["id='x'"])
            .await
            .unwrap()
            .contains("id='are-you-there'")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the session is still there");
}

#[tokio::test]
async fn a_server_that_goes_down_says_goodbye() {
    let server = server(Limits::default()).await;
    let ann = login(&server, "ann").await;
    let mut entering = TcpStream::connect(server.addr()).await.unwrap();
    entering.write_all(HEADER.as_bytes()).await.unwrap();
    let mut features = [0; 4096];
    assert!(entering.read(&mut features).await.unwrap() > 0);
    let mut ann = ann.into_stream();
    let (bound, entering, ()) = within(PATIENCE, async {
        tokio::join!(rest(&mut ann), rest(&mut entering), server.shutdown())
    })
    .await;
    assert_ended(&bound, "system-shutdown", "bound");
    assert!(entering.contains("<system-shutdown"), "{entering}");
}

/// Refuses when it is told to.
#[derive(Clone, Debug, Default)]
struct Moody {
    refuses: Arc<AtomicBool>,
    memory: MemoryStorage,
}

impl Storage for Moody {
    fn load(&self) -> Result<Vec<Write>, StorageError> {
        self.memory.load()
    }

    fn commit(&self, writes: &[Write]) -> Result<(), StorageError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(StorageError::new("not now"));
        }
        self.memory.commit(writes)
    }
}

#[tokio::test]
async fn a_change_that_is_not_stored_leaves_no_trace() {
    let storage = Moody::default();
    let server = Server::spawn(Config {
        storage: Arc::new(storage.clone()),
        ..config()
    })
    .await
    .unwrap();
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", "1")).await;
    ask(
        &mut ann,
        "set",
        "<subscribe node='/n' jid='ann@localhost'/>",
    )
    .await;
    storage.refuses.store(true, Ordering::SeqCst);
    for change in [
        &publish("/n", "a", "2"),
        &publish("/m", "a", "2"),
        "<retract node='/n'><item id='a'/></retract>",
        "<unsubscribe node='/n' jid='ann@localhost'/>",
    ] {
        let answer = ask(&mut ann, "set", change).await;
        assert!(answer.contains("<internal-server-error"), "{answer}");
    }
    let owner =
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='/n'/></pubsub>";
    assert!(
        ann.request("set", "pubsub.localhost", owner)
            .await
            .unwrap()
            .contains("<internal-server-error")
    );
    storage.refuses.store(false, Ordering::SeqCst);
    let items = ask(&mut ann, "get", "<items node='/n'/>").await;
    assert!(items.contains("<x xmlns='urn:x'>1</x>"), "{items}");
    assert!(
        ask(&mut ann, "get", "<items node='/m'/>")
            .await
            .contains("<item-not-found")
    );
    // Nobody was told of what did not happen.
    ask(&mut ann, "set", &publish("/n", "b", "3")).await;
    let heard = ann.until_any(&["</message>"]).await.unwrap();
    assert_eq!(heard.matches("<message").count(), 1, "{heard}");
    assert!(heard.contains("<item id='b'"), "{heard}");
}

#[tokio::test]
async fn the_next_server_takes_over_what_was_stored() {
    let storage = MemoryStorage::default();
    let start = || {
        Server::spawn(Config {
            storage: Arc::new(storage.clone()),
            ..config()
        })
    };
    let server = start().await.unwrap();
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", "1")).await;
    ask(&mut ann, "set", &publish("/n", "b", "1")).await;
    ask(&mut ann, "set", &publish("/n", "a", "2")).await;
    ask(
        &mut ann,
        "set",
        "<retract node='/n'><item id='b'/></retract>",
    )
    .await;
    ask(
        &mut ann,
        "set",
        "<subscribe node='/n' jid='ann@localhost'/>",
    )
    .await;
    let owners = "<affiliations node='/n'><affiliation jid='bob@localhost' affiliation='owner'/><affiliation jid='ann@localhost' affiliation='none'/></affiliations>";
    let owner =
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{owners}</pubsub>");
    assert!(
        ann.request("set", "pubsub.localhost", &owner)
            .await
            .unwrap()
            .contains("type='result'")
    );
    drop(ann);
    server.shutdown().await;

    let server = start().await.unwrap();
    let mut ann = login(&server, "ann").await;
    let items = ask(&mut ann, "get", "<items node='/n'/>").await;
    assert_eq!(items.matches("<item ").count(), 1, "{items}");
    assert!(items.contains("<x xmlns='urn:x'>2</x>"), "{items}");
    assert!(
        ask(&mut ann, "get", "<affiliations/>")
            .await
            .contains("<affiliations></affiliations>")
    );
    let mut bob = login(&server, "bob").await;
    assert!(
        ask(&mut bob, "set", &publish("/n", "c", "3"))
            .await
            .contains("type='result'")
    );
    ann.until_any(&["<item id='c'"]).await.unwrap();
}
