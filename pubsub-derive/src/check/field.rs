//! Rules about one field: its type, and which words go with it. Those of words among each other are in `words`.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::{Around, names, words};
use crate::attribute::{DefaultValue, FieldAttributes, Given};
use crate::declaration::FieldDeclaration;
use crate::errors::Errors;
use crate::occurs::{Occurs, Shape};
use crate::publication::{Absent, Codec, Field, Format, Named, Place};

/// A field with a name.
pub(super) fn check<'a>(
    declared: &'a FieldDeclaration<'a>,
    around: Around,
    errors: &mut Errors,
) -> Field<'a> {
    let attributes = &declared.attributes;
    words::check(attributes, around, errors);
    let shape = shape(declared, around, errors);
    let place = match attributes {
        FieldAttributes { skip: Some(_), .. } => Place::Skipped,
        FieldAttributes {
            flatten: Some(_), ..
        } => Place::Inline,
        FieldAttributes {
            attribute: Some(_), ..
        } => Place::Attribute,
        _ => Place::Element,
    };
    check_occurrence(attributes, shape, errors);
    let is_column = around.format == Format::Django && place != Place::Skipped;
    if is_column && matches!(shape.occurs, Occurs::Many | Occurs::Keyed(_)) {
        let message = "a row of Django has one value a field, and this field has many; use format = \"entry\", or text made by `with`";
        errors.at_span(declared.span(), message);
    }
    let rust_name = declared
        .ident
        .map(|ident| ident.unraw().to_string())
        .unwrap_or_default();
    let is_named =
        matches!(place, Place::Element | Place::Attribute) && around.format != Format::Json;
    let xml_name = match declared.ident {
        Some(ident) if is_named => {
            names::chosen(ident, attributes.rename.as_ref(), around.rename_all, errors)
        }
        _ => rust_name.clone(),
    };
    Field {
        ident: declared.ident,
        rust_name,
        xml_name,
        span: declared.span(),
        ty: declared.ty,
        occurs: shape.occurs,
        item: shape.item,
        place,
        codec: codec(attributes),
        absent: absent(attributes, shape),
        skip_if: attributes.skip_if.as_ref().map(|given| &given.value),
    }
}

/// The value of a struct around one value, which is text.
pub(super) fn newtype<'a>(
    declared: &'a FieldDeclaration<'a>,
    around: Around,
    errors: &mut Errors,
) -> Field<'a> {
    let field = value(declared, around, errors);
    if matches!(field.codec, Codec::Child) {
        let message = "a struct around one value is written as its text; name the field to nest it: `struct Name { field: Type }`";
        errors.at_span(field.span, message);
    }
    field
}

/// A value without a name of its own: that of a newtype, or of a variant around one value.
pub(super) fn value<'a>(
    declared: &'a FieldDeclaration<'a>,
    around: Around,
    errors: &mut Errors,
) -> Field<'a> {
    let attributes = &declared.attributes;
    for word in attributes
        .words()
        .filter(|word| *word != "with" && *word != "child")
    {
        errors.at(word, format!("a value without a name takes only `with` and `child`; name the field to use `{word}`"));
    }
    words::check_exclusive(attributes, errors);
    let shape = shape(declared, around, errors);
    if !matches!(shape.occurs, Occurs::Once) {
        let message =
            "a value without a name occurs exactly once; name the field: `{ field: Type }`";
        errors.at_span(declared.span(), message);
    }
    Field {
        ident: None,
        rust_name: "0".to_owned(),
        xml_name: String::new(),
        span: declared.span(),
        ty: declared.ty,
        occurs: Occurs::Once,
        item: shape.item,
        place: Place::Element,
        codec: codec(attributes),
        absent: Absent::Refused,
        skip_if: None,
    }
}

/// The one field with a word, ready to be used elsewhere.
pub(super) fn only<'a>(
    fields: &'a [FieldDeclaration<'a>],
    word: impl Fn(&'a FieldAttributes) -> Option<&'a Given<()>>,
    errors: &mut Errors,
) -> Option<Named<'a>> {
    let mut found: Option<Named<'a>> = None;
    for field in fields {
        let (Some(given), Some(ident)) = (word(&field.attributes), field.ident) else {
            continue;
        };
        let word = &given.word;
        if let Some(first) = &found {
            let message = format!(
                "`{}` and `{}` are both marked `{word}`, and there is one; remove one of the marks",
                first.rust_name,
                ident.unraw()
            );
            errors.at_span(given.span(), message);
        } else {
            found = Some(named(field, ident));
        }
    }
    found
}

