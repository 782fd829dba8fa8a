//! Every wish for a node.

use pubsub_core::{AccessModel, MaxItems, NodeConfig, Publish, PublishModel, SendLast};

#[derive(Publish)]
#[publish(
    access = "authorize",
    publish_model = "subscribers",
    persist = true,
    max_items = "max",
    title = "Tweets",
    notify_retract = false,
    deliver_payloads = true,
    send_last = "on_sub_and_presence"
)]
struct Tweet {
    text: String,
}

#[test]
fn works() {
    let expected = NodeConfig::new()
        .access(AccessModel::Authorize)
        .publish_model(PublishModel::Subscribers)
        .persist(true)
        .max_items(MaxItems::Max)
        .title("Tweets")
        .notify_retract(false)
        .deliver_payloads(true)
        .send_last(SendLast::OnSubAndPresence);
    assert_eq!(Tweet::DESCRIPTOR.config, expected);
}
