//! `pubsub user`: the accounts that a server with `--data` keeps, while it runs or not.
//!
//! Works on the file itself. A server that runs sees what was changed within a second, and ends the connections of accounts that are gone.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use pubsub_server::{
    Accounts as _, Config, Database, SqliteAccounts, add_account, change_password,
    normalize_username,
};

use crate::Failure;

/// What `user` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// The directory that the server has with --data
    #[arg(long, value_name = "DIR", global = true, env = "PUBSUB_DATA")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add an account; the password is asked for, or read from the first line of the standard input
    Add(Secret),
    /// Give an account another password
    Passwd(Secret),
    /// Remove an account, with its subscriptions, and end its connections
    Remove(Name),
    /// List all accounts
    List,
    /// Let nobody log in with an account, and end its connections
    Disable(Name),
    /// Let its user log in again
    Enable(Name),
}

#[derive(Debug, Args)]
struct Name {
    /// The user name: what stands before the @ of the address
    name: String,
}

#[derive(Debug, Args)]
struct Secret {
    #[command(flatten)]
    name: Name,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// How much work it is to try a password
    #[arg(long, value_name = "COUNT", default_value_t = Config::default().scram_iterations,
        value_parser = clap::value_parser!(u32).range(1..))]
    iterations: u32,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let data = arguments
        .data
        .ok_or("say where the accounts are: --data DIR, as the server has it")?;
    let database = match arguments.verb {
        // Accounts may be made before the server is first started.
        Verb::Add(_) => Database::open(&data).await?,
        _ => Database::existing(&data).await?,
    };
    let accounts = SqliteAccounts::open(&database).await?;
    match arguments.verb {
        Verb::Add(secret) => {
            let name = normalize_username(&secret.name.name)?;
            if accounts.exists(&name).await? {
                return Err(format!("account \"{name}\" exists already; `pubsub user passwd` gives it another password").into());
            }
            add_account(&accounts, &name, &secret.read()?, secret.iterations).await?;
        }
        Verb::Passwd(secret) => {
            let name = existing(&accounts, &secret.name).await?;
            change_password(&accounts, &name, &secret.read()?, secret.iterations).await?;
        }
        Verb::Remove(name) => {
            let name = existing(&accounts, &name).await?;
            accounts.remove(&name).await?;
        }
        Verb::Disable(name) => {
            let name = existing(&accounts, &name).await?;
            accounts.enable(&name, false).await?;
        }
        Verb::Enable(name) => {
            let name = existing(&accounts, &name).await?;
            accounts.enable(&name, true).await?;
        }
        Verb::List => {
            let mut out = std::io::stdout().lock();
            for account in accounts.list().await? {
                let state = if account.is_enabled { "" } else { " disabled" };
                writeln!(out, "{}{state}", account.username)?;
            }
        }
    }
    drop(accounts);
    database.close().await;
    Ok(())
}

/// The name of an account that is there.
async fn existing(accounts: &SqliteAccounts, name: &Name) -> Result<String, Failure> {
    let name = normalize_username(&name.name)?;
    if accounts.exists(&name).await? {
        Ok(name)
    } else {
        Err(
            format!("there is no account \"{name}\"; `pubsub user list` tells which there are")
                .into(),
        )
    }
}

impl Secret {
    /// The password: from the file, from whoever sits there, or from what is piped in. It is never shown.
    fn read(&self) -> Result<String, Failure> {
        let text = match &self.password_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))?,
            None if std::io::stdin().is_terminal() => {
                let password = rpassword::prompt_password("Password: ")?;
                if rpassword::prompt_password("Again: ")? != password {
                    return Err("the two passwords are not the same".into());
                }
                password
            }
            None => {
                let mut line = String::new();
                std::io::stdin().read_line(&mut line)?;
                line
            }
        };
        let password = text.lines().next().unwrap_or_default();
        if password.is_empty() {
            return Err("the password is empty".into());
        }
        Ok(password.to_owned())
    }
}
