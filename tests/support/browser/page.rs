//! One window of a browser: what is in it, and what happens there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::driver::Driver;

/// What happens in a page happens within this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page in a window of its own.
#[derive(Debug)]
pub struct Page {
    driver: Arc<Driver>,
    window: String,
}

impl Page {
    pub(super) fn new(driver: Arc<Driver>, window: String) -> Self {
        Self { driver, window }
    }

    /// Loads `url` in this window.
    ///
    /// # Panics
    ///
    /// When it cannot be loaded.
    pub async fn go(&self, url: &str) {
        self.command("POST", "/url", Some(json!({"url": url})))
            .await;
    }

    /// Loads the page anew, as the user's reload does, and waits until it is loaded.
    ///
    /// # Panics
    ///
    /// When it cannot be loaded.
    pub async fn reload(&self) {
        self.command("POST", "/refresh", Some(json!({}))).await;
    }

    /// Runs the body of a JavaScript function and returns what it returns; a promise is waited for.
    ///
    /// # Panics
    ///
    /// When it throws.
    pub async fn run(&self, body: &str) -> Value {
        let script = json!({"script": body, "args": []});
        self.command("POST", "/execute/sync", Some(script)).await
    }

    /// Waits until a JavaScript expression is true, and returns its value.
    ///
    /// # Panics
    ///
    /// When it throws, or is not true in time.
    pub async fn until(&self, expression: &str) -> Value {
        let start = Instant::now();
        loop {
            let value = self.run(&format!("return ({expression});")).await;
            let is_true =
                !matches!(&value, Value::Null | Value::Bool(false)) && value != 0 && value != "";
            if is_true {
                return value;
            }
            if start.elapsed() > PATIENCE {
                let text = self.run("return document.body.innerText").await;
                panic!("after {PATIENCE:?} {expression} is {value}; the page shows: {text}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Clicks on the element that a CSS selector finds, as a user does.
    ///
    /// # Panics
    ///
    /// When there is none, or it cannot be clicked on.
    pub async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.command(
            "POST",
            &format!("/element/{element}/click"),
            Some(json!({})),
        )
        .await;
    }

    /// Types into the element that a CSS selector finds, as a user does.
    ///
    /// # Panics
    ///
    /// When there is none, or it takes no text.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let keys = json!({"text": text});
        self.command("POST", &format!("/element/{element}/value"), Some(keys))
            .await;
    }

    /// Makes the window so large, in CSS pixels.
    ///
    /// # Panics
    ///
    /// When the browser refuses.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height});
        self.command("POST", "/window/rect", Some(size)).await;
    }

    /// A picture of the window, as the base64 text of a PNG file.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn screenshot(&self) -> String {
        let picture = self.command("GET", "/screenshot", None).await;
        picture.as_str().expect("a picture").to_owned()
    }

    /// Closes the window.
    ///
    /// # Panics
    ///
    /// When it is closed already.
    pub async fn close(self) {
        self.command("DELETE", "/window", None).await;
    }

    async fn element(&self, selector: &str) -> String {
        let query = json!({"using": "css selector", "value": selector});
        let found = self.command("POST", "/element", Some(query)).await;
        let id = found.as_object().and_then(|object| object.values().next());
        id.and_then(Value::as_str).expect("an element").to_owned()
    }

    /// Gives a command in this window.
    async fn command(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut current = self.driver.window.lock().await;
        if *current != self.window {
            let window = json!({"handle": self.window});
            self.driver.command("POST", "/window", Some(&window)).await;
            current.clone_from(&self.window);
        }
        self.driver.command(method, path, body.as_ref()).await
    }
}
