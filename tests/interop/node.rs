//! Nodes: made when they are missing, set up as the model says, closed to those who may not.

use pubsub_core::schema::{MOST_BYTES, Outline, SCHEMA};
use pubsub_core::{
    DescribedError, NodeConfig, NodeName, PubSub, PubSubError, Publish, PublishModel,
};
use support::peer::{PASSWORD, STRANGER};
use support::{Peer, RawClient, within};

use crate::{PATIENCE, Tweet, connect, impatient, tweet, writer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_publish_to_a_missing_node_creates_it,
        the_configuration_of_a_model_arrives,
        a_node_says_what_its_model_looks_like,
        a_node_of_somebody_else_is_left_as_it_is_described,
        a_forbidden_node_says_so,
        a_missing_node_says_so,
        a_foreign_payload_is_one_error_and_the_stream_goes_on,
    }
}

/// A model with wishes for its node.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(
    node = "/interop/configured",
    title = "Set up by the model",
    max_items = 7,
    persist = true,
    access = "whitelist"
)]
struct Configured {
    #[publish(id)]
    id: i64,
}

async fn without_models(url: &str) -> PubSub {
    within(
        PATIENCE,
        PubSub::builder()
            .session(impatient(url))
            .without_models()
            .connect(),
    )
    .await
    .unwrap()
}

async fn a_publish_to_a_missing_node_creates_it(peer: Peer) {
    let ann = without_models(&peer.url("ann")).await;
    tweet(1, "first").save_with(&ann).await.unwrap();
    assert_eq!(ann.items::<Tweet>().await.unwrap().len(), 1);
}

async fn the_configuration_of_a_model_arrives(peer: Peer) {
    let ann = writer(&peer).await;
    Configured { id: 1 }.save_with(&ann).await.unwrap();
    let mut independent = RawClient::login(peer.address(), "ann", PASSWORD)
        .await
        .unwrap();
    let question = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
                    <configure node='/interop/configured'/></pubsub>";
    let form = independent
        .request("get", peer.pubsub_service(), question)
        .await
        .unwrap();
    for (field, value) in [
        ("pubsub#title", "Set up by the model"),
        ("pubsub#max_items", "7"),
        ("pubsub#access_model", "whitelist"),
    ] {
        let field_source = field_of(&form, field);
        assert!(
            field_source.contains(&format!("<value>{value}</value>")),
            "{field} in {form}"
        );
    }
}

/// The source of the form's field called `name`.
fn field_of<'f>(form: &'f str, name: &str) -> &'f str {
    let fields = form.split("<field ").skip(1);
    let quoted = [format!("var='{name}'"), format!("var=\"{name}\"")];
    let is_it = |field: &&str| quoted.iter().any(|name| field.contains(&**name));
    fields.into_iter().find(is_it).unwrap_or_default()
}

async fn a_node_says_what_its_model_looks_like(peer: Peer) {
    let ann = writer(&peer).await;
    // Where nodes can be awaited, the first change makes them.
    tweet(1, "first").save_with(&ann).await.unwrap();
    Configured { id: 1 }.save_with(&ann).await.unwrap();
    // Another program, which links no models, under an account that owns nothing.
    let eve = without_models(&peer.url(STRANGER)).await;
    let node = NodeName::new(Tweet::NODE).unwrap();
    let outline = eve.outline(&node).await.unwrap();
    assert_eq!(outline, Some(Outline::of(Tweet::DESCRIPTOR)));

    let session = eve.session().unwrap();
    let told = session.discover_node(&node).await.unwrap();
    let payload_type = told.meta_data().unwrap().value("pubsub#type");
    assert_eq!(payload_type, Some("urn:pubsub:interop"));

    // With its wishes, and a description as large as they get.
    let configured = NodeName::new(Configured::NODE).unwrap();
    let long = format!(
        "<schema xmlns='{SCHEMA}'>{}",
        "é<".repeat(MOST_BYTES / 3 - 20)
    );
    let own = ann.session().unwrap();
    assert!(own.describe(&configured, "urn:a", &long).await.unwrap());
    assert!(
        !own.describe(&configured, "urn:a", &long).await.unwrap(),
        "no news"
    );
    let told = own.discover_node(&configured).await.unwrap();
    assert_eq!(
        told.meta_data().unwrap().value("pubsub#description"),
        Some(&*long)
    );
    let form = own.configuration(&configured).await.unwrap();
    assert_eq!(
        form.value("pubsub#max_items"),
        Some("7"),
        "the rest is as it was"
    );
    let error = without_models(&peer.url("ann"))
        .await
        .outline(&configured)
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("node /interop/configured: "),
        "{error}"
    );
    // The next start mends it.
    writer(&peer).await;
    let outline = without_models(&peer.url("ann"))
        .await
        .outline(&configured)
        .await
        .unwrap();
    assert_eq!(outline, Some(Outline::of(Configured::DESCRIPTOR)));

    let other = NodeName::new("/interop/plain").unwrap();
    own.ensure(&other, &NodeConfig::new().title("Plain"))
        .await
        .unwrap();
    assert_eq!(eve.outline(&other).await.unwrap(), None);
    let missing = NodeName::new("/interop/missing").unwrap();
    let error = eve.outline(&missing).await.unwrap_err();
    assert!(
        matches!(error, DescribedError::Service(PubSubError::NotFound { .. })),
        "{error}"
    );
}

