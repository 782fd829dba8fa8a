//! The store in real files, through the trait.

mod bench;
mod delivery;
mod joining;
mod rows;
mod trouble;
mod writing;
