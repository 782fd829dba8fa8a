//! The templates of channels: `"user-{author}"`.
//!
//! Knows braces. `{{` and `}}` stand for themselves.

use syn::LitStr;
use syn::ext::IdentExt;

use super::field;
use crate::declaration::FieldDeclaration;
use crate::errors::Errors;
use crate::naming::{nearest, node_name_problem};
use crate::occurs::Occurs;
use crate::publication::{Channel, ChannelPart, Codec};

pub(super) fn read<'a>(
    literal: &LitStr,
    fields: &'a [FieldDeclaration<'a>],
    errors: &mut Errors,
) -> Channel<'a> {
    let template = literal.value();
    if let Some(problem) = node_name_problem(&template) {
        errors.at(literal, problem);
    }
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template.as_str();
    while let Some(letter) = rest.chars().next() {
        let (taken, found) = match letter {
            '{' if rest.starts_with("{{") => (2, Some('{')),
            '}' if rest.starts_with("}}") => (2, Some('}')),
            '{' => {
                let Some((name, _)) = rest.get(1..).and_then(|rest| rest.split_once('}')) else {
                    errors.at(
                        literal,
                        "a `{` without its `}`; write {field}, or {{ for the brace itself",
                    );
                    break;
                };
                if !text.is_empty() {
                    parts.push(ChannelPart::Literal(std::mem::take(&mut text)));
                }
                parts.extend(place(name, literal, fields, errors));
                (name.len() + 2, None)
            }
            '}' => {
                errors.at(
                    literal,
                    "a `}` without its `{`; write {field}, or }} for the brace itself",
                );
                break;
            }
            other => (other.len_utf8(), Some(other)),
        };
        text.extend(found);
        rest = rest.get(taken..).unwrap_or_default();
    }
    if !text.is_empty() {
        parts.push(ChannelPart::Literal(text));
    }
    Channel { template, parts }
}

/// The field named in a template, if it is one that can be there.
fn place<'a>(
    name: &str,
    literal: &LitStr,
    fields: &'a [FieldDeclaration<'a>],
    errors: &mut Errors,
) -> Option<ChannelPart<'a>> {
    let named =
        |field: &&FieldDeclaration<'_>| field.ident.is_some_and(|ident| ident.unraw() == name);
    let Some((field, ident)) = fields
        .iter()
        .find(named)
        .and_then(|field| Some((field, field.ident?)))
    else {
        let known: Vec<_> = fields
            .iter()
            .filter_map(|field| field.ident)
            .map(|ident| ident.unraw().to_string())
            .collect();
        let advice = match nearest(name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name a field of this struct".to_owned(),
        };
        errors.at(
            literal,
            format!("there is no field `{name}` to fill in; {advice}"),
        );
        return None;
    };
    let part = field::named(field, ident);
    if matches!(part.codec, Codec::Child) {
        errors.at(
            literal,
            format!(
                "`{name}` is not text and cannot be part of a name; use a field that is one value"
            ),
        );
        return None;
    }
    if matches!(part.occurs, Occurs::Many | Occurs::Keyed(_)) {
        errors.at(literal, format!("`{name}` has many values and a name has room for one; use a field that is one value"));
        return None;
    }
    Some(ChannelPart::Field(part))
}
