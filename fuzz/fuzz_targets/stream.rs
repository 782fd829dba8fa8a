//! A stream over TCP, cut into pieces
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pubsub_server::fuzzing:: it says the same however it is cut.:stream(bytes));
