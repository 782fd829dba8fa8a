//! `cargo run --example axum_app`, over HTTP and over XMPP.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use pubsub_core::{Event, NodeName, PubSub, Publish, Subscription};
use serde_json::{Value, json};
use support::{Dialogue, OurServer, Peer, within};

use crate::http::ask;
use crate::outbox::{Outbox, on_databases};

const PATIENCE: Duration = Duration::from_secs(30);

on_databases! {
    what_is_sold_is_told_by_the_commit_that_sells_it,
    what_is_wrong_with_a_request_is_said,
    many_buyers_get_what_there_is_and_no_more,
    what_was_sold_is_there_after_a_restart,
}

/// An order, as a program elsewhere sees it.
#[derive(Debug, PartialEq, Publish)]
#[publish(node = "/shop/Order", xml(namespace = "urn:pubsub:axum_app"))]
struct Order {
    #[publish(id)]
    id: i64,
    product: i64,
    quantity: i64,
    customer: String,
}

/// A product, as a program elsewhere sees it.
#[derive(Debug, PartialEq, Publish)]
#[publish(node = "/shop/Product", xml(namespace = "urn:pubsub:axum_app"))]
struct Product {
    #[publish(id)]
    id: i64,
    name: String,
    stock: i64,
}

/// A running shop.
struct Shop {
    dialogue: Dialogue,
    address: SocketAddr,
}

impl Shop {
    async fn start(outbox: &Outbox, peer: &Peer) -> Self {
        let mut command = support::example("axum_app");
        command
            .args(["--listen", "127.0.0.1:0", "--url", &peer.url("ann")])
            .args(["--database", &outbox.url()])
            .env_remove("PUBSUB_STORE")
            .env_remove("RUST_LOG");
        let mut dialogue = Dialogue::start(command);
        let line = dialogue
            .hear_until(|line| line.starts_with("listening on "))
            .await;
        let address = line.rsplit('/').next().unwrap().parse().unwrap();
        Self { dialogue, address }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = ask(self.address, "POST", path, Some(&body.to_string())).await;
        (answer.status, answer.body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = ask(self.address, "GET", path, None).await;
        (answer.status, answer.body)
    }

    /// Ends it as a service is ended.
    async fn end(self) {
        let pid = self.dialogue.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(kill.success());
        let (lines, status) = self.dialogue.end().await;
        assert!(status.success(), "{status}: {lines:?}");
    }
}

/// Somebody else, who listens.
async fn listener(peer: &Peer) -> PubSub {
    let builder = PubSub::builder().url(&peer.url("bob")).unwrap();
    builder.without_models().connect().await.unwrap()
}

async fn hear<T: Send + 'static>(subscription: &mut Subscription<T>) -> Event<T> {
    let event = within(PATIENCE, subscription.next()).await;
    event.unwrap().unwrap()
}

async fn what_is_sold_is_told_by_the_commit_that_sells_it(outbox: Outbox) {
    let peer = OurServer::start().await;
    let shop = Shop::start(&outbox, &peer).await;
    let bob = listener(&peer).await;
    let mut products = bob.subscribe::<Product>().await.unwrap();
    let mut orders = bob.subscribe::<Order>().await.unwrap();

    let apple = json!({"name": "apple", "price": 30, "stock": 5});
    let (status, made) = shop.post("/products", &apple).await;
    assert_eq!(
        (status, made),
        (
            201,
            json!({"id": 1, "name": "apple", "price": 30, "stock": 5})
        )
    );
    let order = json!({"product": 1, "quantity": 2, "customer": "eve"});
    let made = ask(shop.address, "POST", "/orders", Some(&order.to_string())).await;
    assert_eq!(made.status, 201);
    assert!(made.head.contains("location: /orders/1"), "{}", made.head);
    let expected = json!({"id": 1, "product": 1, "quantity": 2, "customer": "eve"});
    assert_eq!(shop.get("/orders/1").await, (200, expected.clone()));
    assert_eq!(
        shop.get("/orders?customer=eve&limit=1").await,
        (200, json!([expected]))
    );
    assert_eq!(shop.get("/orders?customer=bob").await, (200, json!([])));
    assert_eq!(shop.get("/orders?after=1").await, (200, json!([])));

    // More than there is: nothing happens, and nobody hears of it.
    let greedy = json!({"product": 1, "quantity": 4, "customer": "eve"});
    let refused = (409, json!({"error": "there are 3 left"}));
    assert_eq!(shop.post("/orders", &greedy).await, refused);

    let channel = NodeName::new("customer-eve").unwrap();
    let mut eve = bob.subscribe_channel::<Order>(&channel).await.unwrap();
    let gone = ask(shop.address, "DELETE", "/orders/1", None).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));
    assert_eq!(shop.get("/orders/1").await.0, 404);

    for stock in [5, 3, 5] {
        let product = hear(&mut products).await.into_item().unwrap();
        assert_eq!((product.id, product.stock), (1, stock));
    }
    let bought = || Order {
        id: 1,
        product: 1,
        quantity: 2,
        customer: "eve".to_owned(),
    };
    assert_eq!(hear(&mut orders).await.into_item(), Some(bought()));
    for subscription in [&mut orders, &mut eve] {
        let mut event = hear(subscription).await;
        // Eve may have begun to listen before she was told what she bought.
        if matches!(&event, Event::Published { .. }) {
            assert_eq!(event.into_item(), Some(bought()));
            event = hear(subscription).await;
        }
        match event {
            Event::Retracted { id, last, .. } => {
                assert_eq!((id.as_str(), last), ("1", Some(bought())));
            }
            other => panic!("{other:?}"),
        }
    }
    shop.end().await;
}