/// A field to be used for its text.
pub(super) fn named<'a>(field: &'a FieldDeclaration<'a>, ident: &'a Ident) -> Named<'a> {
    let shape = shape_of(field);
    Named {
        ident,
        rust_name: ident.unraw().to_string(),
        span: ident.span(),
        item: shape.item,
        occurs: shape.occurs,
        codec: codec(&field.attributes),
    }
}

fn codec(attributes: &FieldAttributes) -> Codec<'_> {
    match attributes {
        FieldAttributes {
            with: Some(module), ..
        } => Codec::With(&module.value),
        FieldAttributes { child: Some(_), .. }
        | FieldAttributes {
            flatten: Some(_), ..
        } => Codec::Child,
        _ => Codec::Text,
    }
}

fn absent<'a>(attributes: &'a FieldAttributes, shape: Shape<'_>) -> Absent<'a> {
    match (&attributes.default, shape.occurs) {
        (
            Some(Given {
                value: DefaultValue::Path(function),
                ..
            }),
            _,
        ) => Absent::Path(function),
        (Some(_), _) => Absent::Default,
        _ if attributes.skip.is_some() => Absent::Default,
        (None, Occurs::Once) => Absent::Refused,
        (None, _) => Absent::Empty,
    }
}

/// A module that converts a collection makes one text of the whole.
fn shape_of<'a>(declared: &FieldDeclaration<'a>) -> Shape<'a> {
    let shape = Shape::of(declared.ty);
    match shape.occurs {
        Occurs::Many | Occurs::Keyed(_) if declared.attributes.with.is_some() => Shape {
            occurs: Occurs::Once,
            item: declared.ty,
        },
        _ => shape,
    }
}

/// The shape of the field's type, judged unless someone else writes it.
fn shape<'a>(declared: &FieldDeclaration<'a>, around: Around, errors: &mut Errors) -> Shape<'a> {
    let attributes = &declared.attributes;
    if attributes.skip.is_none() && attributes.with.is_none() && around.format != Format::Json {
        for refusal in Shape::judged(declared.ty).1 {
            errors.at_span(refusal.span, refusal.message);
        }
    }
    shape_of(declared)
}

fn check_occurrence(attributes: &FieldAttributes, shape: Shape<'_>, errors: &mut Errors) {
    let is_once = matches!(shape.occurs, Occurs::Once);
    if let (Some(default), false, None) = (&attributes.default, is_once, &attributes.skip) {
        let message = match shape.occurs {
            Occurs::Optional => "an `Option` that is absent reads as `None`; remove `default`",
            _ => "a collection that is absent reads as empty; remove `default`",
        };
        errors.at_span(default.span(), message);
    }
    if let (Some(skip_if), None, true) = (&attributes.skip_if, &attributes.default, is_once) {
        errors.at_span(
            skip_if.span(),
            "what is left out must be read as something; add `default` or default = path",
        );
    }
    if let (Some(flatten), false) = (&attributes.flatten, is_once) {
        let message =
            "what is flattened has no element that could be absent or repeated; use `child`";
        errors.at_span(flatten.span(), message);
    }
    for (given, what) in [
        (&attributes.id, "an id"),
        (&attributes.title, "a title"),
        (&attributes.updated, "a time"),
    ] {
        let Some(given) = given else { continue };
        match (shape.occurs, what) {
            (Occurs::Optional, "an id") => {
                errors.at_span(given.span(), "an id must always be there; remove `Option`, or leave `id` out to have one made at each save");
            }
            (Occurs::Once | Occurs::Optional, _) => {}
            (Occurs::Many | Occurs::Keyed(_), _) => {
                errors.at_span(
                    given.span(),
                    format!("{what} is one value, and this field has many; mark another"),
                );
            }
        }
    }
}
