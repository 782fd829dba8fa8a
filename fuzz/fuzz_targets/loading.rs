//! All records of a store on the disk.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::loading(bytes);
});
