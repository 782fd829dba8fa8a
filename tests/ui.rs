//! What compiles and what does not: every word, every rule and every refusal of the derives, one case each.
//!
//! What must compile is compiled into this test: the files of `ui/pass`, some of which also run, and the inputs of `expand`, so that what is
//! recorded there is known to work. What must not compile stands in `ui/fail` with its messages beside it; `TRYBUILD=overwrite` accepts new ones,
//! to be read before they are committed.

#![allow(
    dead_code,
    clippy::all,
    clippy::pedantic,
    reason = "most cases only have to compile, and are written as users may write them; `fixtures/strict` holds the generated code to the lints"
)]

use std::path::Path;

#[path = "ui/pass/all_settings.rs"]
mod all_settings;
#[path = "ui/pass/channel_templates.rs"]
mod channel_templates;
#[path = "ui/pass/collections.rs"]
mod collections;
#[path = "ui/pass/empty.rs"]
mod empty;
#[path = "expand/input/attributes.rs"]
mod expand_attributes;
#[path = "expand/input/django.rs"]
mod expand_django;
#[path = "expand/input/enums.rs"]
mod expand_enums;
#[path = "expand/input/generic.rs"]
mod expand_generic;
#[path = "expand/input/hook.rs"]
mod expand_hook;
#[path = "expand/input/json.rs"]
mod expand_json;
#[path = "expand/input/model.rs"]
mod expand_model;
#[path = "expand/input/nested.rs"]
mod expand_nested;
#[path = "expand/input/newtype.rs"]
mod expand_newtype;
#[path = "expand/input/sea_orm.rs"]
mod expand_sea_orm;
#[path = "ui/pass/from_a_macro.rs"]
mod from_a_macro;
#[path = "ui/pass/generics.rs"]
mod generics;
#[path = "ui/pass/hooks.rs"]
mod hooks;
#[path = "ui/pass/inside_a_function.rs"]
mod inside_a_function;
#[path = "ui/pass/known_while_compiling.rs"]
mod known_while_compiling;
#[path = "ui/pass/leaves.rs"]
mod leaves;
#[path = "ui/pass/lifetimes.rs"]
mod lifetimes;
#[path = "ui/pass/own_names_of_generated_code.rs"]
mod own_names_of_generated_code;
#[path = "ui/pass/raw_identifiers.rs"]
mod raw_identifiers;
#[path = "ui/pass/recursive.rs"]
mod recursive;
#[path = "ui/pass/renamed_crate.rs"]
mod renamed_crate;
#[path = "ui/pass/shadowed_prelude.rs"]
mod shadowed_prelude;
#[path = "ui/pass/visibility.rs"]
mod visibility;
#[path = "ui/pass/with.rs"]
mod with;
#[path = "ui/pass/without_prelude.rs"]
mod without_prelude;

#[test]
fn every_case_is_part_of_this_test() {
    for folder in ["ui/pass", "expand/input"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
        {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                include_str!("ui.rs").contains(&format!("\"{folder}/{name}\"")),
                "{folder}/{name} is not compiled; add it above"
            );
        }
    }
}

#[test]
fn messages_say_what_is_wrong_and_what_to_write() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}
