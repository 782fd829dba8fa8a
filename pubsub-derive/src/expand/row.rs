//! The code of models in the format of Django: a row of fields that name themselves.
//!
//! Knows the order of calls; the spelling of rows is the core's.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::write::{Access, Writer, converter, local};
use super::{Bodies, at, read, schema, site, write};
use crate::publication::{Codec, Field, Format, Occurs, Place, Publication};

pub(super) fn bodies(publication: &Publication<'_>, fields: &[Field<'_>]) -> Bodies {
    Bodies {
        attributes: quote_spanned!(site()=> out.push_str(" version=\"1.0\"");),
        content: content(publication, fields),
        read: read_row(publication, fields),
    }
}

fn content(publication: &Publication<'_>, fields: &[Field<'_>]) -> TokenStream {
    let model = format!(".{}", publication.ident.unraw().to_string().to_lowercase());
    let mut writer = Writer::new();
    writer.text("<object model=\"");
    writer.statement(quote_spanned!(site()=> out.push_str(MODEL);));
    writer.text("\"");
    for field in fields.iter().filter(|field| is_key(publication, field)) {
        writer.text(" pk=\"");
        writer.statement(write::leaf(
            field,
            &Access::Struct.reference(field),
            "Attribute",
        ));
        writer.text("\"");
    }
    writer.text(">");
    for field in fields.iter().filter(|field| is_column(publication, field)) {
        writer.statement(column(field));
    }
    writer.text("</object>");
    let written = writer.finish();
    quote_spanned! {site()=>
        const MODEL: &__pubsub::str = __pubsub::join![__pubsub::crate_of(::core::module_path!()), #model];
        #written
        __pubsub::Ok(())
    }
}

/// The field that Django has as the primary key, which is no column.
fn is_key(publication: &Publication<'_>, field: &Field<'_>) -> bool {
    let id = publication
        .model
        .as_ref()
        .and_then(|model| model.id.as_ref());
    id.is_some_and(|id| Some(id.ident) == field.ident)
}

fn is_column(publication: &Publication<'_>, field: &Field<'_>) -> bool {
    field.place != Place::Skipped && !is_key(publication, field)
}

fn column(field: &Field<'_>) -> TokenStream {
    let name = &field.xml_name;
    let place = Access::Struct.reference(field);
    let kind = schema::kind(field.item, field.codec, Format::Entry);
    let value = match field.occurs {
        Occurs::Optional => {
            let written = write::leaf(field, &quote_spanned!(at(field)=> value), "Element");
            quote_spanned! {at(field)=>
                match #place {
                    __pubsub::Some(value) => { #written }
                    __pubsub::None => out.push_str("<None></None>"),
                }
            }
        }
        _ => write::leaf(field, &place, "Element"),
    };
    let column = quote_spanned! {at(field)=>
        let kind = #kind;
        let start = __pubsub::open_field(out, #name, &kind);
        #value
        __pubsub::close_field(out, start, &kind);
    };
    if let Some(skip_if) = field.skip_if {
        quote_spanned! {at(field)=>
            if !#skip_if(#place) {
                #column
            }
        }
    } else {
        quote_spanned!(at(field)=> { #column })
    }
}

fn read_row(publication: &Publication<'_>, fields: &[Field<'_>]) -> TokenStream {
    let columns = fields.iter().filter(|field| is_column(publication, field));
    let first = columns.clone().map(|field| read::declaration(field));
    let key = fields.iter().filter(|field| is_key(publication, field)).map(|field| {
        let (local, item) = (local(field), field.item);
        if let Codec::With(module) = field.codec {
            let from_text = converter(module, "from_text");
            quote_spanned! {at(field)=>
                let #local = __pubsub::Slot::<#item>::FREE.parse_attribute(reader, "pk", #from_text)?;
            }
        } else { quote_spanned!(at(field)=> let #local = __pubsub::Slot::<#item>::FREE.attribute(reader, "pk")?;) }
    });
    let arms = columns.map(|field| {
        let (local, name) = (local(field), &field.xml_name);
        match (field.occurs, field.codec) {
            (Occurs::Optional, Codec::With(module)) => {
                let from_text = converter(module, "from_text");
                quote_spanned! {at(field)=>
                    #name => #local = __pubsub::Slot(&#local).parse_nullable(reader, #name, #from_text)?,
                }
            }
            (_, Codec::With(module)) => {
                let from_text = converter(module, "from_text");
                quote_spanned! {at(field)=>
                    #name => #local = __pubsub::Slot(&#local).parse(reader, #name, #from_text)?,
                }
            }
            (Occurs::Optional, _) => quote_spanned! {at(field)=>
                #name => if let __pubsub::Some(text) = __pubsub::nullable(reader)? {
                    #local = __pubsub::Slot(&#local).value(text, #name)?;
                },
            },
            _ => quote_spanned!(at(field)=> #name => #local = __pubsub::Slot(&#local).text(reader, #name)?,),
        }
    });
    let made = read::construction(fields, &quote_spanned!(site()=> Self));
    quote_spanned! {site()=>
        __pubsub::enter_row(reader, namespace)?;
        #(#key)*
        #(#first)*
        while let __pubsub::Some(name) = __pubsub::next_field(reader, namespace)? {
            match &*name {
                #(#arms)*
                _ => reader.skip()?,
            }
        }
        __pubsub::Ok(#made)
    }
}
