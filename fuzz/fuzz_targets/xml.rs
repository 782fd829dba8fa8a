//! The XML reader against rxml: both accept and see the same, or both refuse.
#![no_main]

#[path = "../../pubsub-xml/tests/oracle/compare.rs"]
mod compare;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        compare::check(text);
    }
});
