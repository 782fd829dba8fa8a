//! Plays transcripts: "A sends / B receives", as in `tests/protocol/*.txt`, against our server.
//!
//! A transcript is read by people first. Lines: `# comment`; `config NAME VALUE`; `client Ann: ann/home` (an account and a resource, or
//! `anonymous`); `Ann sends:` and `Ann receives:` followed by indented XML; `Ann receives partly:`, where the answer may hold more children
//! and attributes than are written; `Ann receives nothing`; `Ann leaves`. After `config component app.localhost`, `client App: component app.localhost` speaks for that domain. `{name}` in what is received takes whatever stands there the first
//! time and must be the same from then on; in what is sent it is put in. Accounts are ann, bob, cat and eve; their password is `secret`.

mod client;
mod element;
mod script;

use std::collections::HashMap;
use std::path::Path;

use pubsub_server::{Config, NodeCreation, Registration, Server};

use self::client::Client;
use self::element::{Element, compare};
use self::script::{Step, read};

/// Plays one file against a server of its own.
///
/// # Panics
///
/// When something else happens than is written; the message names the line.
pub async fn play(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let script = read(&text);
    let server = Server::spawn(config(&script.config)).await.unwrap();
    let mut clients: HashMap<String, Client> = HashMap::new();
    let mut names: HashMap<String, String> = HashMap::new();
    for (line, step) in &script.steps {
        let place = format!("{}:{line}", path.display());
        let problem = match step {
            Step::Connect { client, who } => {
                let connected = match who.strip_prefix("component ") {
                    Some(domain) => {
                        let address = server.component_addr().unwrap();
                        Client::connect_component(address, domain).await
                    }
                    None => Client::connect(server.addr(), who).await,
                };
                names.insert(format!("{client}.jid"), connected.jid.clone());
                names.insert(format!("{client}.bare"), connected.bare().to_owned());
                clients.insert(client.clone(), connected);
                None
            }
            Step::Send { client, xml } => {
                let xml = fill(xml, &names);
                clients.get_mut(client).unwrap().send(&xml).await;
                None
            }
            Step::Receive {
                client,
                xml,
                is_partial,
            } => {
                let expected =
                    Element::read(xml).unwrap_or_else(|error| panic!("{place}: {error} in {xml}"));
                match clients.get_mut(client).unwrap().receive().await {
                    Ok(frame) => {
                        let got = Element::read(&frame).unwrap();
                        compare(&expected, &got, *is_partial, &mut names)
                            .err()
                            .map(|difference| format!("{difference}\n  in {frame}"))
                    }
                    Err(error) => Some(error),
                }
            }
            Step::Silence { client } => clients.get_mut(client).unwrap().silence().await.err(),
            Step::Leave { client } => {
                clients.remove(client).unwrap().leave().await;
                None
            }
        };
        if let Some(problem) = problem {
            panic!("{place}: {problem}");
        }
    }
    for (name, client) in &mut clients {
        if let Err(error) = client.silence().await {
            panic!("{}: at the end, {name} {error}", path.display());
        }
    }
    drop(clients);
    server.shutdown().await;
}

/// Puts what was learnt into what is sent.
fn fill(xml: &str, names: &HashMap<String, String>) -> String {
    let mut filled = xml.to_owned();
    for (name, value) in names {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

fn config(settings: &[(String, String)]) -> Config {
    let mut config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob", "cat", "eve"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        // These tests are not about the strength of passwords.
        scram_iterations: 16,
        anonymous: true,
        ..Config::default()
    };
    for (name, value) in settings {
        let number = || value.parse().unwrap();
        match name.as_str() {
            "nodes" => config.limits.nodes = number(),
            "nodes_per_account" => config.limits.nodes_per_account = number(),
            "items_per_node" => config.limits.items_per_node = number(),
            "payload" => config.limits.payload = number(),
            "stored_bytes" => config.limits.stored_bytes = number(),
            "subscriptions_per_node" => config.limits.subscriptions_per_node = number(),
            "affiliations_per_node" => config.limits.affiliations_per_node = number(),
            "awaited_per_account" => config.limits.awaited_per_account = number(),
            "page" => config.limits.page = number(),
            "registrations" => {
                config.registration = Registration::Open {
                    per_address_and_hour: number(),
                    per_hour: 1_000,
                };
            }
            "admin" => config.admins.push(value.clone()),
            "component" => {
                config.components.listen = Some(config.listen);
                config
                    .components
                    .secrets
                    .push((value.clone(), "secret".to_owned()));
            }
            "rooms_per_account" => config.rooms.rooms_per_account = number(),
            "rooms_per_session" => config.rooms.rooms_per_session = number(),
            "room_nick" => config.rooms.nick = number(),
            "multi_subscribe" => config.multi_subscribe = number() == 1,
            "anonymous_creates" => config.node_creation = NodeCreation::Everyone,
            other => panic!("there is no setting {other}"),
        }
    }
    config
}
