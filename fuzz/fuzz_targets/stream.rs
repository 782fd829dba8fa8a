//! A stream over TCP, cut into pieces: it says the same however it is cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::stream(bytes);
});
