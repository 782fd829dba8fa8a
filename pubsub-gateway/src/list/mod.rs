//! The list API: the rows of models over HTTP, in the shape of django-tastypie.
//!
//! One request is answered so: `path` says what is asked, the gateway's `access` whether it may be, `arguments`, `filter` and `sorting` make a query of the arguments with the fields of the `resource`,
//! `source` has the rows, and `page` writes them. Which resources there are is in `directory`, which makes JSON of what is pushed, too: so a row is the same text in both.
//!
//! The position in `meta` is the moment at which the rows were read. Whoever begins to listen there misses nothing and hears nothing twice.

mod answer;
mod arguments;
mod described;
mod directory;
mod filter;
mod handler;
mod page;
mod path;
mod refusal;
mod resource;
mod schema;
mod sieve;
mod sorting;
mod source;
mod value;

pub(crate) use self::directory::Directory;
pub(crate) use self::handler::router;
pub use self::resource::ResourceError;