async fn what_is_wrong_with_a_request_is_said(outbox: Outbox) {
    let peer = OurServer::start().await;
    let shop = Shop::start(&outbox, &peer).await;
    let apple = json!({"name": "apple", "price": 30, "stock": 5});
    assert_eq!(shop.post("/products", &apple).await.0, 201);
    for (path, body, status, said) in [
        ("/products", apple.clone(), 409, "already"),
        (
            "/products",
            json!({"name": " ", "price": 1, "stock": 1}),
            422,
            "`name`",
        ),
        (
            "/products",
            json!({"name": "a\u{1}b", "price": 1, "stock": 1}),
            422,
            "U+0001",
        ),
        (
            "/products",
            json!({"name": "pear", "price": -1, "stock": 1}),
            422,
            "`price`",
        ),
        (
            "/products",
            json!({"name": "pear", "price": "1", "stock": 1}),
            422,
            "price",
        ),
        (
            "/products",
            json!({"name": "pear", "price": 1, "stock": 1, "x": 1}),
            422,
            "`x`",
        ),
        (
            "/orders",
            json!({"product": 9, "quantity": 1, "customer": "eve"}),
            422,
            "no product 9",
        ),
        (
            "/orders",
            json!({"product": 1, "quantity": 0, "customer": "eve"}),
            422,
            "`quantity`",
        ),
        ("/orders", json!([]), 422, ""),
    ] {
        let (answered, error) = shop.post(path, &body).await;
        let error = error["error"].as_str().unwrap();
        assert_eq!(answered, status, "{path} {body}: {error}");
        assert!(error.contains(said), "{path} {body}: {error}");
    }
    for (method, path, body, status) in [
        ("POST", "/orders", Some("{"), 400),
        ("GET", "/orders?limit=0", None, 422),
        ("GET", "/orders?limit=x", None, 400),
        ("GET", "/orders?from=1", None, 400),
        ("GET", "/orders/first", None, 400),
        ("GET", "/orders/99", None, 404),
        ("DELETE", "/orders/99", None, 404),
        ("GET", "/nothing", None, 404),
        ("PUT", "/orders", None, 405),
        ("POST", "/orders", None, 415),
    ] {
        let answer = ask(shop.address, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert!(
            answer.body["error"].is_string(),
            "{method} {path}: {answer:?}"
        );
    }
    // All of that has left no trace.
    assert_eq!(shop.get("/orders").await, (200, json!([])));
    let products = shop.get("/products").await.1;
    assert_eq!(products.as_array().unwrap().len(), 1);
    assert_eq!(products[0]["stock"], 5);
    shop.end().await;
}

async fn many_buyers_get_what_there_is_and_no_more(outbox: Outbox) {
    let peer = OurServer::start().await;
    let shop = Shop::start(&outbox, &peer).await;
    let bob = listener(&peer).await;
    let mut products = bob.subscribe::<Product>().await.unwrap();
    let apple = json!({"name": "apple", "price": 30, "stock": 10});
    shop.post("/products", &apple).await;
    let order = json!({"product": 1, "quantity": 1, "customer": "eve"});
    let buyers = (0..25).map(|_| shop.post("/orders", &order));
    let answers = futures_util::future::join_all(buyers).await;
    let count = |wanted| {
        answers
            .iter()
            .filter(|(status, _)| *status == wanted)
            .count()
    };
    assert_eq!((count(201), count(409)), (10, 15), "{answers:?}");
    // Each sale is told once, in the order of the commits.
    for stock in (0..=10).rev() {
        let product = hear(&mut products).await.into_item().unwrap();
        assert_eq!(product.stock, stock);
    }
    shop.end().await;
}

async fn what_was_sold_is_there_after_a_restart(outbox: Outbox) {
    let peer = OurServer::start().await;
    let shop = Shop::start(&outbox, &peer).await;
    let apple = json!({"name": "apple", "price": 30, "stock": 5});
    shop.post("/products", &apple).await;
    shop.end().await;
    let shop = Shop::start(&outbox, &peer).await;
    let products = json!([{"id": 1, "name": "apple", "price": 30, "stock": 5}]);
    assert_eq!(shop.get("/products").await, (200, products));
    shop.end().await;
}
