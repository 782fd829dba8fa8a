//! Clients that are gone and may come back (XEP-0198).

use std::sync::Arc;
use std::time::Duration;

use pubsub_server::{
    AccountFuture, Accounts, Config, Credentials, Limits, MemoryAccounts, Server, add_account,
};
use support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{ANN, HEADER, PATIENCE, ask, assert_ended, config, login, publish, rest, say, server};

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

/// Accounts that take their time to change.
#[derive(Debug, Default)]
struct Slow(MemoryAccounts);

impl Accounts for Slow {
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>> {
        self.0.credentials(username)
    }

    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(400)).await;
            self.0.replace(username, credentials).await
        })
    }
}

#[tokio::test]
async fn what_takes_time_is_done_although_the_client_has_gone_and_is_told_when_it_is_back() {
    let accounts = Slow::default();
    add_account(&accounts.0, "ann", "secret", 16).await.unwrap();
    let accounts = Arc::new(accounts);
    let server = Server::spawn(Config {
        accounts: Vec::new(),
        accounts_store: Some(accounts.clone()),
        ..config()
    });
    let server = server.await.unwrap();
    for is_resumed in [true, false] {
        let mut ann = login(&server, "ann").await;
        ann.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
            .await
            .unwrap();
        let enabled = ann.until_any(&["max='120'/>"]).await.unwrap();
        let id = enabled
            .split("id='")
            .last()
            .and_then(|rest| rest.split('\'').next());
        let password = if is_resumed { "secret" } else { "another" };
        let change = format!(
            "<iq type='set' id='change' to='localhost'><query xmlns='jabber:iq:register'><username>ann</username><password>{password}</password></query></iq>"
        );
        ann.send(&change).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(ann);
        if is_resumed {
            let resume = format!(
                "{HEADER}{ANN}{HEADER}<resume xmlns='urn:xmpp:sm:3' previd='{}' h='0'/></stream:stream>",
                id.unwrap()
            );
            let answer = say(server.addr(), resume.as_bytes()).await;
            assert!(answer.contains("h='1'/>"), "{answer}");
            assert!(answer.contains("type='result' id='change'"), "{answer}");
        }
    }
    within(PATIENCE, async {
        while !accounts.is_password("ann", "another").await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    server.shutdown().await;
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
        ann.send("<message to='bob@localhost' id='are-you-there'><body/><no-store xmlns='urn:xmpp:hints'/></message><iq type='get' id='x' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>").await.unwrap();
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
async fn a_session_that_is_resumed_with_a_wrong_count_ends_as_any_other() {
    let server = server(Limits::default()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    bob.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        .await
        .unwrap();
    let enabled = bob.until_any(&["max='120'/>"]).await.unwrap();
    let id = enabled.split("id='").last().unwrap();
    let id = id.split('\'').next().unwrap().to_owned();
    for (client, name) in [(&mut bob, "bob"), (&mut ann, "ann")] {
        let enter = format!(
            "<presence to='hall@rooms.localhost/{name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        );
        client.send(&enter).await.unwrap();
        client.until_any(&["<subject"]).await.unwrap();
        // Who made it opens it.
        let open = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>";
        client
            .request("set", "hall@rooms.localhost", open)
            .await
            .unwrap();
    }
    drop(bob);
    ann.send(
        "<message to='bob@localhost' type='chat'><body>hear me</body></message>\
         <iq type='get' id='sent' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
    )
    .await
    .unwrap();
    ann.until_any(&["id='sent'"]).await.unwrap();

    let auth = ANN.replace("AGFubgBzZWNyZXQ=", "AGJvYgBzZWNyZXQ=");
    let resume = format!(
        "{HEADER}{auth}{HEADER}<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='4000000000'/>"
    );
    let refused = say(server.addr(), resume.as_bytes()).await;
    assert_ended(&refused, "undefined-condition", "a wrong count");

    let gone = "type='unavailable' from='hall@rooms.localhost/bob'";
    ann.until_any(&[gone]).await.unwrap();
    let mut again = login(&server, "bob").await;
    again.send("<presence/>").await.unwrap();
    again.until_any(&["hear me"]).await.unwrap();
}
