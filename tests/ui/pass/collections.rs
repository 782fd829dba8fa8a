//! Everything that can hold many values, or none.

#![allow(unused_parens)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use pubsub_core::Payload;

#[derive(Payload)]
struct Everything {
    vec: Vec<i32>,
    deque: VecDeque<i32>,
    list: LinkedList<i32>,
    tree_set: BTreeSet<i32>,
    hash_set: HashSet<i32>,
    hash_set_of: HashSet<i32, BuildHasherDefault<DefaultHasher>>,
    tree_map: BTreeMap<i32, String>,
    hash_map: HashMap<String, bool>,
    hash_map_of: HashMap<String, bool, BuildHasherDefault<DefaultHasher>>,
    #[publish(child)]
    children: Vec<Inner>,
    #[publish(child)]
    keyed: BTreeMap<String, Inner>,
    full_path: ::std::option::Option<::std::string::String>,
    #[rustfmt::skip]
    parentheses: (Option<(String)>),
}

#[derive(Payload)]
struct Inner {
    text: String,
}
