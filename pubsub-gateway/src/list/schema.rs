//! `schema/`: what the rows of a resource look like and what may be asked of it, in the words of django-tastypie.
//!
//! Pure. Besides, the schema of a row in the words of JSON Schema.

use pubsub_core::schema::{Count, Member, Outline, ValueKind, json_schema_of};
use serde_json::{Map, Value, json};

use super::filter::LOOKUPS;
use super::resource::{Field, Resource};
use crate::settings::Filtering;

/// The whole answer.
pub(super) fn schema(resource: &Resource, base: &str) -> Value {
    let outline = resource.outline();
    let mut fields = Map::new();
    for field in &resource.fields {
        let member = outline.member(&field.member);
        fields.insert(field.name.clone(), describe(field, member, outline, base));
    }
    if outline.member("resource_uri").is_none() {
        let field = json!({
            "type": "string", "nullable": false, "readonly": true, "unique": true, "primary_key": false,
            "help_text": "The path of the row.",
        });
        fields.insert("resource_uri".to_owned(), field);
    }
    if !fields.contains_key("id") {
        let field = json!({
            "type": "string", "nullable": false, "readonly": true, "unique": true, "primary_key": true,
            "help_text": "The id of the item.",
        });
        fields.insert("id".to_owned(), field);
    }
    let filterable = resource.fields.iter().filter_map(|field| {
        let filtering = match field.filtering.as_ref()? {
            Filtering::Only(lookups) => json!(lookups),
            _ => json!(LOOKUPS),
        };
        Some((field.name.clone(), filtering))
    });
    let sortable = resource.fields.iter().filter(|field| field.is_sortable);
    let sortable: Vec<_> = sortable.map(|field| field.name.as_str()).collect();
    json!({
        "allowed_detail_http_methods": ["get"],
        "allowed_list_http_methods": ["get"],
        "default_format": "application/json",
        "default_limit": resource.limit,
        "max_limit": resource.max_limit,
        "fields": fields,
        "filtering": Value::Object(filterable.collect()),
        "ordering": sortable,
        "node": resource.node.as_str(),
        "json_schema": json_schema(resource),
    })
}

/// The schema of a row by itself, links and what the list API adds left out.
fn json_schema(resource: &Resource) -> Value {
    let text = json_schema_of(std::slice::from_ref(resource.outline()));
    let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut rows = Value::Null;
    if let Some(properties) = document.get_mut("properties") {
        rows = properties
            .get_mut(resource.node.as_str())
            .map(Value::take)
            .unwrap_or_default();
    }
    let mut schema = Map::new();
    for name in ["$schema", "$defs"] {
        if let Some(part) = document.get_mut(name) {
            schema.insert(name.to_owned(), part.take());
        }
    }
    if let Some(reference) = rows.get_mut("$ref") {
        schema.insert("$ref".to_owned(), reference.take());
    }
    Value::Object(schema)
}

fn describe(field: &Field, member: Option<&Member>, outline: &Outline, base: &str) -> Value {
    let is_key = outline
        .id_member()
        .is_some_and(|id| id.name == field.member);
    let mut described = json!({
        "type": kind(field, member),
        "nullable": field.is_nullable,
        "readonly": true,
        "unique": is_key,
        "primary_key": is_key,
        "blank": member.is_some_and(|member| member.has_default),
        "help_text": help(&field.kind),
    });
    if let (Some(linked), Some(described)) = (&field.link, described.as_object_mut()) {
        described.insert("related_type".to_owned(), json!("to_one"));
        let schema = format!("{base}/{linked}/schema/");
        described.insert("related_schema".to_owned(), json!(schema));
    }
    described
}

fn kind(field: &Field, member: Option<&Member>) -> &'static str {
    match member.map(|member| &member.count) {
        Some(Count::Many) => return "list",
        Some(Count::Keyed(_)) => return "dict",
        _ => {}
    }
    match field.kind {
        _ if field.link.is_some() => "related",
        ValueKind::Integer { .. } => "integer",
        ValueKind::Float { .. } => "float",
        ValueKind::Bool => "boolean",
        ValueKind::Timestamp => "datetime",
        ValueKind::Nested(_) | ValueKind::Json => "dict",
        _ => "string",
    }
}

fn help(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Text => "Text.".to_owned(),
        ValueKind::Integer { bits: ..=53, .. } => "A whole number.".to_owned(),
        ValueKind::Integer { .. } => {
            "A whole number; a string of its digits beyond 2^53 - 1.".to_owned()
        }
        ValueKind::Float { .. } => {
            "A number; \"NaN\", \"Infinity\" or \"-Infinity\" as a string.".to_owned()
        }
        ValueKind::Bool => "true or false.".to_owned(),
        ValueKind::Timestamp => {
            "A point in time (RFC 3339), such as 2024-02-29T12:30:00Z.".to_owned()
        }
        ValueKind::Uuid => "A UUID.".to_owned(),
        ValueKind::Choice(words) => format!("One of {}.", words.join(", ")),
        _ => "See json_schema.".to_owned(),
    }
}
