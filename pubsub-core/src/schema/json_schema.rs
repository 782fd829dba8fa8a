//! Schemas as JSON Schema (draft 2020-12): what a row in JSON has to be.
//!
//! Knows the vocabulary. What a row looks like in JSON is told in [`schema`](super).

use std::fmt::Write as _;

use super::catalog::Catalog;
use super::json::push_string;
use super::outline::{Body, Case, Count, Member, Outline, ValueKind};
use crate::registry::Format;

/// Names of definitions that are not types of models.
const RESERVED: [&str; 2] = ["Float", "Integer"];

const HEAD: &str = r#"{
"$schema":"https://json-schema.org/draft/2020-12/schema",
"description":"Under the name of each node, what a row of it is.",
"type":"object",
"properties":{"#;

const DEFINITIONS: &str = r#"
},
"$defs":{
"Integer":{"description":"A whole number, as a string of its digits where JavaScript cannot hold it.","anyOf":[{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991},{"type":"string","pattern":"^-?[1-9][0-9]{15,}$"}]},
"Float":{"anyOf":[{"type":"number"},{"enum":["NaN","Infinity","-Infinity"]}]}"#;

/// The schema of all models that are linked into the program: one document, in which `#/properties/` and the name of a node is the schema of its rows, and `#/$defs/` and
/// the name of a type in Rust that of its values.
#[must_use]
pub fn json_schema() -> String {
    json_schema_of(&super::linked())
}

/// The schema of these models.
#[must_use]
pub fn json_schema_of(models: &[Outline]) -> String {
    let catalog = Catalog::of(models, &RESERVED);
    let mut out = String::from(HEAD);
    for (position, (model, payload)) in catalog.models.iter().enumerate() {
        out.push_str(if position == 0 { "\n" } else { ",\n" });
        push_string(&mut out, model.node());
        out.push(':');
        reference(&mut out, catalog.name(*payload));
    }
    out.push_str(DEFINITIONS);
    for (number, (name, each)) in catalog.types.iter().enumerate() {
        let models = catalog
            .models
            .iter()
            .filter(|(_, payload)| *payload == number);
        // Serde may leave out and rename.
        let is_serde = models
            .clone()
            .any(|(model, _)| model.format() == Format::Json);
        out.push_str(",\n");
        push_string(&mut out, name);
        out.push(':');
        body(&mut out, &each.body, is_serde, &catalog);
    }
    out.push_str("\n}\n}\n");
    out
}

fn body(out: &mut String, body: &Body, is_serde: bool, catalog: &Catalog<'_>) {
    match body {
        Body::Record(members) => record(out, members, is_serde, catalog),
        Body::Cases(cases) => {
            out.push_str("{\"oneOf\":[");
            list(out, cases, |out, each| case(out, each, catalog));
            out.push_str("]}");
        }
        Body::Value(kind) => value(out, kind, catalog),
    }
}

fn record(out: &mut String, members: &[Member], is_serde: bool, catalog: &Catalog<'_>) {
    out.push_str("{\"type\":\"object\",\"properties\":{");
    list(out, members, |out, member| {
        push_string(out, &member.name);
        out.push(':');
        self::member(out, member, catalog);
    });
    out.push_str("},\"required\":[");
    let is_required = |member: &&Member| !is_serde && !member.has_default;
    let required: Vec<_> = members.iter().filter(is_required).collect();
    list(out, &required, |out, member| push_string(out, &member.name));
    out.push_str("]}");
}

fn member(out: &mut String, member: &Member, catalog: &Catalog<'_>) {
    match member.count {
        Count::One => value(out, &member.kind, catalog),
        Count::Optional => {
            out.push_str("{\"anyOf\":[");
            value(out, &member.kind, catalog);
            out.push_str(",{\"type\":\"null\"}]}");
        }
        Count::Many => {
            out.push_str("{\"type\":\"array\",\"items\":");
            value(out, &member.kind, catalog);
            out.push('}');
        }
        Count::Keyed(_) => {
            out.push_str("{\"type\":\"object\",\"additionalProperties\":");
            value(out, &member.kind, catalog);
            out.push('}');
        }
    }
}

fn case(out: &mut String, case: &Case, catalog: &Catalog<'_>) {
    if matches!(&case.body, Body::Record(members) if members.is_empty()) {
        out.push_str("{\"const\":");
        push_string(out, &case.name);
        out.push('}');
        return;
    }
    out.push_str("{\"type\":\"object\",\"properties\":{");
    push_string(out, &case.name);
    out.push(':');
    body(out, &case.body, false, catalog);
    out.push_str("},\"required\":[");
    push_string(out, &case.name);
    out.push_str("],\"additionalProperties\":false}");
}

fn value(out: &mut String, kind: &ValueKind, catalog: &Catalog<'_>) {
    match kind {
        kind if kind.is_wide() => reference(out, "Integer"),
        ValueKind::Text => out.push_str("{\"type\":\"string\"}"),
        ValueKind::Integer { bits, signed } => {
            let (least, most) = limits(*bits, *signed);
            let _ = write!(
                out,
                "{{\"type\":\"integer\",\"minimum\":{least},\"maximum\":{most}}}"
            );
        }
        ValueKind::Float { .. } => reference(out, "Float"),
        ValueKind::Bool => out.push_str("{\"type\":\"boolean\"}"),
        ValueKind::Timestamp => out.push_str("{\"type\":\"string\",\"format\":\"date-time\"}"),
        ValueKind::Uuid => out.push_str("{\"type\":\"string\",\"format\":\"uuid\"}"),
        ValueKind::Choice(words) => {
            out.push_str("{\"enum\":[");
            list(out, words, |out, word| push_string(out, word));
            out.push_str("]}");
        }
        ValueKind::Nested(number) => reference(out, catalog.name(*number)),
        ValueKind::Json => out.push_str("true"),
    }
}

/// The least and the largest number of at most 53 bits.
fn limits(bits: u16, signed: bool) -> (i64, i64) {
    let all = (1_i64 << bits.min(53)) - 1;
    if signed {
        (-(all >> 1) - 1, all >> 1)
    } else {
        (0, all)
    }
}

fn reference(out: &mut String, name: &str) {
    out.push_str("{\"$ref\":\"#/$defs/");
    // An identifier of ASCII.
    out.push_str(name);
    out.push_str("\"}");
}

fn list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        each(out, item);
    }
}
