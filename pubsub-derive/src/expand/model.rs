//! The code of a model: its node, its channels, and its place in the registry.
//!
//! Knows what the core asks of a model. Does not know how the payload is written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::{GenericParam, Generics};

use super::{site, write};
use crate::publication::{
    Channel, ChannelPart, Format, Model, Named, Occurs, Publication, Setting, SettingValue,
};

/// The impl of `Publish`, and the registration.
pub(super) fn expand(publication: &Publication<'_>, model: &Model<'_>) -> TokenStream {
    let ident = publication.ident;
    let (impl_generics, type_generics, where_clause) = publication.generics.split_for_impl();
    let node = node(publication, model);
    let descriptor = descriptor(publication, model);
    let item_id = model.id.as_ref().map(|id| item_id(id));
    let channels = (!model.channels.is_empty()).then(|| channels(&model.channels));
    let when = model.when.as_ref().map(|when| {
        quote_spanned! {site()=>
            fn is_published(&self) -> __pubsub::bool {
                #when(self)
            }
        }
    });
    let is_owned = (!publication.generics.params.is_empty())
        .then(|| quote_spanned!(site()=> const IS_OWNED: __pubsub::bool = false;));
    let as_any = publication.generics.params.is_empty().then(|| {
        quote_spanned! {site()=>
            fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
                __pubsub::Some(self)
            }
        }
    });
    let head = head(model);
    let feature =
        (model.format == Format::Json).then(|| quote_spanned!(site()=> __pubsub::require_json!();));
    let behaviour = model.sea_orm.map(behaviour);
    quote_spanned! {site()=>
        const NODE: &__pubsub::str = #node;
        static MODEL: __pubsub::Descriptor = #descriptor;
        const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
        __pubsub::inventory::submit! { REGISTRATION }

        #[automatically_derived]
        impl #impl_generics __pubsub::Publish for #ident #type_generics #where_clause {
            const NODE: &'static __pubsub::str = NODE;
            const DESCRIPTOR: &'static __pubsub::Descriptor = &MODEL;
            #is_owned

            #item_id
            #channels
            #when
            #head
            #as_any
        }
        #feature
        #behaviour
    }
}

