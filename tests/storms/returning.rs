//! Everybody is cut off at once and comes back at once (XEP-0198), while somebody goes on publishing.

use futures_util::future::join_all;
use pubsub_server::Limits;
use support::{RawClient, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{HEADER, PATIENCE, ask, login, publish, publisher, server};

const CLIENTS: usize = 200;
const BEFORE: usize = 20;
const ALL: usize = 60;

#[tokio::test]
async fn two_hundred_sessions_are_resumed_at_once_without_loss_or_repetition() {
    let server = server(Limits::default()).await;
    let mut ann = publisher(&server, "/n").await;
    let mut sessions = Vec::new();
    for _ in 0..CLIENTS {
        let mut bob = login(&server, "bob").await;
        bob.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
            .await
            .unwrap();
        let enabled = bob.until_any(&["max='120'/>"]).await.unwrap();
        let id = enabled
            .split("id='")
            .last()
            .and_then(|rest| rest.split('\'').next());
        let id = id.unwrap().to_owned();
        bob.send("<presence/>").await.unwrap();
        sessions.push((bob, id));
    }
    let mut asking = login(&server, "bob").await;
    ask(&mut asking, "<subscribe node='/n' jid='bob@localhost'/>").await;
    let publishing = tokio::spawn(async move {
        for item in 0..ALL {
            publish(&mut ann, "/n", item, "news").await;
        }
    });
    let returning = sessions
        .into_iter()
        .map(|(bob, id)| go_and_return(bob, server.addr(), id));
    within(PATIENCE, join_all(returning)).await;
    publishing.await.unwrap();
}

/// Hears some items, is cut off, comes back, and hears the rest.
async fn go_and_return(mut bob: RawClient, address: std::net::SocketAddr, id: String) {
    let mut handled = 0;
    let mut items = Vec::new();
    while items.len() < BEFORE {
        let message = bob.message().await.unwrap();
        handled += 1;
        items.extend(item_of(&message));
    }
    drop(bob.into_stream());
    let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGJvYgBzZWNyZXQ=</auth>";
    let resume = format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{handled}'/>");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let words = format!("{HEADER}{auth}{HEADER}{resume}");
    stream.write_all(words.as_bytes()).await.unwrap();
    let mut text = String::new();
    let mut bytes = vec![0; 64 * 1024];
    let last = format!("<item id='{}'", ALL - 1);
    while !text.contains(&last) || !text.ends_with('>') {
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    assert!(text.contains("<resumed "), "{text}");
    items.extend(text.split("<message").skip(1).filter_map(item_of));
    assert_eq!(items, (0..ALL).collect::<Vec<_>>());
}

fn item_of(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("<item id='")?;
    rest.split('\'').next()?.parse().ok()
}
