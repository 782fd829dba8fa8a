//! The header of the PROXY protocol.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::proxy(bytes);
});
