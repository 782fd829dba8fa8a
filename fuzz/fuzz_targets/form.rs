//! Data forms that are submitted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::form(bytes);
});
