//! All mistakes are told in one go, each at its place.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(nod = "/x", acess = "open", on(creat))]
struct Tweet {
    #[publish(ids)]
    id: i64,
    #[publish(attribut)]
    text: &'static str,
}

fn main() {}
