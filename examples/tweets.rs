//! A server, a publisher and a subscriber in one terminal: every line you type is saved as a tweet, and printed again
//! as a second subscriber hears it over a socket of its own.
//!
//!     cargo run --example tweets
//!     cargo run --example tweets -- --url xmpp://ann:secret@example.org
//!
//! Without a URL the server runs inside this process. With nothing on standard input a short feed is played.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Parser;
use pubsub_core::{Event, PubSub, Publish, Subscription};
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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
        tweet.save().await?;
        wait_for_echo(&mut echo).await?;
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
async fn play_the_feed(echo: &mut mpsc::Receiver<()>) -> Result<(), Box<dyn std::error::Error>> {
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
        saved.save().await?;
        wait_for_echo(echo).await?;
    }
    Tweet {
        text: "Everybody is listening.".to_owned(),
        ..first
    }
    .save()
    .await?;
    wait_for_echo(echo).await?;
    second.delete().await?;
    wait_for_echo(echo).await
}

/// Prints what the second subscriber hears, and says each time that it did.
async fn print(mut subscription: Subscription<Tweet>, heard: mpsc::Sender<()>) {
    while let Some(event) = subscription.next().await {
        match event {
            Ok(Event::Published { id, item, .. }) => {
                println!("#{id} {}: {}", item.author, item.text);
            }
            Ok(Event::Retracted { id }) => println!("#{id} was deleted"),
            Ok(other) => println!("{other:?}"),
            Err(error) => eprintln!("{error}"),
        }
        if heard.send(()).await.is_err() {
            return;
        }
    }
}

async fn wait_for_echo(echo: &mut mpsc::Receiver<()>) -> Result<(), Box<dyn std::error::Error>> {
    match tokio::time::timeout(Duration::from_secs(10), echo.recv()).await? {
        Some(()) => Ok(()),
        None => Err("the subscription has ended".into()),
    }
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
        let mut line = String::new();
        if input.lock().read_line(&mut line).ok()? == 0 {
            return None;
        }
        if !line.trim().is_empty() {
            return Some(line.trim().to_owned());
        }
    }
}
