//! Two clients of a whole server who have logged in.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::dialogue(bytes);
});
