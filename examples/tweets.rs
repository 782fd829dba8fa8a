//! A server, a publisher and a subscriber in one terminal: every line you type is saved as a tweet, and printed again
//! as a second subscriber hears it over a socket of its own.
//!
//!     cargo run --example tweets
//!     cargo run --example tweets -- --url xmpp://ann:secret@example.org
//!
//! Without a URL the server runs inside this process. With nothing on standard input a short feed is played.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pubsub_core::{Event, PubSub, Publish, SaveError, Subscription};
use tokio::sync::mpsc;

/// A tweet. Its node is `/tweets/Tweet`; `user-ann` hears of those that ann writes.
#[derive(Debug, Clone, Publish)]
#[publish(channels("user-{author}"), title = "Tweets", access = "open")]
struct Tweet {
    #[publish(id)]
    id: u64,
    author: String,
    text: String,
}

/// Save what is typed, and print what is heard.
#[derive(Parser)]
struct Arguments {
    #[arg(
        long,
        help = "An XMPP server and an account: xmpp://user:password@host"
    )]
    url: Option<String>,
    /// The author of the tweets
    #[arg(long, default_value = "ann")]
    author: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tweets: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let arguments = Arguments::parse();

    let pubsub = match &arguments.url {
        Some(url) => PubSub::builder().url(url)?.connect().await?,
        None => PubSub::builder().connect().await?,
    };
    pubsub.install()?;

    // Somebody else: another connection to the same server.
    let url = arguments
        .url
        .as_deref()
        .or(pubsub.embedded_url())
        .ok_or("there is no server")?;
    let elsewhere = PubSub::builder().url(url)?.connect().await?;
    let subscription = elsewhere.subscribe::<Tweet>().await?;
    println!("listening to {}", subscription.node());
    let (heard, mut echo) = mpsc::channel(64);
    let listener = tokio::spawn(print(subscription, heard));

    let mut lines = Lines::start();
    let mut id = 0;
    while let Some(text) = lines.next().await {
        id += 1;
        let tweet = Tweet {
            id,
            author: arguments.author.clone(),
            text,
        };
        forget(&mut echo);
        match tweet.save().await {
            Ok(_) => wait_for_echo(&mut echo, id).await?,
            // Nothing was sent: the next line may be fine.
            Err(SaveError::Encode(error)) => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    }
    if id == 0 {
        play_the_feed(&mut echo).await?;
    }

    elsewhere.shutdown().await?;
    pubsub.shutdown().await?;
    listener.await?;
    Ok(())
}

/// Creates, updates and deletes a few tweets.
async fn play_the_feed(
    echo: &mut mpsc::Receiver<String>,
) -> Result<(), Box<dyn std::error::Error>> {
    let tweet = |id, author: &str, text: &str| Tweet {
        id,
        author: author.to_owned(),
        text: text.to_owned(),
    };
    let first = tweet(1, "ann", "Is anybody listening?");
    let second = tweet(
        2,
        "bob",
        "I heard you <before> you pressed reload & so did everybody else.",
    );
    for saved in [&first, &second] {
        forget(echo);
        saved.save().await?;
        wait_for_echo(echo, saved.id).await?;
    }
    forget(echo);
    Tweet {
        text: "Everybody is listening.".to_owned(),
        ..first
    }
    .save()
    .await?;
    wait_for_echo(echo, 1).await?;
    forget(echo);
    second.delete().await?;
    wait_for_echo(echo, second.id).await
}

/// Prints what the second subscriber hears, and says each time that it did.
async fn print(mut subscription: Subscription<Tweet>, heard: mpsc::Sender<String>) {
    while let Some(event) = subscription.next().await {
        let id = match &event {
            Ok(Event::Published { id, .. } | Event::Retracted { id, .. }) => Some(id.to_string()),
            _ => None,
        };
        let said = match event {
            Ok(Event::Published { id, item, .. }) => {
                say(&format!("#{id} {}: {}", item.author, item.text))
            }
            Ok(Event::Retracted { id, .. }) => say(&format!("#{id} was deleted")),
            Ok(other) => say(&format!("{other:?}")),
            Err(error) => {
                eprintln!("{error}");
                Ok(())
            }
        };
        // Whoever reads the output may stop reading it.
        if said.is_err() {
            return;
        }
        // Others may write to the node as well, more than anybody here waits for.
        if let Some(id) = id {
            let _ = heard.try_send(id);
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Forgets what was heard before.
fn forget(echo: &mut mpsc::Receiver<String>) {
    while echo.try_recv().is_ok() {}
}

async fn wait_for_echo(
    echo: &mut mpsc::Receiver<String>,
    id: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let id = id.to_string();
    let heard = async {
        while echo.recv().await.ok_or("the subscription has ended")? != id {}
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(10), heard).await?
}

/// Standard input, read in a thread because a terminal cannot be read otherwise. A terminal gets a prompt.
struct Lines {
    ask: std::sync::mpsc::Sender<()>,
    answers: mpsc::Receiver<String>,
}

impl Lines {
    fn start() -> Self {
        let (ask, asked) = std::sync::mpsc::channel();
        let (answer, answers) = mpsc::channel(1);
        std::thread::spawn(move || {
            while asked.recv().is_ok() {
                let Some(line) = read_line() else { return };
                if answer.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self { ask, answers }
    }

    async fn next(&mut self) -> Option<String> {
        // The thread is gone at the end of the input, and then there is no answer either.
        let _ = self.ask.send(());
        self.answers.recv().await
    }
}

/// The next line that is not empty.
fn read_line() -> Option<String> {
    let input = std::io::stdin();
    loop {
        if input.is_terminal() {
            print!("tweet> ");
            std::io::stdout().flush().ok()?;
        }
        let mut line = Vec::new();
        if input.lock().read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        if !line.trim().is_empty() {
            return Some(line.trim().to_owned());
        }
    }
}
