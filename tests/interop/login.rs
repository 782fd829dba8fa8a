//! Every way to log in, and what is refused.

use std::time::{Duration, Instant};

use pubsub_core::{PubSub, Publish as _};
use support::peer::PASSWORD;
use support::{Certificates, Peer, Proxy, within};

use crate::{PATIENCE, Tweet, connect, impatient, published, tweet, writer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_wrong_password_fails_once_and_quickly,
        an_anonymous_user_may_listen,
    }
}

support::on_peers! {
    {
        tls_prosody: support::Prosody,
        tls_ejabberd: support::Ejabberd,
    }
    {
        starttls_with_a_trusted_certificate_works,
        tls_from_the_first_byte_works,
        an_untrusted_certificate_is_refused,
        a_component_publishes,
    }
}

support::on_peers! {
    {
        component_ours: support::OurServer,
    }
    {
        a_component_publishes,
    }
}

async fn a_wrong_password_fails_once_and_quickly(peer: Peer) {
    let proxy = Proxy::before(peer.address()).await;
    let url = peer
        .url_at(proxy.address(), "ann")
        .replace(PASSWORD, "wrong");
    let start = Instant::now();
    let refused = within(
        PATIENCE,
        PubSub::builder().session(impatient(&url)).connect(),
    )
    .await;
    let message = refused.expect_err("a refused login").to_string();
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "after {:?}: {message}",
        start.elapsed()
    );
    assert!(
        !message.contains("wrong") || !message.contains("ann:wrong"),
        "{message}"
    );
    // A retry would come within the longest back-off, which is 200 ms here.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!((proxy.connections(), proxy.logins()), (1, 1), "{message}");
}

async fn an_anonymous_user_may_listen(peer: Peer) {
    let ann = writer(&peer).await;
    tweet(0, "so that the node exists")
        .save_with(&ann)
        .await
        .unwrap();
    let url = peer.anonymous_url();
    let connecting = PubSub::builder()
        .session(impatient(&url))
        .without_models()
        .connect();
    let nobody = within(PATIENCE, connecting).await.unwrap();
    let mut events = nobody.subscribe::<Tweet>().await.unwrap();
    tweet(1, "to everybody").save_with(&ann).await.unwrap();
    while published(&mut events, 1).await != [tweet(1, "to everybody")] {}
}

async fn starttls_with_a_trusted_certificate_works(peer: Peer) {
    talks(&peer, &peer.starttls_url("bob")).await;
}

async fn tls_from_the_first_byte_works(peer: Peer) {
    talks(&peer, &peer.direct_tls_url("bob")).await;
}

async fn talks(peer: &Peer, url: &str) {
    let ann = writer(peer).await;
    let bob = connect(url).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "under cover").save_with(&ann).await.unwrap();
    tweet(2, "and back").save_with(&bob).await.ok();
    assert_eq!(published(&mut events, 1).await, [tweet(1, "under cover")]);
}

async fn an_untrusted_certificate_is_refused(peer: Peer) {
    let strange = tempfile::tempdir().unwrap();
    let strange = Certificates::create(strange.path()).authority;
    let trusted = peer.authority().unwrap();
    let proxy = Proxy::before(peer.address()).await;
    let url = peer
        .starttls_url("ann")
        .replace(&*trusted.to_string_lossy(), &strange.to_string_lossy());
    let url = url.replace(&peer.address().to_string(), &proxy.address().to_string());
    let refused = within(
        PATIENCE,
        PubSub::builder().session(impatient(&url)).connect(),
    )
    .await;
    assert!(
        refused.is_err(),
        "a certificate of an unknown authority was accepted"
    );
    assert_eq!(proxy.logins(), 0, "the password was shown in the clear");
}

async fn a_component_publishes(peer: Peer) {
    let ticker = connect(&peer.component_url()).await;
    let bob = connect(&peer.url("bob")).await;
    tweet(0, "so that the node exists")
        .save_with(&ticker)
        .await
        .unwrap();
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "from a component")
        .save_with(&ticker)
        .await
        .unwrap();
    while published(&mut events, 1).await != [tweet(1, "from a component")] {}
}