/// What the active model of SeaORM does. Its name is looked up where the user wrote `sea_orm`, and a missing one is told there.
pub(crate) fn behaviour(word: Span) -> TokenStream {
    let (model, active) = (Ident::new("Model", word), Ident::new("ActiveModel", word));
    quote_spanned!(site().located_at(word)=> __pubsub::publish_active_model! { #model, #active })
}

/// The arguments of a type whose parameters are all lifetimes, as long as they can be.
pub(super) fn without_lifetimes(generics: &Generics) -> Option<TokenStream> {
    let lifetimes = generics
        .params
        .iter()
        .filter(|param| matches!(param, GenericParam::Lifetime(_)));
    let lifetimes: Vec<_> = lifetimes
        .map(|_| quote_spanned!(site()=> 'static))
        .collect();
    (!lifetimes.is_empty()).then(|| quote_spanned!(site()=> <#(#lifetimes),*>))
}

fn node(publication: &Publication<'_>, model: &Model<'_>) -> TokenStream {
    if let Some(node) = &model.node {
        quote_spanned!(site()=> #node)
    } else {
        let end = format!("/{}", publication.called);
        quote_spanned!(site()=> __pubsub::join!["/", __pubsub::crate_of(::core::module_path!()), #end])
    }
}

fn descriptor(publication: &Publication<'_>, model: &Model<'_>) -> TokenStream {
    let ident = publication.ident;
    let lifetimes = without_lifetimes(publication.generics);
    let end = format!("::{}", publication.ident.unraw());
    let format = Ident::new(
        match model.format {
            Format::Entry => "Entry",
            Format::Django => "Django",
            Format::Json => "Json",
        },
        site(),
    );
    let actions = if model.actions.len() == 3 {
        quote_spanned!(site()=> ALL)
    } else {
        let actions = model
            .actions
            .iter()
            .map(|action| Ident::new(action, site()));
        quote_spanned!(site()=> NONE #(.and(__pubsub::Action::#actions))*)
    };
    let settings = model.settings.iter().map(self::setting);
    let id = if let Some(Named { rust_name, .. }) = &model.id {
        quote_spanned!(site()=> __pubsub::Some(#rust_name))
    } else {
        quote_spanned!(site()=> __pubsub::None)
    };
    let channels = model.channels.iter().map(|channel| &channel.template);
    quote_spanned! {site()=>
        __pubsub::Descriptor {
            type_name: ::core::concat!(::core::module_path!(), #end),
            node: NODE,
            schema: <#ident #lifetimes as __pubsub::Payload>::SCHEMA,
            format: __pubsub::Format::#format,
            actions: __pubsub::Actions::#actions,
            config: __pubsub::NodeConfig::new()#(#settings)*,
            id: #id,
            channels: &[#(#channels),*],
        }
    }
}

fn setting(setting: &Setting) -> TokenStream {
    let word = &setting.word;
    let value = match &setting.value {
        SettingValue::Flag(flag) => quote_spanned!(site()=> #flag),
        SettingValue::Text(text) => quote_spanned!(site()=> #text),
        SettingValue::Count(Some(count)) => {
            quote_spanned!(site()=> __pubsub::MaxItems::Count(#count))
        }
        SettingValue::Count(None) => quote_spanned!(site()=> __pubsub::MaxItems::Max),
        SettingValue::Choice(ty, variant) => {
            let (ty, variant) = (Ident::new(ty, site()), Ident::new(variant, site()));
            quote_spanned!(site()=> __pubsub::#ty::#variant)
        }
    };
    quote_spanned!(site()=> .#word(#value))
}

/// The text of a field that is needed besides its own place.
fn text(field: &Named<'_>, value: &TokenStream, escape: &str) -> TokenStream {
    let span = site().located_at(field.span);
    write::text(span, field.codec, &field.rust_name, value, escape)
}

fn item_id(id: &Named<'_>) -> TokenStream {
    let (ident, name) = (id.ident, &id.rust_name);
    let written = text(id, &quote_spanned!(site()=> &self.#ident), "Plain");
    quote_spanned! {site()=>
        fn item_id(&self) -> __pubsub::Result<__pubsub::Option<__pubsub::ItemId>, __pubsub::EncodeError> {
            let mut text = __pubsub::String::new();
            let out = &mut text;
            #written
            __pubsub::item_id(text, #name)
        }
    }
}

fn channels(channels: &[Channel<'_>]) -> TokenStream {
    let named = channels.iter().map(|channel| self::channel(channel));
    let count = channels.len();
    quote_spanned! {site()=>
        fn channels(&self) -> __pubsub::Result<__pubsub::Vec<__pubsub::NodeName>, __pubsub::EncodeError> {
            let mut channels = __pubsub::Vec::with_capacity(#count);
            #(#named)*
            __pubsub::Ok(channels)
        }
    }
}

/// A channel whose optional fields are all there.
fn channel(channel: &Channel<'_>) -> TokenStream {
    let template = &channel.template;
    let mut optional: Vec<&Named<'_>> = Vec::new();
    let pieces = channel.parts.iter().map(|part| match part {
        ChannelPart::Literal(text) => quote_spanned!(site()=> out.push_str(#text);),
        ChannelPart::Field(field) => {
            let ident = field.ident;
            let value = if let Occurs::Optional = field.occurs {
                quote_spanned!(site()=> #ident)
            } else {
                quote_spanned!(site()=> &self.#ident)
            };
            text(field, &value, "Plain")
        }
    });
    let pieces: TokenStream = pieces.collect();
    for part in &channel.parts {
        if let ChannelPart::Field(field) = part
            && matches!(field.occurs, Occurs::Optional)
            && optional.iter().all(|earlier| earlier.ident != field.ident)
        {
            optional.push(field);
        }
    }
    let made = quote_spanned! {site()=>
        let mut text = __pubsub::String::new();
        let out = &mut text;
        #pieces
        channels.push(__pubsub::channel(text, #template)?);
    };
    if optional.is_empty() {
        return quote_spanned!(site()=> { #made });
    }
    let idents: Vec<_> = optional.iter().map(|field| field.ident).collect();
    quote_spanned! {site()=>
        if let (#(__pubsub::Some(#idents),)*) = (#(&self.#idents,)*) {
            #made
        }
    }
}

/// What the fields marked `title` and `updated` add to the entry.
fn head(model: &Model<'_>) -> Option<TokenStream> {
    let parts: TokenStream = [("title", &model.title), ("updated", &model.updated)]
        .into_iter()
        .filter_map(|(element, field)| field.as_ref().map(|field| self::element(element, field)))
        .collect();
    (!parts.is_empty()).then(|| {
        quote_spanned! {site()=>
            fn write_head(&self, out: &mut __pubsub::String) -> __pubsub::Written {
                #parts
                __pubsub::Ok(())
            }
        }
    })
}

fn element(name: &str, field: &Named<'_>) -> TokenStream {
    let (ident, open, close) = (field.ident, format!("<{name}>"), format!("</{name}>"));
    let element = |value: &TokenStream| {
        let written = text(field, value, "Element");
        quote_spanned! {site()=>
            out.push_str(#open);
            #written
            out.push_str(#close);
        }
    };
    if !matches!(field.occurs, Occurs::Optional) {
        return element(&quote_spanned!(site()=> &self.#ident));
    }
    let element = element(&quote_spanned!(site()=> value));
    quote_spanned! {site()=>
        if let __pubsub::Some(value) = &self.#ident {
            #element
        }
    }
}
