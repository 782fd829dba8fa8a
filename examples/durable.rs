//! Saved means delivered: the server is stopped, the program goes on saving and is even started anew, and when the server is back
//! everything arrives, once and in order.
//!
//!     cargo run --example durable
//!
//! The server runs inside this process and forgets everything when it stops. The store is a file in a temporary directory; the
//! listener is a program of its own that shares it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pubsub_core::{Event, PubSub, Publish, Subscription};
use pubsub_server::{Config, RunningServer, Server};
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A parcel on its way. Its node is `/durable/Parcel`.
#[derive(Debug, Clone, Publish)]
#[publish(access = "open")]
struct Parcel {
    #[publish(id)]
    id: u64,
    place: String,
}

/// How long the server stays away.
const AWAY: Duration = Duration::from_secs(2);
/// How long anything may take before this is called a failure.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("durable: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("parcels.db");
    let clock = Clock(Instant::now());

    let server = serve(([127, 0, 0, 1], 0).into()).await?;
    let address = server.addr();
    clock.say("server", &format!("listens on {address}"));

    let listener = connect(address, &file).await?;
    let (heard, mut arrivals) = mpsc::channel(64);
    let parcels = listener.subscribe::<Parcel>().await?;
    let listening = tokio::spawn(listen(parcels, clock, heard));

    let mut program = connect(address, &file).await?;
    let mut told = VecDeque::new();
    for place in ["packed", "sent off"] {
        save(&program, &clock, &mut told, 1, place).await?;
    }
    save(&program, &clock, &mut told, 2, "packed").await?;
    wait_for(&mut arrivals, &mut told).await?;

    server.shutdown().await;
    clock.say("server", "stops, and forgets everything");
    let away = Instant::now();
    save(&program, &clock, &mut told, 1, "in Lisbon").await?;
    save(&program, &clock, &mut told, 3, "packed").await?;

    // It does not even have to be the same program that delivers.
    drop(program);
    clock.say("program", "ends without waiting for anybody");
    program = connect(address, &file).await?;
    clock.say("program", "is started again");
    save(&program, &clock, &mut told, 1, "delivered").await?;
    delete(&program, &clock, &mut told, 2).await?;
    save(&program, &clock, &mut told, 3, "sent off").await?;
    tokio::time::sleep_until((away + AWAY).into()).await;

    let server = serve(address).await?;
    clock.say("server", "is back");
    let back = Instant::now();
    let late = told.len();
    wait_for(&mut arrivals, &mut told).await?;
    let after = back.elapsed();

    // The listener may know from the store what the server is still being told.
    if !program.flush(PATIENCE).await {
        return Err("the server was not told everything".into());
    }
    let kept = program.items::<Parcel>().await?;
    println!();
    println!(
        "{} late changes heard, each once and in the order of the saves, the last {} ms after the server was back,",
        late,
        after.as_millis()
    );
    println!(
        "which had been away for {:.1} s. It keeps {} parcels again.",
        back.duration_since(away).as_secs_f64(),
        kept.len()
    );
    program.shutdown().await?;
    listener.shutdown().await?;
    listening.await?;
    server.shutdown().await;
    match arrivals.recv().await {
        Some(more) => Err(format!("nothing more was to come, and \"{more}\" came").into()),
        None => Ok(()),
    }
}

async fn serve(listen: SocketAddr) -> Result<RunningServer, Failure> {
    let config = Config {
        listen,
        accounts: vec![("ann".to_owned(), "secret".to_owned())],
        ..Config::default()
    };
    Ok(Server::spawn(config).await?)
}

async fn connect(address: SocketAddr, file: &Path) -> Result<PubSub, Failure> {
    let url = format!("xmpp://ann:secret@localhost?connect={address}");
    let store = format!("sqlite://{}", file.display());
    Ok(PubSub::builder()
        .url(&url)?
        .store(&store)?
        .connect()
        .await?)
}

/// Saves, and says how long that took: it is durable then, whether there is a server or not.
async fn save(
    program: &PubSub,
    clock: &Clock,
    told: &mut VecDeque<String>,
    id: u64,
    place: &str,
) -> Result<(), Failure> {
    let parcel = Parcel {
        id,
        place: place.to_owned(),
    };
    let start = Instant::now();
    let _ = program.save(&parcel).await?;
    let took = start.elapsed();
    told.push_back(format!("#{id} {place}"));
    clock.say("program", &format!("saved #{id} {place} in {took:.1?}"));
    Ok(())
}

async fn delete(
    program: &PubSub,
    clock: &Clock,
    told: &mut VecDeque<String>,
    id: u64,
) -> Result<(), Failure> {
    let parcel = program.get::<Parcel>(id).await?.ok_or("no such parcel")?;
    let _ = program.delete(&parcel).await?;
    // Whoever hears of a deletion hears what was deleted.
    told.push_back(format!("#{id} {}, deleted", parcel.place));
    clock.say("program", &format!("deleted #{id}"));
    Ok(())
}

/// Prints what is heard, and passes it on.
async fn listen(mut parcels: Subscription<Parcel>, clock: Clock, heard: mpsc::Sender<String>) {
    while let Some(event) = parcels.next().await {
        let what = match event {
            Ok(Event::Published { item, .. }) => format!("#{} {}", item.id, item.place),
            Ok(Event::Retracted { id, last, .. }) => {
                let place = last.map_or("?".to_owned(), |last| last.place);
                format!("#{id} {place}, deleted")
            }
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        clock.say("listener", &format!("hears {what}"));
        if heard.send(what).await.is_err() {
            return;
        }
    }
}

/// Waits until everything was heard, and insists that it was heard once and in order.
async fn wait_for(
    arrivals: &mut mpsc::Receiver<String>,
    told: &mut VecDeque<String>,
) -> Result<(), Failure> {
    while let Some(expected) = told.pop_front() {
        let heard = tokio::time::timeout(PATIENCE, arrivals.recv()).await?;
        let heard = heard.ok_or("the listener has ended")?;
        if heard != expected {
            return Err(format!("\"{expected}\" was to come, and \"{heard}\" came").into());
        }
    }
    Ok(())
}

/// Says when something happened.
#[derive(Debug, Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn say(&self, who: &str, what: &str) {
        println!("{:7.3} s  {who:8}  {what}", self.0.elapsed().as_secs_f64());
    }
}
