//! The code of enums, and of structs around one value: what is text, and what is an element named after its variant.
//!
//! Knows variants. The code of the fields in them is that of `write` and `read`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Path;

use super::write::{Access, Writer};
use super::{Bodies, at, read, site, write};
use crate::bounds;
use crate::publication::{
    Codec, Content, Field, Place, Publication, Variant, VariantContent, Word,
};

/// The impl of `Text`, for a type that is one.
pub(super) fn text(publication: &Publication<'_>) -> Option<TokenStream> {
    let Publication { ident, core, .. } = publication;
    let (kind, write, read) = match &publication.content {
        Content::Words(words) => words_text(core, words),
        Content::Value(field) => value_text(core, field),
        _ => return None,
    };
    let (impl_generics, type_generics, _) = publication.generics.split_for_impl();
    let where_clause = bounds::where_clause(publication);
    Some(quote_spanned! {site()=>
        #[automatically_derived]
        impl #impl_generics #core::__private::Text for #ident #type_generics #where_clause {
            const KIND: #core::__private::Kind = #kind;

            fn write_text(&self, out: &mut ::std::string::String, escape: #core::__private::Escape) -> ::core::result::Result<(), #core::__private::TextError> {
                #write
            }

            fn read_text(text: ::std::borrow::Cow<'_, str>) -> ::core::result::Result<Self, #core::__private::TextError> {
                #read
            }
        }
    })
}

fn words_text(core: &Path, words: &[Word<'_>]) -> (TokenStream, TokenStream, TokenStream) {
    let idents: Vec<_> = words.iter().map(|word| word.ident).collect();
    let names: Vec<_> = words.iter().map(|word| &word.xml_name).collect();
    let known = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let advice = format!("expected one of {known}");
    (
        quote_spanned!(site()=> #core::__private::Kind::Choice(&[#(#names),*])),
        quote_spanned! {site()=>
            escape.push(out, match self {
                #(Self::#idents => #names,)*
            })
        },
        quote_spanned! {site()=>
            match &*text {
                #(#names => ::core::result::Result::Ok(Self::#idents),)*
                _ => ::core::result::Result::Err(#core::__private::TextError::invalid(#advice)),
            }
        },
    )
}

fn value_text(core: &Path, field: &Field<'_>) -> (TokenStream, TokenStream, TokenStream) {
    let item = field.item;
    match field.codec {
        Codec::With(module) => (
            quote_spanned!(site()=> #core::__private::Kind::Text),
            quote_spanned!(at(field)=> escape.push(out, &#module::to_text(&self.0))),
            quote_spanned! {at(field)=>
                #module::from_text(&text).map(Self).map_err(#core::__private::TextError::invalid)
            },
        ),
        Codec::Text | Codec::Child => (
            quote_spanned! {site()=>
                {
                    #[allow(unused_imports, reason = "needed only by types without a kind of their own")]
                    use #core::__private::AnyKind as _;
                    #core::__private::KindOf::<#item>::TEXT
                }
            },
            quote_spanned! {at(field)=>
                use #core::__private::WriteLeaf as _;
                #core::__private::Leaf(&self.0).write_bare(out, escape)
            },
            quote_spanned! {at(field)=>
                use #core::__private::ReadText as _;
                #core::__private::Slot::<#item>::FREE.bare(text).map(Self)
            },
        ),
    }
}

/// Writing and reading an enum whose variants carry data.
pub(super) fn bodies(core: &Path, variants: &[Variant<'_>]) -> Bodies {
    let written = variants.iter().map(|variant| write_variant(core, variant));
    let fields = || {
        variants
            .iter()
            .flat_map(fields_of)
            .filter(|field| field.place != Place::Skipped)
    };
    let write_uses = write::uses(core, fields().collect::<Vec<_>>().into_iter());
    let arms = variants.iter().map(|variant| read_variant(core, variant));
    Bodies {
        attributes: TokenStream::new(),
        content: quote_spanned! {site()=>
            #write_uses
            match self {
                #(#written)*
            }
            ::core::result::Result::Ok(())
        },
        read: quote_spanned! {site()=>
            let mut found: ::core::option::Option<Self> = ::core::option::Option::None;
            while let ::core::option::Option::Some(name) = #core::__private::next_child(reader, namespace)? {
                let value = match name {
                    #(#arms)*
                    _ => {
                        reader.skip()?;
                        continue;
                    }
                };
                #core::__private::only_variant(&found, name)?;
                found = ::core::option::Option::Some(value);
            }
            #core::__private::any_variant(found)
        },
    }
}

fn fields_of<'v>(variant: &'v Variant<'v>) -> &'v [Field<'v>] {
    match &variant.content {
        VariantContent::Unit => &[],
        VariantContent::Fields(fields) => fields,
        VariantContent::Value(field) => std::slice::from_ref(field),
    }
}

fn write_variant(core: &Path, variant: &Variant<'_>) -> TokenStream {
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
                writer.statement(write::child(core, field, &value));
            } else {
                writer.text(">");
                writer.statement(write::leaf(core, field, &value, "Element"));
            }
            writer.text(&format!("</{name}>"));
            quote_spanned!(site()=> (value))
        }
        VariantContent::Fields(fields) => {
            writer.text(&format!("<{name}"));
            write::write_attributes(core, &mut writer, fields, Access::Variant);
            writer.text(">");
            write::write_elements(core, &mut writer, fields, Access::Variant);
            writer.text(&format!("</{name}>"));
            let bound = fields.iter().filter_map(|field| {
                let (ident, local) = (field.ident?, write::local(field));
                Some(match field.place {
                    Place::Skipped => quote_spanned!(at(field)=> #ident: _,),
                    _ => quote_spanned!(at(field)=> #ident: #local,),
                })
            });
            quote_spanned!(site()=> { #(#bound)* })
        }
    };
    let written = writer.finish();
    quote_spanned!(site()=> Self::#ident #pattern => { #written })
}

fn read_variant(core: &Path, variant: &Variant<'_>) -> TokenStream {
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
            let slot = quote_spanned!(at(field)=> #core::__private::Slot::<#item>::FREE);
            let value = match field.codec {
                Codec::Text => quote_spanned!(at(field)=> #slot.text(reader, #name)?),
                Codec::With(module) => {
                    quote_spanned!(at(field)=> #slot.parse(reader, #name, #module::from_text)?)
                }
                Codec::Child => quote_spanned!(at(field)=> #slot.child(reader, namespace, #name)?),
            };
            let uses = read::uses(core, std::slice::from_ref(field));
            quote_spanned! {site()=>
                #name => {
                    #uses
                    Self::#ident(#core::__private::required(#value, #name)?)
                }
            }
        }
        VariantContent::Fields(fields) => {
            let body = read::statements(core, fields);
            let made = read::construction(core, fields, &quote_spanned!(site()=> Self::#ident));
            quote_spanned! {site()=>
                #name => {
                    #body
                    #made
                }
            }
        }
    }
}
