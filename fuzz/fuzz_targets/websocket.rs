//! A WebSocket, its frames or the texts of its messages.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pubsub_server::fuzzing::websocket(bytes);
});
