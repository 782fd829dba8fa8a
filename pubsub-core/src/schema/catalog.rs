//! The types of several models together, each with a name that a program can use for it.
//!
//! Knows outlines and which names are taken. Does not know the language in which they are told.

use std::collections::HashSet;

use super::gather;
use super::outline::{Outline, Type};

/// Models and their types, of which those that look alike are one.
#[derive(Debug)]
pub(super) struct Catalog<'o> {
    /// The models, each with the number of its payload.
    pub(super) models: Vec<(&'o Outline, usize)>,
    /// The types, each with its name.
    pub(super) types: Vec<(String, Type)>,
}

impl<'o> Catalog<'o> {
    /// Names all types of these models; `reserved` are names that none of them gets.
    pub(super) fn of(outlines: &'o [Outline], reserved: &[&str]) -> Self {
        let mut all = Vec::new();
        let mut models = Vec::new();
        for outline in outlines {
            let start = all.len();
            models.push((outline, start));
            all.extend(outline.types.iter().cloned().map(|mut each| {
                gather::replace(&mut each.body, &|number| number + start);
                each
            }));
        }
        let (types, classes) = gather::merged(all);
        for (_, payload) in &mut models {
            *payload = classes.get(*payload).copied().unwrap_or_default();
        }
        let mut names: Vec<Option<String>> = vec![None; types.len()];
        let mut taken: HashSet<String> = reserved.iter().map(|name| (*name).to_owned()).collect();
        // What is published has the first choice, and is called as in Rust.
        let published = models
            .iter()
            .map(|(model, payload)| (*payload, model.name()));
        let nested = types.iter().map(|each| each.name.as_str()).enumerate();
        for (number, wanted) in published.chain(nested) {
            if let Some(name @ None) = names.get_mut(number) {
                *name = Some(free(&identifier(wanted), &mut taken));
            }
        }
        Self {
            models,
            types: names
                .into_iter()
                .map(Option::unwrap_or_default)
                .zip(types)
                .collect(),
        }
    }

    /// The name of a type.
    pub(super) fn name(&self, number: usize) -> &str {
        self.types.get(number).map_or("", |(name, _)| name)
    }
}

/// A name as programming languages have them for types: `place-of` is `PlaceOf`.
fn identifier(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let mut identifier = String::new();
    for word in words {
        let mut letters = word.chars();
        identifier.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        identifier.push_str(letters.as_str());
    }
    if !identifier.starts_with(|first: char| first.is_ascii_alphabetic()) {
        identifier.insert_str(0, "Type");
    }
    identifier
}

fn free(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_u32;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}{number}");
        number = number.saturating_add(1);
    }
    name
}
