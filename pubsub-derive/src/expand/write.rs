//! The code that writes fields: one straight line of pushes.
//!
//! Knows how the constant text between two values is joined into one push.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::Path;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{at, site};
use crate::publication::{Codec, Field, Occurs, Place};

/// How generated code reaches a field.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// Through `self`.
    Struct,
    /// Through a binding of a pattern.
    Variant,
}

impl Access {
    /// A reference to the field.
    pub(super) fn reference(self, field: &Field<'_>) -> TokenStream {
        match (self, field.ident) {
            (Self::Struct, Some(ident)) => quote_spanned!(at(field)=> &self.#ident),
            (Self::Struct, None) => quote_spanned!(at(field)=> &self.0),
            (Self::Variant, _) => local(field).to_token_stream(),
        }
    }
}

/// The name under which generated code holds a field's value; none of those it uses for anything else.
pub(super) fn local(field: &Field<'_>) -> Ident {
    match field.ident {
        Some(ident) => format_ident!("field_{}", ident.unraw(), span = at(field)),
        None => Ident::new("value", site()),
    }
}

/// Code in which constant pushes are still being joined.
pub(super) struct Writer {
    tokens: TokenStream,
    pending: String,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            tokens: TokenStream::new(),
            pending: String::new(),
        }
    }

    /// Constant text.
    pub(super) fn text(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    /// A statement that pushes something else.
    pub(super) fn statement(&mut self, statement: TokenStream) {
        self.flush();
        self.tokens.extend(statement);
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut letters = pending.chars();
        self.tokens.extend(match (letters.next(), letters.next()) {
            (None, _) => TokenStream::new(),
            (Some(letter), None) => quote_spanned!(site()=> out.push(#letter);),
            _ => quote_spanned!(site()=> out.push_str(#pending);),
        });
    }

    pub(super) fn finish(mut self) -> TokenStream {
        self.flush();
        self.tokens
    }
}

/// A function body out of what it does; one that does nothing still takes its argument.
pub(super) fn body(content: &TokenStream) -> TokenStream {
    let nothing = content
        .is_empty()
        .then(|| quote_spanned!(site()=> let _ = out;));
    quote_spanned!(site()=> #nothing #content __pubsub::Ok(()))
}

/// Writes the fields that are attributes, with those of what is flattened.
pub(super) fn attributes(fields: &[Field<'_>], access: Access) -> TokenStream {
    let mut writer = Writer::new();
    write_attributes(&mut writer, fields, access);
    writer.finish()
}

pub(super) fn write_attributes(writer: &mut Writer, fields: &[Field<'_>], access: Access) {
    for field in fields {
        match field.place {
            Place::Attribute => put(writer, field, access, &mut |writer, value| {
                writer.text(&format!(" {}=\"", field.xml_name));
                writer.statement(leaf(field, value, "Attribute"));
                writer.text("\"");
            }),
            Place::Inline => {
                let (value, name) = (access.reference(field), &field.rust_name);
                writer.statement(quote_spanned!(at(field)=> __pubsub::Child(#value).write_attributes(out, #name)?;));
            }
            Place::Element | Place::Skipped => {}
        }
    }
}

/// Writes the fields that are elements, and what is flattened.
pub(super) fn elements(fields: &[Field<'_>], access: Access) -> TokenStream {
    let mut writer = Writer::new();
    write_elements(&mut writer, fields, access);
    writer.finish()
}

pub(super) fn write_elements(writer: &mut Writer, fields: &[Field<'_>], access: Access) {
    for field in fields {
        match field.place {
            Place::Element => put(writer, field, access, &mut |writer, value| {
                element(writer, field, value);
            }),
            Place::Inline => {
                let (value, name) = (access.reference(field), &field.rust_name);
                writer.statement(
                    quote_spanned!(at(field)=> __pubsub::Child(#value).write_content(out, #name)?;),
                );
            }
            Place::Attribute | Place::Skipped => {}
        }
    }
}

/// Writes a field as often as it occurs.
fn put(
    writer: &mut Writer,
    field: &Field<'_>,
    access: Access,
    one: &mut dyn FnMut(&mut Writer, &TokenStream),
) {
    let place = access.reference(field);
    if field.skip_if.is_none() && matches!(field.occurs, Occurs::Once) {
        one(writer, &place);
        return;
    }
    let mut inner = Writer::new();
    let value = quote_spanned!(at(field)=> value);
    let occurring = match field.occurs {
        Occurs::Once => {
            one(&mut inner, &place);
            inner.finish()
        }
        Occurs::Optional => {
            one(&mut inner, &value);
            let inner = inner.finish();
            quote_spanned! {at(field)=>
                if let __pubsub::Some(value) = #place {
                    #inner
                }
            }
        }
        Occurs::Many => {
            one(&mut inner, &value);
            let inner = inner.finish();
            quote_spanned! {at(field)=>
                for value in #place {
                    #inner
                }
            }
        }
        Occurs::Keyed(_) => {
            one(&mut inner, &value);
            let inner = inner.finish();
            quote_spanned! {at(field)=>
                for (key, value) in #place {
                    #inner
                }
            }
        }
    };
    writer.statement(match field.skip_if {
        Some(skip_if) => quote_spanned! {at(field)=>
            if !#skip_if(#place) {
                #occurring
            }
        },
        None => occurring,
    });
}

/// One element with its value in it.
fn element(writer: &mut Writer, field: &Field<'_>, value: &TokenStream) {
    let Field {
        xml_name,
        rust_name,
        ..
    } = field;
    writer.text(&format!("<{xml_name}"));
    if matches!(field.occurs, Occurs::Keyed(_)) {
        writer.text(" key=\"");
        writer.statement(
            quote_spanned!(at(field)=> __pubsub::Leaf(key).write(out, #rust_name, __pubsub::Escape::Attribute)?;),
        );
        writer.text("\"");
    }
    if matches!(field.codec, Codec::Child) {
        writer.statement(child(field, value));
    } else {
        writer.text(">");
        writer.statement(leaf(field, value, "Element"));
    }
    writer.text(&format!("</{xml_name}>"));
}

/// The rest of a start tag, and the content, of a nested payload.
pub(super) fn child(field: &Field<'_>, value: &TokenStream) -> TokenStream {
    let name = &field.rust_name;
    quote_spanned!(at(field)=> __pubsub::Child(#value).write(out, #name)?;)
}

/// A function of a module that converts values; a message about it points at the module.
pub(super) fn converter(module: &Path, name: &str) -> TokenStream {
    let span = site().located_at(module.span());
    let name = Ident::new(name, span);
    quote_spanned!(span=> #module::#name)
}

/// The text of one value.
pub(super) fn leaf(field: &Field<'_>, value: &TokenStream, escape: &str) -> TokenStream {
    text(at(field), field.codec, &field.rust_name, value, escape)
}

/// The text of one value of a field that may stand elsewhere than its own place.
pub(super) fn text(
    span: proc_macro2::Span,
    codec: Codec<'_>,
    name: &str,
    value: &TokenStream,
    escape: &str,
) -> TokenStream {
    let escape = Ident::new(escape, site());
    match codec {
        Codec::With(module) => {
            let to_text = converter(module, "to_text");
            quote_spanned! {span=>
            __pubsub::write_converted(&#to_text(#value), out, #name, __pubsub::Escape::#escape)?;
            }
        }
        Codec::Text | Codec::Child => quote_spanned! {span=>
            __pubsub::Leaf(#value).write(out, #name, __pubsub::Escape::#escape)?;
        },
    }
}
