//! A model is sent from task to task.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    text: std::rc::Rc<str>,
}

fn main() {}
