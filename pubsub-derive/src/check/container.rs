//! Rules about the type as a whole: its kind, its generics, and which of its words go together.

use syn::GenericParam;

use crate::attribute::ContainerAttributes;
use crate::declaration::{Body, Declaration, Derive};
use crate::errors::Errors;
use crate::naming::{namespace_problem, node_name_problem, xml_name_problem};
use crate::publication::Format;

pub(super) fn check(declaration: &Declaration<'_>, errors: &mut Errors) {
    check_names(&declaration.attributes, errors);
    check_format(&declaration.attributes, errors);
    match declaration.derive {
        Derive::Payload => check_payload(&declaration.attributes, errors),
        Derive::Publish => {
            check_model(declaration, errors);
            check_generics(declaration, errors);
            check_entity(declaration, errors);
        }
    }
    if let (Body::Newtype(_), Some(given)) = (&declaration.body, &declaration.attributes.rename_all)
    {
        errors.at_span(
            given.span(),
            "there is no field name to change in a struct around one value; remove `rename_all`",
        );
    }
}

/// Names given by hand must be names.
fn check_names(attributes: &ContainerAttributes, errors: &mut Errors) {
    for (given, problem) in [
        (
            &attributes.node,
            node_name_problem as fn(&str) -> Option<String>,
        ),
        (&attributes.xml_name, xml_name_problem),
        (&attributes.xml_namespace, namespace_problem),
    ] {
        if let Some(given) = given
            && let Some(problem) = problem(&given.value.value())
        {
            errors.at(&given.value, problem);
        }
    }
}

/// The formats of others come with names of their own.
fn check_format(attributes: &ContainerAttributes, errors: &mut Errors) {
    let Some(format) = &attributes.format else {
        return;
    };
    let (format, advice) = match format.value {
        Format::Entry => return,
        Format::Django => ("django", "Django's clients look for its own names"),
        Format::Json => ("json", "the container of JSON has a name of its own"),
    };
    for given in [&attributes.xml_name, &attributes.xml_namespace]
        .into_iter()
        .flatten()
    {
        let word = &given.word;
        errors.at_span(given.span(), format!("`xml({word})` and format = \"{format}\" exclude each other: {advice}; remove one of them"));
    }
    if let (Some(given), "json") = (&attributes.rename_all, format) {
        errors.at_span(
            given.span(),
            "in the format \"json\" serde names the fields; write #[serde(rename_all = \"...\")]",
        );
    }
}

/// A nested payload has no node, and nothing that is about one.
fn check_payload(attributes: &ContainerAttributes, errors: &mut Errors) {
    let words = [
        attributes.node.as_ref().map(|given| &given.word),
        attributes.channels.as_ref().map(|given| &given.word),
        attributes.on.as_ref().map(|given| &given.word),
        attributes.when.as_ref().map(|given| &given.word),
        attributes.format.as_ref().map(|given| &given.word),
        attributes.sea_orm.as_ref().map(|given| &given.word),
    ];
    for word in words
        .into_iter()
        .flatten()
        .chain(attributes.settings.iter().map(|setting| &setting.word))
    {
        let message = format!(
            "`{word}` is about a node, and a payload has none; derive `Publish` instead, or remove `{word}`"
        );
        errors.at(word, message);
    }
}

/// A model is a struct with names for its fields.
fn check_model(declaration: &Declaration<'_>, errors: &mut Errors) {
    match &declaration.body {
        Body::Struct(_) | Body::Unusable => {}
        Body::Newtype(_) => errors.at(
            declaration.ident,
            "a model needs names for its fields; write `struct Name { field: Type }`, or derive `Payload` to use it inside one",
        ),
        Body::Enum(_) => errors.at(
            declaration.ident,
            "an enum has no fields to make a model of; derive `Payload` for it, and publish a struct that holds it in a `#[publish(child)]` field",
        ),
    }
}

/// The model of an entity of SeaORM: all of them have one name, so the table has to tell them apart.
fn check_entity(declaration: &Declaration<'_>, errors: &mut Errors) {
    let Some(given) = &declaration.attributes.sea_orm else {
        return;
    };
    let ident = declaration.ident;
    if ident != "Model" {
        let message = format!(
            "`sea_orm` is for the struct that SeaORM calls `Model`, and this is `{ident}`; rename it, or remove `sea_orm`"
        );
        errors.at_span(given.span(), message);
        return;
    }
    if declaration.attributes.table.is_none() && declaration.attributes.node.is_none() {
        errors.at_span(
            given.span(),
            "the node is named after the table, and the table is not named here; write #[sea_orm(table_name = \"...\")], or name the node with node = \"...\"",
        );
    }
    let Body::Struct(fields) = &declaration.body else {
        return;
    };
    let mut keys = fields.iter().filter(|field| field.attributes.is_key);
    let is_marked = fields.iter().any(|field| field.attributes.id.is_some());
    match (is_marked, keys.next(), keys.next()) {
        (false, Some(_), Some(second)) => errors.at_span(
            second.span(),
            "the primary key has several fields, and an item has one id; mark a field that tells the rows apart with #[publish(id)]",
        ),
        (false, None, _) => errors.at_span(
            given.span(),
            "no field is marked #[sea_orm(primary_key)] or #[publish(id)], so an update or delete could not say which item it is about; mark one",
        ),
        _ => {}
    }
}

/// A model is registered once, and so it is one type.
fn check_generics(declaration: &Declaration<'_>, errors: &mut Errors) {
    let ident = declaration.ident;
    for param in &declaration.generics.params {
        let message = match param {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(param) => format!(
                "a generic type is many types and cannot be registered as one model; derive `Payload` for `{ident}`, and publish a struct with a `#[publish(flatten)]` field of `{ident}` for one `{}`",
                param.ident
            ),
            GenericParam::Const(param) => format!(
                "a generic type is many types and cannot be registered as one model; derive `Payload` for `{ident}`, and publish a struct with a `#[publish(flatten)]` field of `{ident}` for one `{}`",
                param.ident
            ),
        };
        errors.at(param, message);
    }
}

/// The actions that are published, by the names of their variants.
pub(super) fn actions(attributes: &ContainerAttributes) -> Vec<&'static str> {
    let all = [
        ("create", "Create"),
        ("update", "Update"),
        ("delete", "Delete"),
    ];
    let is_given = |name: &str| {
        attributes
            .on
            .as_ref()
            .is_none_or(|given| given.value.iter().any(|action| action == name))
    };
    all.into_iter()
        .filter(|(name, _)| is_given(name))
        .map(|(_, variant)| variant)
        .collect()
}
