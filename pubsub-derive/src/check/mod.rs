//! The rules, and the only way from a declaration to a publication.
//!
//! Knows what may not be said, alone or together, and what to say instead. `container` holds the rules about the type, `field` those about one
//! field, `words` those about the words on it, `names` those about names among each other, `channel` reads the templates of channels. None of them generates anything.

mod channel;
mod container;
mod field;
mod names;
mod words;

use syn::ext::IdentExt;
use syn::{Path, parse_quote};

use crate::attribute::ContainerAttributes;
use crate::declaration::{
    Body, Declaration, Derive, FieldDeclaration, VariantBody, VariantDeclaration,
};
use crate::errors::Errors;
use crate::naming::Case;
use crate::publication::{
    Content, Field, Format, Model, Publication, Variant, VariantContent, Word,
};

/// What the rules about a field need to know of what is around it.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    pub(crate) derive: Derive,
    pub(crate) format: Format,
    pub(crate) rename_all: Option<Case>,
    /// The field is in a variant of an enum.
    pub(crate) in_variant: bool,
}

/// Applies every rule. All errors are recorded; `None` when the declaration is of no use even so.
pub(crate) fn check<'a>(
    declaration: &'a Declaration<'a>,
    errors: &mut Errors,
) -> Option<Publication<'a>> {
    let attributes = &declaration.attributes;
    container::check(declaration, errors);
    let format = attributes
        .format
        .as_ref()
        .map_or(Format::Entry, |given| given.value);
    let around = Around {
        derive: declaration.derive,
        format,
        rename_all: attributes.rename_all.as_ref().map(|given| given.value),
        in_variant: false,
    };
    let content = match &declaration.body {
        Body::Struct(fields) => {
            let fields = check_fields(fields, around, errors);
            match format {
                Format::Entry => Content::Fields(fields),
                Format::Django => Content::Row(fields),
                Format::Json => Content::Json(fields),
            }
        }
        Body::Newtype(inner) => Content::Value(field::newtype(inner, around, errors)),
        Body::Enum(variants) => check_variants(variants, around, errors),
        Body::Unusable => return None,
    };
    let model = match (declaration.derive, &declaration.body) {
        (Derive::Publish, Body::Struct(fields)) => Some(model(attributes, fields, format, errors)),
        _ => None,
    };
    let called = called(declaration);
    let own = |given: &crate::attribute::Given<syn::LitStr>| given.value.value();
    let (name, namespace) = match format {
        Format::Entry => (
            attributes
                .xml_name
                .as_ref()
                .map_or_else(|| called.clone(), own),
            attributes.xml_namespace.as_ref().map(own),
        ),
        Format::Django => (
            "django-objects".to_owned(),
            Some("http://www.w3.org/2005/Atom".to_owned()),
        ),
        Format::Json => ("json".to_owned(), Some("urn:xmpp:json:0".to_owned())),
    };
    Some(Publication {
        ident: declaration.ident,
        generics: declaration.generics,
        core: core(attributes),
        called,
        name,
        namespace,
        content,
        model,
    })
}

/// What the type is called in the names of its node and its element. What SeaORM calls `Model` is called after its table.
fn called(declaration: &Declaration<'_>) -> String {
    match &declaration.attributes.table {
        Some(table) if declaration.ident == "Model" => Case::Pascal.apply(&table.value()),
        _ => declaration.ident.unraw().to_string(),
    }
}

/// The crate whose names the generated code uses.
pub(crate) fn core(attributes: &ContainerAttributes) -> Path {
    attributes
        .core
        .as_ref()
        .map_or_else(|| parse_quote!(::pubsub_core), |given| given.value.clone())
}

fn check_fields<'a>(
    fields: &'a [FieldDeclaration<'a>],
    around: Around,
    errors: &mut Errors,
) -> Vec<Field<'a>> {
    let checked: Vec<_> = fields
        .iter()
        .map(|declared| field::check(declared, around, errors))
        .collect();
    names::check_fields(&checked, around.format, errors);
    checked
}

fn check_variants<'a>(
    variants: &'a [VariantDeclaration<'a>],
    around: Around,
    errors: &mut Errors,
) -> Content<'a> {
    let xml_name = |variant: &VariantDeclaration<'_>, errors: &mut Errors| {
        let renamed = variant.attributes.rename.as_ref();
        names::chosen(variant.ident, renamed, around.rename_all, errors)
    };
    if variants
        .iter()
        .all(|variant| matches!(variant.content, VariantBody::Unit))
    {
        let words = variants
            .iter()
            .map(|variant| Word {
                ident: variant.ident,
                xml_name: word_name(variant, around, errors),
            })
            .collect::<Vec<_>>();
        names::check_variants(
            words
                .iter()
                .map(|word| (word.ident, word.xml_name.as_str())),
            errors,
        );
        return Content::Words(words);
    }
    // The rule for names of an enum is about its variants, not about the fields in them.
    let inside = Around {
        rename_all: None,
        in_variant: true,
        ..around
    };
    let variants = variants
        .iter()
        .map(|variant| Variant {
            ident: variant.ident,
            xml_name: xml_name(variant, errors),
            content: match &variant.content {
                VariantBody::Unit => VariantContent::Unit,
                VariantBody::Fields(fields) => {
                    VariantContent::Fields(check_fields(fields, inside, errors))
                }
                VariantBody::Newtype(inner) => {
                    VariantContent::Value(field::value(inner, inside, errors))
                }
            },
        })
        .collect::<Vec<_>>();
    names::check_variants(
        variants
            .iter()
            .map(|variant| (variant.ident, variant.xml_name.as_str())),
        errors,
    );
    Content::Variants(variants)
}

/// A variant that is nothing but its name may have any text as that: it is no element.
fn word_name(variant: &VariantDeclaration<'_>, around: Around, errors: &mut Errors) -> String {
    let Some(renamed) = &variant.attributes.rename else {
        let name = variant.ident.unraw().to_string();
        return around
            .rename_all
            .map_or(name.clone(), |case| case.apply(&name));
    };
    let name = renamed.value.value();
    if let Some(bad) = crate::naming::forbidden(&name) {
        errors.at(
            &renamed.value,
            format!(
                "XML cannot carry U+{:04X}; use another name",
                u32::from(bad)
            ),
        );
    }
    name
}

fn model<'a>(
    attributes: &'a ContainerAttributes,
    fields: &'a [FieldDeclaration<'a>],
    format: Format,
    errors: &mut Errors,
) -> Model<'a> {
    let channels = attributes.channels.iter().flat_map(|given| &given.value);
    Model {
        node: attributes.node.as_ref().map(|given| given.value.value()),
        channels: channels
            .map(|template| channel::read(template, fields, errors))
            .collect(),
        actions: container::actions(attributes),
        when: attributes.when.as_ref().map(|given| given.value.clone()),
        format,
        settings: attributes.settings.clone(),
        id: field::only(fields, |attributes| attributes.id.as_ref(), errors),
        title: field::only(fields, |attributes| attributes.title.as_ref(), errors),
        updated: field::only(fields, |attributes| attributes.updated.as_ref(), errors),
        sea_orm: attributes
            .sea_orm
            .as_ref()
            .map(crate::attribute::Given::span),
    }
}
