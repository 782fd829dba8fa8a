//! Schemas as types of TypeScript: what a row is after `JSON.parse`.
//!
//! Knows the language, as far as types go. What a row looks like in JSON is told in [`schema`](super).

use std::fmt::Write as _;

use super::catalog::Catalog;
use super::json::push_string;
use super::outline::{Body, Case, Count, Member, Outline, ValueKind};
use crate::registry::Format;

/// Names that the text uses itself.
const RESERVED: [&str; 8] = [
    "Float",
    "Integer",
    "Json",
    "Listed",
    "Node",
    "Nodes",
    "Timestamp",
    "Uuid",
];

const HEAD: &str = r#"// Made of the models by pubsub; changes are lost when it is made again.

/** A whole number that may go beyond what JavaScript holds: a number up to ±(2^53 - 1), a string of its digits beyond. `BigInt()` reads both. */
export type Integer = number | `${bigint}`;
/** A floating-point number. `Number()` reads all of them. */
export type Float = number | "NaN" | "Infinity" | "-Infinity";
/** A point in time, RFC 3339 in UTC: `2024-02-29T12:30:00.5Z`. */
export type Timestamp = string;
/** Hyphenated, in lower case. */
export type Uuid = string;
/** Anything that JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
"#;

const FOOT: &str = r"
/** A name of a node that one of these models is published to. */
export type Node = keyof Nodes;

/** A row as a resource of the list API shows it, and the channels of its model too. */
export type Listed<Row> = Row & { id: Integer | string; resource_uri: string };
";

/// The types of all models that are linked into the program, sorted by node: a module without imports.
///
/// ```
/// # use pubsub_core::Publish;
/// #[derive(Publish)]
/// #[publish(node = "/blog/Post")]
/// struct Post {
///     #[publish(id)]
///     id: u32,
///     title: String,
///     tags: Vec<String>,
///     seen_at: Option<std::time::SystemTime>,
/// }
///
/// let types = pubsub_core::schema::typescript();
/// assert!(types.contains("export interface Post {\n  id: number;\n  title: string;\n  tags: string[];\n  seen_at: Timestamp | null;\n}\n"));
/// assert!(types.contains("  \"/blog/Post\": Post;\n"));
/// ```
#[must_use]
pub fn typescript() -> String {
    typescript_of(&super::linked())
}

/// The types of these models.
#[must_use]
pub fn typescript_of(models: &[Outline]) -> String {
    let catalog = Catalog::of(models, &RESERVED);
    let mut out = String::from(HEAD);
    for (number, (name, each)) in catalog.types.iter().enumerate() {
        out.push('\n');
        for (model, payload) in &catalog.models {
            if *payload == number {
                comment(&mut out, model);
            }
        }
        match &each.body {
            Body::Record(members) => {
                let _ = writeln!(out, "export interface {name} {{");
                for each in members {
                    out.push_str("  ");
                    member(&mut out, each, &catalog);
                    out.push_str(";\n");
                }
                out.push_str("}\n");
            }
            Body::Cases(cases) => {
                let _ = write!(out, "export type {name} =");
                for each in cases {
                    out.push_str("\n  | ");
                    case(&mut out, each, &catalog);
                }
                if cases.is_empty() {
                    out.push_str(" never");
                }
                out.push_str(";\n");
            }
            Body::Value(kind) => {
                let _ = writeln!(out, "export type {name} = {};", value(kind, &catalog));
            }
        }
    }
    out.push_str("\n/** What a row of each node is. */\nexport interface Nodes {\n");
    for (model, payload) in &catalog.models {
        out.push_str("  ");
        push_string(&mut out, model.node());
        let _ = writeln!(out, ": {};", catalog.name(*payload));
    }
    out.push_str("}\n");
    out.push_str(FOOT);
    out
}

fn comment(out: &mut String, model: &Outline) {
    let mut text = format!("`{}`, published to `{}`.", model.type_name(), model.node());
    if let Some(id) = model.id_member() {
        let _ = write!(text, " `{}` names the item.", id.name);
    }
    if model.format() == Format::Json {
        text.push_str(" As serde writes it, unless that was told to rename or to leave out.");
    }
    // Names that came over the wire may hold anything.
    let text = text.replace("*/", "* /").replace(char::is_control, " ");
    let _ = writeln!(out, "/** {text} */");
}

fn member(out: &mut String, member: &Member, catalog: &Catalog<'_>) {
    key(out, &member.name);
    if member.has_default {
        out.push('?');
    }
    out.push_str(": ");
    let one = value(&member.kind, catalog);
    match member.count {
        Count::One => out.push_str(&one),
        Count::Optional => out.extend([&one, " | null"]),
        Count::Many if one.contains(" | ") => out.extend(["(", &one, ")[]"]),
        Count::Many => out.extend([&one, "[]"]),
        Count::Keyed(_) => out.extend(["{ [key: string]: ", &one, " }"]),
    }
}

fn case(out: &mut String, case: &Case, catalog: &Catalog<'_>) {
    match &case.body {
        Body::Record(members) if members.is_empty() => push_string(out, &case.name),
        Body::Record(members) => {
            out.push_str("{ ");
            key(out, &case.name);
            out.push_str(": { ");
            for (position, each) in members.iter().enumerate() {
                out.push_str(if position == 0 { "" } else { "; " });
                member(out, each, catalog);
            }
            out.push_str(" } }");
        }
        Body::Value(kind) => {
            out.push_str("{ ");
            key(out, &case.name);
            out.extend([": ", &value(kind, catalog), " }"]);
        }
        // A case has no cases.
        Body::Cases(_) => out.push_str("never"),
    }
}

fn value(kind: &ValueKind, catalog: &Catalog<'_>) -> String {
    match kind {
        kind if kind.is_wide() => "Integer".to_owned(),
        ValueKind::Text => "string".to_owned(),
        ValueKind::Integer { .. } => "number".to_owned(),
        ValueKind::Float { .. } => "Float".to_owned(),
        ValueKind::Bool => "boolean".to_owned(),
        ValueKind::Timestamp => "Timestamp".to_owned(),
        ValueKind::Uuid => "Uuid".to_owned(),
        ValueKind::Choice(words) if words.is_empty() => "never".to_owned(),
        ValueKind::Choice(words) => {
            let mut union = String::new();
            for word in words {
                union.push_str(if union.is_empty() { "" } else { " | " });
                push_string(&mut union, word);
            }
            union
        }
        ValueKind::Nested(number) => catalog.name(*number).to_owned(),
        ValueKind::Json => "Json".to_owned(),
    }
}

/// The name of a member, in quotes where it is no identifier.
fn key(out: &mut String, name: &str) {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == '$';
    let is_identifier = name.starts_with(is_letter)
        && name
            .chars()
            .all(|letter| is_letter(letter) || letter.is_ascii_digit());
    if is_identifier {
        out.push_str(name);
    } else {
        push_string(out, name);
    }
}