async fn a_node_of_somebody_else_is_left_as_it_is_described(peer: Peer) {
    let owner = without_models(&peer.url("ann")).await;
    let node = NodeName::new(Tweet::NODE).unwrap();
    let session = owner.session().unwrap();
    let open = NodeConfig::new().publish_model(PublishModel::Open);
    session.ensure(&node, &open).await.unwrap();
    session
        .describe(&node, "urn:a", "Tweets, by ann")
        .await
        .unwrap();
    let eve = connect(&peer.url(STRANGER)).await;
    tweet(1, "she may write all the same")
        .save_with(&eve)
        .await
        .unwrap();
    let told = session.discover_node(&node).await.unwrap();
    let description = told.meta_data().unwrap().value("pubsub#description");
    assert_eq!(description, Some("Tweets, by ann"));
    assert_eq!(owner.outline(&node).await.unwrap(), None);
}

async fn a_forbidden_node_says_so(peer: Peer) {
    let ann = writer(&peer).await;
    tweet(1, "mine").save_with(&ann).await.unwrap();
    let eve = without_models(&peer.url(STRANGER)).await;
    let refused = within(PATIENCE, tweet(2, "not mine").save_with(&eve))
        .await
        .unwrap_err();
    let message = refused.to_string();
    assert!(message.contains(Tweet::NODE), "{message}");
    assert_eq!(ann.items::<Tweet>().await.unwrap().len(), 1);
}

async fn a_missing_node_says_so(peer: Peer) {
    let ann = without_models(&peer.url("ann")).await;
    let missing = within(PATIENCE, ann.items::<Tweet>()).await;
    let message = missing.expect_err("no node, no items").to_string();
    assert!(message.contains(Tweet::NODE), "{message}");
}

async fn a_foreign_payload_is_one_error_and_the_stream_goes_on(peer: Peer) {
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    let mut foreign = RawClient::login(peer.address(), "ann", PASSWORD)
        .await
        .unwrap();
    tweet(1, "before").save_with(&ann).await.unwrap();
    let content = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{}'><item id='2'>\
         <other xmlns='urn:interop:other'>not a tweet</other></item></publish></pubsub>",
        Tweet::NODE
    );
    let answer = foreign
        .request("set", peer.pubsub_service(), &content)
        .await
        .unwrap();
    assert!(answer.contains("result"), "{answer}");
    tweet(3, "after").save_with(&ann).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(within(PATIENCE, events.next()).await.unwrap());
    }
    let texts = |index: usize| {
        heard[index]
            .as_ref()
            .ok()
            .and_then(|event| event.item())
            .cloned()
    };
    assert_eq!(
        (texts(0), texts(2)),
        (Some(tweet(1, "before")), Some(tweet(3, "after")))
    );
    assert!(heard[1].is_err(), "{:?}", heard[1]);
}
