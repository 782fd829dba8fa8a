//! The values that words take: quoted text, paths, yes or no, one word out of a few.
//!
//! Knows the shapes of values and what to write instead of a wrong one. Does not know which word takes which.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Lit, LitBool, LitInt, LitStr, Path, Token};

use crate::naming::nearest;

/// `word = "text"`
pub(crate) fn quoted(word: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    equals(word, input, "\"...\"")?;
    match input.parse::<Lit>() {
        Ok(Lit::Str(text)) => Ok(text),
        Ok(other) => Err(syn::Error::new(
            other.span(),
            format!("`{word}` takes quoted text; write {word} = \"...\""),
        )),
        Err(error) => Err(syn::Error::new(
            error.span(),
            format!("`{word}` takes quoted text; write {word} = \"...\""),
        )),
    }
}

/// `word = path::to::item`
pub(crate) fn path(word: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    equals(word, input, "path::to::it")?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let value = text.value();
        return Err(syn::Error::new(
            text.span(),
            format!("`{word}` takes a path without quotes; write {word} = {value}"),
        ));
    }
    input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("`{word}` takes a path; write {word} = path::to::it"),
        )
    })
}

/// `word = true` or `word = false`
pub(super) fn flag(word: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
    equals(word, input, "true")?;
    match input.parse::<LitBool>() {
        Ok(flag) => Ok(flag.value),
        Err(error) => Err(syn::Error::new(
            error.span(),
            format!("`{word}` is `true` or `false`; write {word} = true"),
        )),
    }
}

/// `word = "one of these"`
pub(super) fn choice<T: Copy>(
    word: &Ident,
    input: ParseStream<'_>,
    choices: &[(&str, T)],
) -> syn::Result<T> {
    let text = quoted(word, input)?;
    let value = text.value();
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == value) {
        return Ok(*choice);
    }
    let advice = if let Some(meant) = nearest(&value, choices.iter().map(|(name, _)| *name)) {
        format!("did you mean \"{meant}\"?")
    } else {
        let known: Vec<_> = choices
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        format!("write one of {}", known.join(", "))
    };
    Err(syn::Error::new(
        text.span(),
        format!("`{word}` has no choice \"{value}\"; {advice}"),
    ))
}

/// `word = 5` or `word = "max"`; `None` for the latter.
pub(super) fn count_or_max(word: &Ident, input: ParseStream<'_>) -> syn::Result<Option<u32>> {
    equals(word, input, "5")?;
    let advice = format!("`{word}` is a number or \"max\"; write {word} = 5");
    if input.peek(LitInt) {
        let number: LitInt = input.parse()?;
        return number
            .base10_parse()
            .map(Some)
            .map_err(|_| syn::Error::new(number.span(), advice));
    }
    match input.parse::<Lit>() {
        Ok(Lit::Str(text)) if text.value() == "max" => Ok(None),
        Ok(other) => Err(syn::Error::new(other.span(), advice)),
        Err(error) => Err(syn::Error::new(error.span(), advice)),
    }
}

/// Nothing may follow a word that stands alone.
pub(super) fn bare(word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("`{word}` stands alone; write just {word}")))
}

fn equals(word: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    Err(syn::Error::new(
        word.span(),
        format!("`{word}` needs a value; write {word} = {example}"),
    ))
}
