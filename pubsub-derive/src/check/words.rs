//! Rules about the words on one field: which exclude each other, and which the derive or the format has no use for.
//!
//! Does not look at the field's type.

use super::Around;
use crate::attribute::FieldAttributes;
use crate::declaration::Derive;
use crate::errors::Errors;
use crate::publication::Format;

/// Pairs of words that cannot both be meant, with the reason.
const EXCLUSIVE: &[(&str, &str, &str)] = &[
    (
        "attribute",
        "child",
        "an attribute is text and cannot hold an element; remove one of them",
    ),
    (
        "attribute",
        "flatten",
        "what is flattened has its own places; remove one of them",
    ),
    (
        "child",
        "flatten",
        "a child has an element of its own, what is flattened has none; remove one of them",
    ),
    (
        "with",
        "child",
        "`with` makes text of the value, `child` an element; remove one of them",
    ),
    (
        "with",
        "flatten",
        "`with` makes text of the value, and what is flattened has fields; remove one of them",
    ),
    (
        "rename",
        "flatten",
        "what is flattened has no name; remove one of them",
    ),
    (
        "skip_if",
        "flatten",
        "what is flattened is always there; move `skip_if` to its fields",
    ),
    (
        "default",
        "flatten",
        "what is flattened is always there; move `default` to its fields",
    ),
    (
        "id",
        "child",
        "an id is text; mark a field that is one value",
    ),
    (
        "id",
        "flatten",
        "an id is text; mark a field that is one value",
    ),
    ("id", "skip_if", "an id is always needed; remove `skip_if`"),
    ("id", "default", "an id is always there; remove `default`"),
    (
        "title",
        "child",
        "a title is text; mark a field that is one value",
    ),
    (
        "title",
        "flatten",
        "a title is text; mark a field that is one value",
    ),
    (
        "updated",
        "child",
        "a time is text; mark a field that is one value",
    ),
    (
        "updated",
        "flatten",
        "a time is text; mark a field that is one value",
    ),
];

/// Every rule about the words.
pub(super) fn check(attributes: &FieldAttributes, around: Around, errors: &mut Errors) {
    check_exclusive(attributes, errors);
    check_skipped(attributes, errors);
    let entry_words = ["id", "title", "updated"];
    for word in attributes.words() {
        let name = word.to_string();
        if entry_words.contains(&name.as_str())
            && (around.derive == Derive::Payload || around.in_variant)
        {
            let message = format!(
                "`{name}` belongs to the item of a model; derive `Publish` instead, or remove `{name}`"
            );
            errors.at(word, message);
        }
        match around.format {
            Format::Django if matches!(name.as_str(), "attribute" | "child" | "flatten") => {
                errors.at(word, format!("a row of Django has no place for `{name}`; use format = \"entry\", or text made by `with`"));
            }
            Format::Json if !matches!(name.as_str(), "id" | "title" | "updated") => {
                let advice = match name.as_str() {
                    "rename" => "write #[serde(rename = \"...\")]".to_owned(),
                    "with" => "write #[serde(with = \"...\")]".to_owned(),
                    "skip" => "write #[serde(skip)]".to_owned(),
                    "skip_if" => "write #[serde(skip_serializing_if = \"...\")]".to_owned(),
                    "default" => "write #[serde(default)]".to_owned(),
                    "flatten" => "write #[serde(flatten)]".to_owned(),
                    _ => format!("remove `{name}`"),
                };
                errors.at(
                    word,
                    format!("in the format \"json\" serde writes the fields; {advice}"),
                );
            }
            Format::Entry | Format::Django | Format::Json => {}
        }
    }
}

pub(super) fn check_exclusive(attributes: &FieldAttributes, errors: &mut Errors) {
    let words: Vec<_> = attributes.words().collect();
    for (one, two, reason) in EXCLUSIVE {
        if let (Some(_), Some(second)) = (
            words.iter().find(|word| **word == one),
            words.iter().find(|word| **word == two),
        ) {
            errors.at(
                second,
                format!("`{one}` and `{two}` exclude each other: {reason}"),
            );
        }
    }
}

/// A field that is not written has no use for words about writing.
fn check_skipped(attributes: &FieldAttributes, errors: &mut Errors) {
    if attributes.skip.is_none() {
        return;
    }
    for word in attributes
        .words()
        .filter(|word| *word != "skip" && *word != "default")
    {
        let advice = if word == "id" {
            "subscribers need the id; remove `skip`"
        } else {
            "the field is not written; remove one of them"
        };
        errors.at(
            word,
            format!("`skip` and `{word}` exclude each other: {advice}"),
        );
    }
}
