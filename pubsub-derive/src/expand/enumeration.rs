//! The code of enums, and of structs around one value: what is text, and what is an element named after its variant.
//!
//! Knows variants. The code of the fields in them is that of `write` and `read`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::write::{Access, Writer};
use super::{Bodies, at, read, site, write};
use crate::bounds;
use crate::publication::{
    Codec, Content, Field, Place, Publication, Variant, VariantContent, Word,
};

/// The impl of `Text`, for a type that is one.
pub(super) fn text(publication: &Publication<'_>) -> Option<TokenStream> {
    let ident = publication.ident;
    let (kind, write, read) = match &publication.content {
        Content::Words(words) => words_text(words),
        Content::Value(field) => value_text(field),
        _ => return None,
    };
    let (impl_generics, type_generics, _) = publication.generics.split_for_impl();
    let where_clause = bounds::where_clause(publication);
    Some(quote_spanned! {site()=>
        #[automatically_derived]
        impl #impl_generics __pubsub::Text for #ident #type_generics #where_clause {
            const KIND: __pubsub::Kind = #kind;

            fn write_text(&self, out: &mut __pubsub::String, escape: __pubsub::Escape) -> __pubsub::Result<(), __pubsub::TextError> {
                #write
            }

            fn read_text(text: __pubsub::Cow<'_, __pubsub::str>) -> __pubsub::Result<Self, __pubsub::TextError> {
                #read
            }
        }
    })
}

fn words_text(words: &[Word<'_>]) -> (TokenStream, TokenStream, TokenStream) {
    let idents: Vec<_> = words.iter().map(|word| word.ident).collect();
    let names: Vec<_> = words.iter().map(|word| &word.xml_name).collect();
    let known = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let advice = format!("expected one of {known}");
    (
        quote_spanned!(site()=> __pubsub::Kind::Choice(&[#(#names),*])),
        quote_spanned! {site()=>
            escape.push(out, match self {
                #(Self::#idents => #names,)*
            })
        },
        quote_spanned! {site()=>
            match &*text {
                #(#names => __pubsub::Ok(Self::#idents),)*
                _ => __pubsub::Err(__pubsub::TextError::invalid(#advice)),
            }
        },
    )
}

fn value_text(field: &Field<'_>) -> (TokenStream, TokenStream, TokenStream) {
    let item = field.item;
    match field.codec {
        Codec::With(module) => (
            quote_spanned!(site()=> __pubsub::Kind::Text),
            {
                let to_text = write::converter(module, "to_text");
                quote_spanned!(at(field)=> escape.push(out, &#to_text(&self.0)))
            },
            {
                let from_text = write::converter(module, "from_text");
                quote_spanned! {at(field)=>
                #from_text(&text).map(Self).map_err(__pubsub::TextError::invalid)
                }
            },
        ),
        Codec::Text | Codec::Child => (
            quote_spanned! {site()=>
                {
                    __pubsub::KindOf::<#item>::TEXT
                }
            },
            quote_spanned! {at(field)=>
                __pubsub::Leaf(&self.0).write_bare(out, escape)
            },
            quote_spanned! {at(field)=>
                __pubsub::Slot::<#item>::FREE.bare(text).map(Self)
            },
        ),
    }
}

/// Writing and reading an enum whose variants carry data.
pub(super) fn bodies(variants: &[Variant<'_>]) -> Bodies {
    let written = variants.iter().map(|variant| write_variant(variant));
    let arms = variants.iter().map(|variant| read_variant(variant));
    Bodies {
        attributes: TokenStream::new(),
        content: quote_spanned! {site()=>
            match self {
                #(#written)*
            }
            __pubsub::Ok(())
        },
        read: quote_spanned! {site()=>
            let mut found: __pubsub::Option<Self> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                let value = match name {
                    #(#arms)*
                    _ => {
                        reader.skip()?;
                        continue;
                    }
                };
                __pubsub::only_variant(&found, name)?;
                found = __pubsub::Some(value);
            }
            __pubsub::any_variant(found)
        },
    }
}

fn write_variant(variant: &Variant<'_>) -> TokenStream {
    let (ident, name) = (variant.ident, &variant.xml_name);
    let mut writer = Writer::new();
    let pattern = match &variant.content {
        VariantContent::Unit => {
            writer.text(&format!("<{name}/>"));
            TokenStream::new()
        }
        VariantContent::Value(field) => {
            let value = quote_spanned!(at(field)=> value);
            writer.text(&format!("<{name}"));
            if matches!(field.codec, Codec::Child) {
                writer.statement(write::child(field, &value));
            } else {
                writer.text(">");
                writer.statement(write::leaf(field, &value, "Element"));
            }
            writer.text(&format!("</{name}>"));
            quote_spanned!(site()=> (value))
        }
        VariantContent::Fields(fields) => {
            writer.text(&format!("<{name}"));
            write::write_attributes(&mut writer, fields, Access::Variant);
            writer.text(">");
            write::write_elements(&mut writer, fields, Access::Variant);
            writer.text(&format!("</{name}>"));
            let bound = fields.iter().filter_map(|field| {
                let (ident, local) = (field.ident?, write::local(field));
                Some(if field.place == Place::Skipped {
                    quote_spanned!(at(field)=> #ident: _,)
                } else {
                    quote_spanned!(at(field)=> #ident: #local,)
                })
            });
            quote_spanned!(site()=> { #(#bound)* })
        }
    };
    let written = writer.finish();
    quote_spanned!(site()=> Self::#ident #pattern => { #written })
}

fn read_variant(variant: &Variant<'_>) -> TokenStream {
    let (ident, name) = (variant.ident, &variant.xml_name);
    match &variant.content {
        VariantContent::Unit => quote_spanned! {site()=>
            #name => {
                reader.skip()?;
                Self::#ident
            }
        },
        VariantContent::Value(field) => {
            let item = field.item;
            let slot = quote_spanned!(at(field)=> __pubsub::Slot::<#item>::FREE);
            let value = match field.codec {
                Codec::Text => quote_spanned!(at(field)=> #slot.text(reader, #name)?),
                Codec::With(module) => {
                    let from_text = write::converter(module, "from_text");
                    quote_spanned!(at(field)=> #slot.parse(reader, #name, #from_text)?)
                }
                Codec::Child => quote_spanned!(at(field)=> #slot.child(reader, namespace, #name)?),
            };
            quote_spanned! {site()=>
                #name => {
                    Self::#ident(__pubsub::required(#value, #name)?)
                }
            }
        }
        VariantContent::Fields(fields) => {
            let body = read::statements(fields);
            let made = read::construction(fields, &quote_spanned!(site()=> Self::#ident));
            quote_spanned! {site()=>
                #name => {
                    #body
                    #made
                }
            }
        }
    }
}
