//! The file of settings, as the program reads it.

use support::{RawClient, program};

use crate::serving;

#[tokio::test]
async fn subscribing_again_makes_another_subscription_where_the_file_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pubsub.toml");
    std::fs::write(&file, "multi_subscribe = true\nusers = [\"ann:secret\"]\n").unwrap();
    let mut command = program("pubsub");
    command.args(["serve", "--xmpp", "127.0.0.1:0", "--config"]);
    command.arg(&file);
    let (_process, address) = serving(&command, &directory.path().join("log")).await;
    let mut ann = RawClient::login(address, "ann", "secret").await.unwrap();
    let mut ask = async |content: &str| {
        let content =
            format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
        let answer = ann.request("set", "pubsub.localhost", &content).await;
        answer.unwrap()
    };
    ask("<create node='/n'/>").await;
    let first = ask("<subscribe node='/n' jid='ann@localhost'/>").await;
    let second = ask("<subscribe node='/n' jid='ann@localhost'/>").await;
    let id = |answer: &str| {
        let (_, rest) = answer.split_once("subid='").expect("an id");
        rest.split('\'').next().expect("its end").to_owned()
    };
    assert_ne!(id(&first), id(&second));
}
