//! The code that reads fields: a variable for each, a match on the names of children, and the struct made of them.
//!
//! Knows what is read before the children and what only from them.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Path;

use super::write::local;
use super::{at, site};
use crate::publication::{Absent, Codec, Field, Occurs, Place};

/// Reads all fields from the current element, leaves it, and makes the value.
pub(super) fn fields(core: &Path, fields: &[Field<'_>], constructor: &TokenStream) -> TokenStream {
    let statements = statements(core, fields);
    let made = construction(core, fields, constructor);
    quote_spanned!(site()=> #statements ::core::result::Result::Ok(#made))
}

/// Reads all fields into their variables and leaves the element.
pub(super) fn statements(core: &Path, fields: &[Field<'_>]) -> TokenStream {
    let uses = uses(core, fields);
    let first = fields.iter().map(|field| declaration(core, field));
    let arms: Vec<_> = fields
        .iter()
        .filter(|field| field.place == Place::Element)
        .map(|field| arm(core, field))
        .collect();
    let children = if arms.is_empty() {
        quote_spanned! {site()=>
            let _ = namespace;
            reader.skip()?;
        }
    } else {
        quote_spanned! {site()=>
            while let ::core::option::Option::Some(name) = #core::__private::next_child(reader, namespace)? {
                match name {
                    #(#arms)*
                    _ => reader.skip()?,
                }
            }
        }
    };
    quote_spanned! {site()=>
        #uses
        #(#first)*
        #children
    }
}

/// The traits whose methods reading these fields calls.
pub(super) fn uses(core: &Path, fields: &[Field<'_>]) -> TokenStream {
    let read = || fields.iter().filter(|field| field.place != Place::Skipped);
    let is_text = |field: &Field<'_>| {
        matches!(field.codec, Codec::Text) || matches!(field.occurs, Occurs::Keyed(_))
    };
    let text = read()
        .any(is_text)
        .then(|| quote_spanned!(site()=> use #core::__private::ReadText as _;));
    let child = read()
        .any(|field| matches!(field.codec, Codec::Child))
        .then(|| quote_spanned!(site()=> use #core::__private::ReadChild as _;));
    quote_spanned!(site()=> #text #child)
}

/// The variable of a field; attributes and what is flattened are read into it at once.
pub(super) fn declaration(core: &Path, field: &Field<'_>) -> TokenStream {
    let (local, item, ty, name) = (local(field), field.item, field.ty, &field.xml_name);
    match (field.place, field.occurs) {
        (Place::Skipped, _) => TokenStream::new(),
        (Place::Inline, _) => {
            quote_spanned!(at(field)=> let #local = #core::__private::Slot::<#item>::FREE.inline(reader, namespace)?;)
        }
        (Place::Attribute, _) => match field.codec {
            Codec::With(module) => quote_spanned! {at(field)=>
                let #local = #core::__private::Slot::<#item>::FREE.parse_attribute(reader, #name, #module::from_text)?;
            },
            _ => quote_spanned! {at(field)=>
                let #local = #core::__private::Slot::<#item>::FREE.attribute(reader, #name)?;
            },
        },
        (Place::Element, Occurs::Once | Occurs::Optional) => {
            quote_spanned!(at(field)=> let mut #local: ::core::option::Option<#item> = ::core::option::Option::None;)
        }
        (Place::Element, Occurs::Many | Occurs::Keyed(_)) => {
            quote_spanned!(at(field)=> let mut #local: #ty = ::core::default::Default::default();)
        }
    }
}

/// What is done with the child of this field's name.
fn arm(core: &Path, field: &Field<'_>) -> TokenStream {
    let (local, item, name) = (local(field), field.item, &field.xml_name);
    let slot = match field.occurs {
        Occurs::Once | Occurs::Optional => {
            quote_spanned!(at(field)=> #core::__private::Slot(&#local))
        }
        Occurs::Many | Occurs::Keyed(_) => {
            quote_spanned!(at(field)=> #core::__private::Slot::<#item>::FREE)
        }
    };
    let one = match field.codec {
        Codec::Text => quote_spanned!(at(field)=> #slot.text(reader, #name)?),
        Codec::With(module) => {
            quote_spanned!(at(field)=> #slot.parse(reader, #name, #module::from_text)?)
        }
        Codec::Child => quote_spanned!(at(field)=> #slot.child(reader, namespace, #name)?),
    };
    match field.occurs {
        Occurs::Once | Occurs::Optional => quote_spanned!(at(field)=> #name => #local = #one,),
        Occurs::Many => {
            quote_spanned!(at(field)=> #name => #core::__private::Collection::put(&mut #local, #one),)
        }
        Occurs::Keyed(key) => quote_spanned! {at(field)=>
            #name => {
                let key = #core::__private::Slot::<#key>::FREE.attribute(reader, "key")?;
                let value = #one;
                #core::__private::Collection::put(&mut #local, #core::__private::pair(key, value, #name)?);
            }
        },
    }
}

/// The value out of its fields.
pub(super) fn construction(
    core: &Path,
    fields: &[Field<'_>],
    constructor: &TokenStream,
) -> TokenStream {
    let fields = fields.iter().filter_map(|field| {
        let (ident, value) = (field.ident?, finished(core, field));
        Some(quote_spanned!(at(field)=> #ident: #value,))
    });
    quote_spanned!(site()=> #constructor { #(#fields)* })
}

/// What a field holds in the end.
fn finished(core: &Path, field: &Field<'_>) -> TokenStream {
    let (local, name) = (local(field), &field.xml_name);
    match (field.place, field.absent) {
        (Place::Skipped, Absent::Path(function)) => quote_spanned!(at(field)=> #function()),
        (Place::Skipped, _) => quote_spanned!(at(field)=> ::core::default::Default::default()),
        (Place::Inline, _) | (_, Absent::Empty) => quote_spanned!(at(field)=> #local),
        (_, Absent::Refused) => {
            quote_spanned!(at(field)=> #core::__private::required(#local, #name)?)
        }
        (_, Absent::Default) => {
            quote_spanned!(at(field)=> ::core::option::Option::unwrap_or_default(#local))
        }
        (_, Absent::Path(function)) => quote_spanned! {at(field)=>
            match #local {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => #function(),
            }
        },
    }
}
