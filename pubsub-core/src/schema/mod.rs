//! What a payload looks like, as data: the derive writes it down once, and tables, JSON, types for browsers and documentation are made of it.
//!
//! What the derive writes is in `declared`: a [`Schema`], constant, with functions where types contain each other. Everything else is made of
//! an [`Outline`], which owns itself, so that a schema which came over the wire is the same thing as one that is linked:
//!
//! - [`RowWriter`] turns the payload of a row into JSON. The list API and HTTP push show a row by it, byte for byte the same.
//! - [`typescript`], [`json_schema`] and [`xsd`] tell the schemas of all models that are linked into the program in another language.
//! - [`Outline::to_text`] and [`Outline::read`]: the meta-data of a node carry its model's schema, for programs that do not link the model.
//!
//! # How a row looks in JSON
//!
//! A record is an object with a member a field, named as in Rust, in the order of the fields, and always the same ones: an absent optional is `null`, a collection
//! without values `[]` or `{}`. Only a field that was left out of the payload because it has its default is left out here too: what that is only the type knows.
//!
//! | in Rust | in JSON | in TypeScript |
//! |---|---|---|
//! | text, `char`, addresses, `with = module` | string | `string` |
//! | whole numbers of at most 32 bits | number | `number` |
//! | wider whole numbers | number; a string of its digits where JavaScript would lose some, beyond ±(2⁵³−1) | `Integer` |
//! | `f32`, `f64` | number; `"NaN"`, `"Infinity"` or `"-Infinity"` | `Float` |
//! | `bool` | boolean | `boolean` |
//! | `SystemTime` | string, RFC 3339 in UTC, such as `2024-02-29T12:30:00.5Z` | `Timestamp` |
//! | `Uuid` | string, hyphenated, lower case | `Uuid` |
//! | enum without data | string, as in XML | its words |
//! | enum with data | `{"Variant": …}`, and `"Variant"` for one that holds nothing | a union |
//! | struct (`child`) | object | an interface |
//! | `flatten` | its members among those around it; an enum under the name of its field | the same |
//! | `Option` | the value or `null` | `… \| null` |
//! | `Vec`, sets | array | `…[]` |
//! | maps | object | `{ [key: string]: … }` |
//! | `format = "json"` | what serde wrote, minified | as far as the fields tell |
//!
//! `Number()` and `BigInt()` of JavaScript read every number that is told as a string. Which numbers are does not depend on who writes: the
//! same value is always told in the same way, so it can be compared and used as a key.
//!
//! Inside strings, what would end a script, a line of JavaScript or a message of pushstream.js is escaped: `</`, `<!`, U+2028, U+2029 and a `}` before a `{`.

mod catalog;
mod declared;
mod gather;
mod json;
mod json_schema;
mod outline;
mod typescript;
mod wire;
mod xsd;

pub use self::declared::{
    FieldSchema, Kind, Nested, Occurs, Place, Schema, Shape, VariantContent, VariantSchema,
};
pub use self::json::{JsonError, LinkError, RowWriter, push_json, push_string};
pub use self::json_schema::{json_schema, json_schema_of};
pub use self::outline::{Body, Case, Count, Member, Outline, Site, Type, ValueKind};
pub use self::typescript::{typescript, typescript_of};
pub use self::wire::{MOST_BYTES, OutlineError, SCHEMA};
pub use self::xsd::{xsd, xsd_of};
use crate::registry::registered;

/// The outlines of all models that are linked into the program, sorted by node.
#[must_use]
pub fn linked() -> Vec<Outline> {
    let mut outlines: Vec<_> = registered().map(Outline::of).collect();
    outlines.sort_by(|one, other| {
        let key = |outline: &Outline| (outline.node.clone(), outline.type_name.clone());
        key(one).cmp(&key(other))
    });
    outlines
}
