//! A model as the clients of django-pubsub read it.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "django")]
struct Status {
    #[publish(id)]
    id: i64,
    message: String,
    is_public: bool,
    mood: Option<String>,
}

fn main() {}
