//! Who logs in: accounts with the same password, and what each server keeps of it. Nobody keeps the password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scram::Keys;

/// Of all accounts.
pub(crate) const PASSWORD: &str = "secret";

/// The work factor, the same at every server.
pub(crate) const ITERATIONS: u32 = 4096;

/// What the servers that are given verifiers are given as salt.
const SALT: &[u8] = b"of the benchmark";

/// The account that makes nodes and publishes.
pub(crate) const PUBLISHER: &str = "publisher";

/// The account of a subscriber.
pub(crate) fn subscriber(index: usize) -> String {
    format!("u{index}")
}

/// All of them, the publisher last.
pub(crate) fn all(subscribers: usize) -> impl Iterator<Item = String> {
    (0..subscribers)
        .map(subscriber)
        .chain([PUBLISHER.to_owned()])
}

/// An account as a file of Prosody's.
pub(crate) fn as_lua() -> String {
    let Keys { stored, server, .. } = Keys::derive(PASSWORD, SALT, ITERATIONS);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (stored, server): (String, String) = (hex(stored.as_ref()), hex(server.as_ref()));
    let salt = String::from_utf8_lossy(SALT);
    format!(
        "return {{ [\"iteration_count\"] = {ITERATIONS}; [\"salt\"] = \"{salt}\"; \
         [\"stored_key\"] = \"{stored}\"; [\"server_key\"] = \"{server}\"; }};\n"
    )
}

/// An Erlang expression that makes the accounts at ejabberd.
pub(crate) fn as_erlang(subscribers: usize) -> String {
    let Keys { stored, server, .. } = Keys::derive(PASSWORD, SALT, ITERATIONS);
    let (stored, server) = (STANDARD.encode(stored), STANDARD.encode(server));
    let salt = STANDARD.encode(SALT);
    let verifier =
        format!("{{scram, <<\"{stored}\">>, <<\"{server}\">>, <<\"{salt}\">>, sha, {ITERATIONS}}}");
    format!(
        "[ejabberd_auth_mnesia:set_password(list_to_binary(User), <<\"localhost\">>, {verifier}) || \
         User <- [\"u\" ++ integer_to_list(Index) || Index <- lists:seq(0, {})] ++ [\"{PUBLISHER}\"]]",
        subscribers.saturating_sub(1)
    )
}
