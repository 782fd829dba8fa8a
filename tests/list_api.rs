//! The list API through real HTTP: the rules of django-tastypie that live pages rely on, and what goes beyond them.

#[path = "list_api/access.rs"]
mod access;
#[path = "list_api/alike.rs"]
mod alike;
#[allow(dead_code, reason = "the client of other tests can do more")]
#[path = "push_stream/browser.rs"]
mod browser;
#[path = "list_api/hostile.rs"]
mod hostile;
#[path = "list_api/models.rs"]
mod models;
#[path = "list_api/pushed.rs"]
mod pushed;
#[path = "list_api/rules.rs"]
mod rules;
#[path = "list_api/site.rs"]
mod site;

/// What the client of other tests looks for there.
mod gateway {
    pub const SOON: std::time::Duration = std::time::Duration::from_secs(20);
}
