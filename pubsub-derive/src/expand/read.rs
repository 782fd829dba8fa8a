//! The code that reads fields: a variable for each, a match on the names of children, and the struct made of them.
//!
//! Knows what is read before the children and what only from them.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::write::{converter, local};
use super::{at, site};
use crate::publication::{Absent, Codec, Field, Occurs, Place};

/// Reads all fields from the current element, leaves it, and makes the value.
pub(super) fn fields(fields: &[Field<'_>], constructor: &TokenStream) -> TokenStream {
    let statements = statements(fields);
    let made = construction(fields, constructor);
    quote_spanned!(site()=> #statements __pubsub::Ok(#made))
}

/// Reads all fields into their variables and leaves the element.
pub(super) fn statements(fields: &[Field<'_>]) -> TokenStream {
    let first = fields.iter().map(|field| declaration(field));
    let arms: Vec<_> = fields
        .iter()
        .filter(|field| field.place == Place::Element)
        .map(|field| arm(field))
        .collect();
    let children = if arms.is_empty() {
        quote_spanned! {site()=>
            let _ = namespace;
            reader.skip()?;
        }
    } else {
        quote_spanned! {site()=>
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    #(#arms)*
                    _ => reader.skip()?,
                }
            }
        }
    };
    quote_spanned! {site()=>
        #(#first)*
        #children
    }
}

/// The variable of a field; attributes and what is flattened are read into it at once.
pub(super) fn declaration(field: &Field<'_>) -> TokenStream {
    let (local, item, ty, name) = (local(field), field.item, field.ty, &field.xml_name);
    match (field.place, field.occurs) {
        (Place::Skipped, _) => TokenStream::new(),
        (Place::Inline, _) => {
            quote_spanned!(at(field)=> let #local = __pubsub::Slot::<#item>::FREE.inline(reader, namespace)?;)
        }
        (Place::Attribute, _) => {
            if let Codec::With(module) = field.codec {
                let from_text = converter(module, "from_text");
                quote_spanned! {at(field)=>
                    let #local = __pubsub::Slot::<#item>::FREE.parse_attribute(reader, #name, #from_text)?;
                }
            } else {
                quote_spanned! {at(field)=>
                    let #local = __pubsub::Slot::<#item>::FREE.attribute(reader, #name)?;
                }
            }
        }
        (Place::Element, Occurs::Once | Occurs::Optional) => {
            quote_spanned!(at(field)=> let mut #local: __pubsub::Option<#item> = __pubsub::None;)
        }
        (Place::Element, Occurs::Many | Occurs::Keyed(_)) => {
            quote_spanned!(at(field)=> let mut #local: #ty = __pubsub::Default::default();)
        }
    }
}

/// What is done with the child of this field's name.
fn arm(field: &Field<'_>) -> TokenStream {
    let (local, item, name) = (local(field), field.item, &field.xml_name);
    let slot = match field.occurs {
        Occurs::Once | Occurs::Optional => {
            quote_spanned!(at(field)=> __pubsub::Slot(&#local))
        }
        Occurs::Many | Occurs::Keyed(_) => {
            quote_spanned!(at(field)=> __pubsub::Slot::<#item>::FREE)
        }
    };
    let one = match field.codec {
        Codec::Text => quote_spanned!(at(field)=> #slot.text(reader, #name)?),
        Codec::With(module) => {
            let from_text = converter(module, "from_text");
            quote_spanned!(at(field)=> #slot.parse(reader, #name, #from_text)?)
        }
        Codec::Child => quote_spanned!(at(field)=> #slot.child(reader, namespace, #name)?),
    };
    match field.occurs {
        Occurs::Once | Occurs::Optional => quote_spanned!(at(field)=> #name => #local = #one,),
        Occurs::Many => {
            quote_spanned!(at(field)=> #name => __pubsub::Collection::put(&mut #local, #one),)
        }
        Occurs::Keyed(key) => quote_spanned! {at(field)=>
            #name => {
                let key = __pubsub::Slot::<#key>::FREE.attribute(reader, "key")?;
                let value = #one;
                __pubsub::Collection::put(&mut #local, __pubsub::pair(key, value, #name)?);
            }
        },
    }
}

/// The value out of its fields.
pub(super) fn construction(fields: &[Field<'_>], constructor: &TokenStream) -> TokenStream {
    let fields = fields.iter().filter_map(|field| {
        let (ident, value) = (field.ident?, finished(field));
        Some(quote_spanned!(at(field)=> #ident: #value,))
    });
    quote_spanned!(site()=> #constructor { #(#fields)* })
}

/// What a field holds in the end.
fn finished(field: &Field<'_>) -> TokenStream {
    let (local, name) = (local(field), &field.xml_name);
    match (field.place, field.absent) {
        (Place::Skipped, Absent::Path(function)) => quote_spanned!(at(field)=> #function()),
        (Place::Skipped, _) => quote_spanned!(at(field)=> __pubsub::Default::default()),
        (Place::Inline, _) | (_, Absent::Empty) => quote_spanned!(at(field)=> #local),
        (_, Absent::Refused) => {
            quote_spanned!(at(field)=> __pubsub::required(#local, #name)?)
        }
        (_, Absent::Default) => {
            quote_spanned!(at(field)=> __pubsub::Option::unwrap_or_default(#local))
        }
        (_, Absent::Path(function)) => quote_spanned! {at(field)=>
            match #local {
                __pubsub::Some(value) => value,
                __pubsub::None => #function(),
            }
        },
    }
}
