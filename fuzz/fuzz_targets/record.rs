//! One record of the store on the disk.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::record(bytes);
});
