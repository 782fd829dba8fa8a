//! `#[after_save]` and `#[after_commit]`: the grammar, rules and code of a hook.
//!
//! Knows functions. Does not know models: whether the argument is one is asked of the core by the generated code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{FnArg, GenericParam, ItemFn, LitInt, Path, Token, Type, UnOp, parse_quote};

use crate::attribute::{actions, path};
use crate::errors::Errors;
use crate::expand::block;
use crate::naming::nearest;

/// Which of the two attributes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    AfterSave,
    AfterCommit,
}

impl Stage {
    /// The attribute's own word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::AfterSave => "after_save",
            Self::AfterCommit => "after_commit",
        }
    }
}

/// The words of `#[after_save(...)]` and `#[after_commit(...)]`.
#[derive(Default)]
pub(crate) struct HookAttributes {
    order: Option<(Option<UnOp>, LitInt)>,
    on: Option<Vec<Ident>>,
    core: Option<Path>,
}

const WORDS: [&str; 3] = ["order", "on", "crate"];

impl Parse for HookAttributes {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut found = Self::default();
        while !input.is_empty() {
            let word = input.call(Ident::parse_any)?;
            let twice = || {
                syn::Error::new(
                    word.span(),
                    format!("`{word}` is given twice; keep one of them"),
                )
            };
            match word.to_string().as_str() {
                "order" if found.order.is_some() => return Err(twice()),
                "on" if found.on.is_some() => return Err(twice()),
                "crate" if found.core.is_some() => return Err(twice()),
                "order" => found.order = Some(order(&word, input)?),
                "on" => found.on = Some(actions(&word, input)?),
                "crate" => found.core = Some(path(&word, input)?),
                name => {
                    let advice = match nearest(name, WORDS) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "a hook takes `order`, `on` and `crate`".to_owned(),
                    };
                    return Err(syn::Error::new(
                        word.span(),
                        format!("unknown word `{name}`; {advice}"),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(found)
    }
}

fn order(word: &Ident, input: ParseStream<'_>) -> syn::Result<(Option<UnOp>, LitInt)> {
    let advice = "`order` is a whole number; write order = 10";
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(word.span(), advice));
    }
    input.parse::<Token![=]>()?;
    let sign = if input.peek(Token![-]) {
        Some(input.parse()?)
    } else {
        None
    };
    let number: LitInt = input
        .parse()
        .map_err(|error: syn::Error| syn::Error::new(error.span(), advice))?;
    number
        .base10_parse::<i32>()
        .map_err(|_| syn::Error::new(number.span(), advice))?;
    Ok((sign, number))
}

/// What a hook cannot be put on.
pub(crate) fn not_a_function(stage: Stage, item: &TokenStream) -> TokenStream {
    let message = format!(
        "`{}` goes on a function: fn name(model: &Model)",
        stage.word()
    );
    let error = syn::Error::new_spanned(item, message).to_compile_error();
    quote_spanned!(Span::mixed_site()=> #item #error)
}

/// The function, unchanged, and its registration unless something is wrong.
pub(crate) fn expand(
    stage: Stage,
    attributes: syn::Result<HookAttributes>,
    function: &ItemFn,
) -> TokenStream {
    let mut errors = Errors::new();
    let attributes = attributes.unwrap_or_else(|error| {
        errors.push(error);
        HookAttributes::default()
    });
    let model = check(function, &mut errors);
    let site = Span::mixed_site();
    let hook = match (errors.into_result(), model) {
        (Err(error), _) => error.to_compile_error(),
        (Ok(()), Some(model)) => registration(stage, &attributes, function, model),
        (Ok(()), None) => TokenStream::new(),
    };
    quote_spanned!(site=> #function #hook)
}

/// The type of the model, if the function can be a hook.
fn check<'f>(function: &'f ItemFn, errors: &mut Errors) -> Option<&'f Type> {
    let signature = &function.sig;
    if let Some(asyncness) = &signature.asyncness {
        let message = "a hook runs while the change is being written and must not wait; make it a plain fn, and spawn a task in it for what takes time";
        errors.at(asyncness, message);
    }
    for param in &signature.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.at(
                param,
                "a hook is for one model; write a function for each, without generic parameters",
            );
        }
    }
    if let Some(receiver) = signature.receiver() {
        errors.at(
            receiver,
            "a hook is a free function; move it out of the impl, and take the model as `&Model`",
        );
        return None;
    }
    let mut inputs = signature.inputs.iter();
    let Some(FnArg::Typed(first)) = inputs.next() else {
        errors.at(
            &signature.ident,
            "a hook looks at a model; give it an argument: fn name(model: &Model)",
        );
        return None;
    };
    if let Some(extra) = inputs.nth(1) {
        errors.at(extra, "a hook takes the model, and perhaps the action: fn name(model: &Model, action: Action)");
    }
    match &*first.ty {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        Type::Reference(reference) => {
            let mutability = &reference.mutability;
            errors.at(
                mutability,
                "a hook looks at the model and cannot change it; take `&Model`",
            );
            None
        }
        other => {
            errors.at(
                other,
                "a hook looks at the model and does not own it; take `&Model`",
            );
            None
        }
    }
}

fn registration(
    stage: Stage,
    attributes: &HookAttributes,
    function: &ItemFn,
    model: &Type,
) -> TokenStream {
    let site = Span::mixed_site();
    let core: Path = attributes
        .core
        .clone()
        .unwrap_or_else(|| parse_quote!(::pubsub_core));
    let name = &function.sig.ident;
    let end = format!("::{}", name.unraw());
    let stage = (stage == Stage::AfterCommit).then(|| quote_spanned!(site=> .after_commit()));
    let order = attributes
        .order
        .as_ref()
        .map(|(sign, number)| quote_spanned!(site=> .order(#sign #number)));
    let on = attributes.on.as_ref().map(|actions| {
        let actions = actions.iter().map(|action| {
            let variant = match action.to_string().as_str() {
                "create" => "Create",
                "update" => "Update",
                _ => "Delete",
            };
            Ident::new(variant, site)
        });
        quote_spanned!(site=> .on(__pubsub::Actions::NONE #(.and(__pubsub::Action::#actions))*))
    });
    let call = if function.sig.inputs.len() == 2 {
        quote_spanned!(function.sig.output.span().resolved_at(site)=> __pubsub::call_action_hook::<#model, _>(value, action, #name))
    } else {
        quote_spanned! {function.sig.output.span().resolved_at(site)=>
            {
                let _ = action;
                __pubsub::call_hook::<#model, _>(value, #name)
            }
        }
    };
    let checked = quote_spanned!(model.span().resolved_at(site)=> __pubsub::check_hook::<#model>());
    let items = quote_spanned! {site=>
        const _: () = #checked;

        fn model() -> __pubsub::TypeId {
            __pubsub::TypeId::of::<#model>()
        }

        fn call(value: &dyn __pubsub::Any, action: __pubsub::Action) -> __pubsub::Result<(), __pubsub::HookFailure> {
            #call
        }

        const HOOK: __pubsub::Hook =
            __pubsub::Hook::new(::core::concat!(::core::module_path!(), #end), model, call) #stage #order #on;
        __pubsub::inventory::submit! { HOOK }
    };
    block(&core, &items)
}
