//! Rules about names: each by itself, and among each other.
//!
//! Knows what XML refuses and what a reader could not tell apart.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::attribute::Given;
use crate::errors::Errors;
use crate::naming::{Case, xml_name_problem};
use crate::publication::{Field, Format, Occurs, Place};

/// The XML name of a field or variant: as renamed, as the case rule has it, or as it is.
pub(crate) fn chosen(
    ident: &Ident,
    renamed: Option<&Given<LitStr>>,
    case: Option<Case>,
    errors: &mut Errors,
) -> String {
    if let Some(renamed) = renamed {
        let name = renamed.value.value();
        if let Some(problem) = xml_name_problem(&name) {
            errors.at(&renamed.value, problem);
        }
        return name;
    }
    let name = ident.unraw().to_string();
    let name = case.map_or(name.clone(), |case| case.apply(&name));
    if let Some(problem) = xml_name_problem(&name) {
        errors.at(
            ident,
            format!("{problem}; or give it another with #[publish(rename = \"...\")]"),
        );
    }
    name
}

/// No two fields may be written under one name, and no attribute under that which declares namespaces.
pub(crate) fn check_fields(fields: &[Field<'_>], format: Format, errors: &mut Errors) {
    if format == Format::Json {
        return;
    }
    for (position, field) in fields.iter().enumerate() {
        if matches!(field.place, Place::Inline | Place::Skipped) {
            continue;
        }
        let name = &field.xml_name;
        let earlier = fields
            .iter()
            .take(position)
            .find(|earlier| earlier.place == field.place && earlier.xml_name == *name);
        if let Some(earlier) = earlier {
            let message = format!(
                "`{}` and `{}` are both written as `{name}`; rename one of them with #[publish(rename = \"...\")]",
                earlier.rust_name, field.rust_name
            );
            errors.at_span(field.span, message);
        }
        if field.place == Place::Attribute && name == "xmlns" {
            errors.at_span(
                field.span,
                "the attribute `xmlns` declares a namespace; rename the field",
            );
        }
        if field.place == Place::Attribute
            && matches!(field.occurs, Occurs::Many | Occurs::Keyed(_))
        {
            let message = format!(
                "an attribute holds one value and `{}` has many; leave `attribute` out",
                field.rust_name
            );
            errors.at_span(field.span, message);
        }
    }
}

/// No two variants may be written under one name.
pub(crate) fn check_variants<'v>(
    variants: impl Iterator<Item = (&'v Ident, &'v str)>,
    errors: &mut Errors,
) {
    let mut seen: Vec<(&Ident, &str)> = Vec::new();
    for (ident, name) in variants {
        if let Some((earlier, _)) = seen.iter().find(|(_, taken)| *taken == name) {
            let message = format!(
                "`{earlier}` and `{ident}` are both written as `{name}`; rename one of them with #[publish(rename = \"...\")]"
            );
            errors.at(ident, message);
        }
        seen.push((ident, name));
    }
}
