//! Every word on the type and on fields that changes what is generated.

use std::time::SystemTime;

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(
    node = "/news",
    on(create, delete),
    when = Article::is_public,
    xml(name = "article", namespace = "urn:example:news"),
    rename_all = "kebab-case",
    access = "whitelist",
    max_items = 50,
    title = "News",
    send_last = "never"
)]
struct Article {
    #[publish(id, rename = "slug")]
    key: String,
    #[publish(title)]
    headline: String,
    #[publish(updated)]
    changed_at: SystemTime,
    #[publish(with = hexadecimal)]
    colour: u32,
    #[publish(default = one, skip_if = is_one)]
    weight: u32,
    #[publish(default)]
    views: u64,
}

impl Article {
    fn is_public(&self) -> bool {
        !self.key.is_empty()
    }
}

fn one() -> u32 {
    1
}

fn is_one(weight: &u32) -> bool {
    *weight == 1
}

mod hexadecimal {
    use std::num::ParseIntError;

    pub fn to_text(colour: &u32) -> String {
        format!("{colour:06x}")
    }

    pub fn from_text(text: &str) -> Result<u32, ParseIntError> {
        u32::from_str_radix(text, 16)
    }
}

fn main() {}
