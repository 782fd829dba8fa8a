//! Accounts that are kept: made with the program or in the band, over restarts, while the server runs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use pubsub_server::{Config, Database, Registration, RunningServer, Server};
use support::{RawClient, program, within};
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::{PATIENCE, serving};

/// Runs `pubsub user` with what it reads; what it prints, or what it complains of.
async fn user(data: &Path, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = tokio::process::Command::from(program("pubsub"))
        .arg("user")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that needs no password may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = within(PATIENCE, child.wait_with_output()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

async fn serve(data: &Path) -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        database: Some(Database::open(data).await.unwrap()),
        registration: Registration::Open {
            per_address_and_hour: 9,
            per_hour: 1_000,
        },
        scram_iterations: 16,
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

async fn may_log_in(address: SocketAddr, user: &str, password: &str) -> bool {
    RawClient::login(address, user, password).await.is_ok()
}

/// What a client is told until the server closes.
async fn last_words(client: RawClient) -> String {
    let mut words = String::new();
    let mut stream = client.into_stream();
    within(PATIENCE, stream.read_to_string(&mut words))
        .await
        .unwrap();
    words
}

#[tokio::test]
async fn the_program_manages_the_accounts_of_a_server_that_runs() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let list = async || user(&data, &["list"], "").await;
    let missing = list().await.unwrap_err();
    assert!(missing.contains("people.sqlite"), "{missing}");
    // Before the server has ever been started.
    user(&data, &["add", "ann"], "secret\n").await.unwrap();
    let server = serve(&data).await;
    let address = server.addr();
    assert!(may_log_in(address, "ann", "secret").await);
    let file = directory.path().join("password");
    std::fs::write(&file, "of a file\n").unwrap();
    let of_file = [
        "add",
        "Bob",
        "--iterations",
        "10",
        "--password-file",
        file.to_str().unwrap(),
    ];
    user(&data, &of_file, "").await.unwrap();
    assert!(may_log_in(address, "bob", "of a file").await);
    let taken = user(&data, &["add", "ann"], "other").await.unwrap_err();
    assert!(taken.contains("pubsub user passwd"), "{taken}");
    for (arguments, complaint) in [
        (["add", "a@b"], "cannot be an account"),
        (["remove", "cat"], "there is no account"),
        (["disable", "cat"], "there is no account"),
        (["passwd", "cat"], "there is no account"),
    ] {
        let refused = user(&data, &arguments, "x").await.unwrap_err();
        assert!(refused.contains(complaint), "{refused}");
    }
    let empty = user(&data, &["passwd", "ann"], "\n").await.unwrap_err();
    assert!(empty.contains("empty"), "{empty}");
    user(&data, &["passwd", "ann"], "better").await.unwrap();
    assert!(!may_log_in(address, "ann", "secret").await);
    assert!(may_log_in(address, "ann", "better").await);

    let ann = RawClient::login(address, "ann", "better").await.unwrap();
    user(&data, &["disable", "ann"], "").await.unwrap();
    let words = last_words(ann).await;
    assert!(words.contains("the account was disabled"), "{words}");
    let refused = RawClient::login(address, "ann", "better")
        .await
        .unwrap_err();
    assert!(refused.contains("<account-disabled/>"), "{refused}");
    // Who does not know the password is not told.
    let refused = RawClient::login(address, "ann", "wrong").await.unwrap_err();
    assert!(refused.contains("<not-authorized/>"), "{refused}");
    assert_eq!(list().await.unwrap(), "ann disabled\nbob\n");
    user(&data, &["enable", "ann"], "").await.unwrap();
    assert!(may_log_in(address, "ann", "better").await);

    let bob = RawClient::login(address, "bob", "of a file").await.unwrap();
    user(&data, &["remove", "bob"], "").await.unwrap();
    let words = last_words(bob).await;
    assert!(words.contains("the account was removed"), "{words}");
    assert!(!may_log_in(address, "bob", "of a file").await);
    assert_eq!(list().await.unwrap(), "ann\n");
    server.shutdown().await;
    // Passwords are nowhere.
    for file in std::fs::read_dir(&data).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"better"));
    }
}

#[tokio::test]
async fn what_is_registered_in_the_band_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(directory.path()).await;
    let register = |name: &str| {
        format!(
            "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
             <iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{name}</username><password>secret</password></query></iq>\
             </stream:stream>"
        )
    };
    // Nine may be made from one address; those that are not made do not count.
    let no_name = ["a b"; 9].map(|name| (name, "<not-acceptable "));
    let taken = ["ann"; 9].map(|name| (name, "<conflict "));
    let made = "type='result' id='r'";
    let attempts = no_name.into_iter().chain([("ann", made)]);
    for (name, expected) in attempts.chain(taken).chain([("bob", made)]) {
        let mut stream = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(register(name).as_bytes()).await.unwrap();
        let mut answer = String::new();
        within(PATIENCE, stream.read_to_string(&mut answer))
            .await
            .unwrap();
        assert!(answer.contains(expected), "{answer}");
    }
    let mut bob = RawClient::login(server.addr(), "bob", "secret")
        .await
        .unwrap();
    let remove = "<query xmlns='jabber:iq:register'><remove/></query>";
    let removed = bob.request("set", "localhost", remove).await.unwrap();
    assert!(removed.contains("type='result'"), "{removed}");
    server.shutdown().await;
    let server = serve(directory.path()).await;
    assert!(may_log_in(server.addr(), "ann", "secret").await);
    assert!(!may_log_in(server.addr(), "bob", "secret").await);
    server.shutdown().await;
}

#[tokio::test]
async fn accounts_of_the_command_line_are_for_this_run() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let start = async |users: &[&str], log: &str| {
        let mut command = program("pubsub");
        command
            .args(["serve", "--xmpp", "127.0.0.1:0", "--data"])
            .arg(&data);
        for account in users {
            command.args(["--user", account]);
        }
        serving(&command, &directory.path().join(log)).await
    };
    let (first, address) = start(&["ann:secret", "bob:given"], "first").await;
    user(&data, &["add", "bob"], "kept").await.unwrap();
    assert!(may_log_in(address, "ann", "secret").await);
    assert!(may_log_in(address, "bob", "given").await);
    assert!(!may_log_in(address, "bob", "kept").await);
    drop(first);
    let (_second, address) = start(&["cat:secret"], "second").await;
    assert!(!may_log_in(address, "ann", "secret").await);
    assert!(may_log_in(address, "bob", "kept").await);
    assert!(may_log_in(address, "cat", "secret").await);
}
