//! The program that is killed: saves numbered rows as fast as it can and says so on standard output, each after its
//! `save()` or `delete()` has returned.
//!
//! `saver URL STORE FIRST` saves until it is killed. `saver URL STORE drain` saves nothing and ends when everything is
//! delivered, with an error if the service refused some of it. `saver URL STORE fill BALLAST` saves until there is no room
//! left, goes on trying for a while, saying why it is refused, makes room by removing the file, saves one more and drains.

use std::env::args;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use pubsub_core::{PubSub, Publish};

/// How many tasks save at the same time, each on a lane of its own.
const LANES: u64 = 4;
/// How many rows a lane saves in one life: far more than it usually gets to.
const ROWS: u64 = 1_500;
/// How often saves are refused because there is no room left, and the pauses in between.
const TIMES_REFUSED: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Publish)]
#[publish(node = "/crash/Row", channels("lane-{lane}"), max_items = 100_000)]
struct Row {
    #[publish(id)]
    number: u64,
    lane: u64,
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = args().skip(1);
    let mut next = || arguments.next().ok_or("saver URL STORE FIRST|drain");
    let (url, store, task) = (next()?, next()?, next()?);
    let pubsub = PubSub::builder()
        .url(&url)?
        .store(&store)?
        .connect()
        .await?;
    match &*task {
        "drain" => return drain(&pubsub).await,
        "fill" => return fill(&pubsub, &next()?).await,
        _ => {}
    }
    let first: u64 = task.parse()?;
    let lanes = (0..LANES).map(|lane| tokio::spawn(save(pubsub.clone(), lane, first)));
    for lane in lanes.collect::<Vec<_>>() {
        lane.await??;
    }
    // Whoever started this program kills it.
    std::future::pending().await
}

async fn save(pubsub: PubSub, lane: u64, first: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    for turn in 0..ROWS {
        let number = (first + turn) * LANES + lane;
        let row = |text: &str| Row {
            number,
            lane,
            text: text.to_owned(),
        };
        match turn % 10 {
            // Never to be heard.
            3 => {
                let mut transaction = pubsub.begin().await?;
                transaction.save(&row("taken back")).await?;
                transaction.rollback().await?;
            }
            7 => {
                let mut transaction = pubsub.begin().await?;
                transaction.save(&row("joined")).await?;
                transaction.commit().await?;
                said("saved", lane, number)?;
            }
            6 => {
                let number = number - 2 * LANES;
                let changed = Row {
                    number,
                    ..row("updated")
                };
                changed.save_with(&pubsub).await?;
                said("updated", lane, number)?;
            }
            9 => {
                let number = number - 4 * LANES;
                let gone = Row { number, ..row("") };
                gone.delete_with(&pubsub).await?;
                said("deleted", lane, number)?;
            }
            _ => {
                row("saved").save_with(&pubsub).await?;
                said("saved", lane, number)?;
            }
        }
    }
    Ok(())
}

async fn drain(pubsub: &PubSub) -> Result<(), Box<dyn Error + Send + Sync>> {
    if !pubsub.flush(Duration::from_mins(8)).await {
        return Err("not everything could be delivered".into());
    }
    let store = pubsub.store().ok_or("there is a store")?;
    if let [first, ..] = &*store.parked(0, 1).await? {
        return Err(format!("the service refused a change: {first:?}").into());
    }
    pubsub.shutdown().await?;
    Ok(())
}

async fn fill(pubsub: &PubSub, ballast: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut numbers = 0..;
    let mut attempt = || {
        let number = numbers.next().unwrap_or_default();
        let row = Row {
            number,
            lane: 0,
            text: "large ".repeat(2_000),
        };
        let pubsub = pubsub.clone();
        tokio::spawn(async move {
            match row.save_with(&pubsub).await {
                Ok(_) => said("saved", 0, number).map(|()| true),
                Err(error) => {
                    println!("refused {number} {error}");
                    Ok(false)
                }
            }
        })
    };
    while attempt().await?? {}
    // For a while it stays so, for several who save and for the relay.
    for _ in 0..TIMES_REFUSED {
        let together: Vec<_> = (0..LANES).map(|_| attempt()).collect();
        for one in together {
            one.await??;
        }
        tokio::time::sleep(PAUSE).await;
    }
    std::fs::remove_file(ballast)?;
    if !attempt().await?? {
        return Err("it is refused although there is room".into());
    }
    drain(pubsub).await
}

/// One line in one write, so that a kill cannot cut it in a way that reads as another.
fn said(word: &str, lane: u64, number: u64) -> std::io::Result<()> {
    std::io::stdout()
        .lock()
        .write_all(format!("{word} {lane} {number}\n").as_bytes())
}
