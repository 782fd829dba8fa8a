//! A real browser: Chromium, driven through chromedriver (the `WebDriver` protocol of the W3C).
//!
//! A test says what happens in it; whatever the console reports as an error by then fails the test.
//!
//! ```no_run
//! # use support::{in_browser, Site};
//! # async fn example(site: Site) {
//! in_browser(async |browser| {
//!     let page = browser.open(&site.url("/index.html")).await;
//!     page.until("document.querySelector('li') !== null").await;
//!     assert_eq!(page.run("return document.title").await, "(1) wall");
//! })
//! .await;
//! # }
//! ```

mod driver;
mod page;

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::driver::Driver;
pub use self::page::Page;
use crate::{ChildProcess, eventually};

/// A start under load takes a while; a browser that is not there after this is broken.
const STARTING: Duration = Duration::from_mins(1);

/// Runs a test in a browser of its own, and fails it for every error on the console that it did not [tolerate](Browser::tolerate).
///
/// # Panics
///
/// When the test does, when Chromium is not installed (`cargo xtask setup` does it) or does not start, and for errors on the console.
pub async fn in_browser<T>(test: impl AsyncFnOnce(&Browser) -> T) -> T {
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    let errors = browser.errors().await;
    // Its many processes end with the session, whatever became of the test.
    browser.driver.quit().await;
    match outcome {
        Ok(value) => {
            assert!(errors.is_empty(), "the console reports: {errors:#?}");
            value
        }
        Err(panic) => {
            eprintln!("--- the console reports: {errors:#?}");
            std::panic::resume_unwind(panic)
        }
    }
}

/// A running browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    driver: Arc<Driver>,
    tolerated: Mutex<Vec<String>>,
    // Processes end before their directory is removed: fields are dropped in this order.
    _process: ChildProcess,
    _directory: TempDir,
}

impl Browser {
    async fn start() -> Self {
        assert!(
            Path::new("/usr/bin/chromedriver").exists(),
            "chromedriver is not installed; run `cargo xtask setup`"
        );
        let directory = directory().expect("a temporary directory");
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .env("HOME", directory.path())
            .current_dir(directory.path());
        let process = ChildProcess::start(&command, &directory.path().join("chromedriver.log"));
        let port = eventually(STARTING, async || {
            let output = process.output();
            let (_, port) = output.split_once("started successfully on port ")?;
            port.split_once('.')?.0.parse().ok()
        })
        .await;
        let profile = directory.path().join("profile");
        let options = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--no-first-run".to_owned(),
            // The browser ends when nobody holds the other end of the pipe, so it never outlives its driver.
            "--remote-debugging-pipe".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": options},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": 60_000, "pageLoad": 60_000},
        }}});
        let driver = Driver::connect(port, &capabilities).await;
        Self {
            driver: Arc::new(driver),
            tolerated: Mutex::default(),
            _process: process,
            _directory: directory,
        }
    }

    /// Opens `url` in a new window and waits until it is loaded.
    ///
    /// # Panics
    ///
    /// When it cannot be loaded.
    pub async fn open(&self, url: &str) -> Page {
        let window = self
            .driver
            .command("POST", "/window/new", Some(&json!({"type": "tab"})))
            .await;
        let handle = window["handle"].as_str().expect("a handle").to_owned();
        let page = Page::new(self.driver.clone(), handle);
        page.go(url).await;
        page
    }

    /// Lets the console report errors that contain `part`.
    ///
    /// # Panics
    ///
    /// When another thread has panicked in here.
    pub fn tolerate(&self, part: &str) {
        let mut tolerated = self.tolerated.lock().expect("a mutex");
        tolerated.push(part.to_owned());
    }

    /// The errors on the consoles of all windows since the start.
    async fn errors(&self) -> Vec<String> {
        let entries = self
            .driver
            .command("POST", "/se/log", Some(&json!({"type": "browser"})))
            .await;
        let tolerated = self.tolerated.lock().expect("a mutex");
        entries
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str())
            .filter(|message| !tolerated.iter().any(|part| message.contains(part)))
            .map(str::to_owned)
            .collect()
    }
}

/// In memory if there is such a place: a profile is synchronised to the disk all the time, and a busy disk would stop the browser.
fn directory() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        TempDir::with_prefix_in("browser", memory)
    } else {
        TempDir::with_prefix("browser")
    }
}

/// A value as JavaScript writes it, to be put into a script.
#[must_use]
pub fn quoted(value: &str) -> String {
    Value::from(value).to_string()
}
