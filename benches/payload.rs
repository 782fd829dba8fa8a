//! Writing and reading one model of eight fields: the derive against a writer by hand and against other libraries.
//!
//! Run with `cargo xtask bench payload`. All write and read the same element, which is checked before anything is
//! measured.

#![allow(
    clippy::option_option,
    clippy::useless_conversion,
    reason = "what the derives of other libraries write"
)]

use bench_support::{Contestant, Table, compare};
use pubsub_core::Payload;
use pubsub_xml::Reader;
use serde::{Deserialize, Serialize};

const NAMESPACE: &str = "urn:example:shop";

#[derive(Debug, Clone, PartialEq, Payload)]
#[publish(xml(name = "Order", namespace = "urn:example:shop"))]
struct Order {
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
struct SerdeOrder {
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
struct XsoOrder {
    #[xml(extract(namespace = NAMESPACE, name = "id", fields(text(type_ = i64))))]
    id: i64,
    #[xml(extract(namespace = NAMESPACE, name = "customer", fields(text(type_ = String))))]
    customer: String,
    #[xml(extract(namespace = NAMESPACE, name = "street", fields(text(type_ = String))))]
    street: String,
    #[xml(extract(namespace = NAMESPACE, name = "note", fields(text(type_ = String))))]
    note: String,
    #[xml(extract(namespace = NAMESPACE, name = "quantity", fields(text(type_ = u32))))]
    quantity: u32,
    #[xml(extract(namespace = NAMESPACE, name = "price", fields(text(type_ = f64))))]
    price: f64,
    #[xml(extract(namespace = NAMESPACE, name = "is_paid", fields(text(type_ = bool))))]
    is_paid: bool,
    #[xml(extract(namespace = NAMESPACE, name = "coupon", default, fields(text(type_ = String))))]
    coupon: Option<String>,
}

fn main() {
    let order = Order {
        id: 4711,
        customer: "Ann Example".into(),
        street: "12 Long Street, Little Town".into(),
        note: "ring twice & wait; the bell is <slow>".into(),
        quantity: 3,
        price: 19.95,
        is_paid: true,
        coupon: Some("WELCOME-10".into()),
    };
    let serde_order = SerdeOrder {
        namespace: NAMESPACE.into(),
        id: order.id,
        customer: order.customer.clone(),
        street: order.street.clone(),
        note: order.note.clone(),
        quantity: order.quantity,
        price: order.price,
        is_paid: order.is_paid,
        coupon: order.coupon.clone(),
    };
    let xso_order = XsoOrder {
        id: order.id,
        customer: order.customer.clone(),
        street: order.street.clone(),
        note: order.note.clone(),
        quantity: order.quantity,
        price: order.price,
        is_paid: order.is_paid,
        coupon: order.coupon.clone(),
    };

    let xml = by_derive(&order);
    assert_eq!(xml, by_hand(&order));
    assert_eq!(read_by_derive(&xml), order);
    assert_eq!(
        quick_xml::de::from_str::<SerdeOrder>(&xml).expect("an order"),
        serde_order
    );
    assert_eq!(
        xso::from_bytes::<XsoOrder>(xml.as_bytes()).expect("an order"),
        xso_order
    );
    assert_eq!(read_by_minidom(&xml), order);
    for written in [
        quick_xml::se::to_string(&serde_order).expect("XML"),
        String::from_utf8(xso::to_vec(&xso_order).expect("XML")).expect("UTF-8"),
        by_minidom(&order),
    ] {
        assert_eq!(read_by_derive(&written), order, "{written}");
    }

    println!("{} bytes\n", xml.len());
    let write = compare(vec![
        Contestant::new("derive(Payload)", || by_derive(&order)),
        Contestant::new("push_str by hand", || by_hand(&order)),
        Contestant::new("quick-xml and serde", || {
            quick_xml::se::to_string(&serde_order)
        }),
        Contestant::new("xso derive", || xso::to_vec(&xso_order)),
        Contestant::new("minidom", || by_minidom(&order)),
    ]);
    let read = compare(vec![
        Contestant::new("derive(Payload)", || read_by_derive(&xml)),
        Contestant::new("quick-xml and serde", || {
            quick_xml::de::from_str::<SerdeOrder>(&xml)
        }),
        Contestant::new("xso derive", || xso::from_bytes::<XsoOrder>(xml.as_bytes())),
        Contestant::new("minidom", || read_by_minidom(&xml)),
    ]);
    let mut table = Table::new(["model of 8 fields", "what", "ns", "times ours"]);
    for (verb, results) in [("write", write), ("read", read)] {
        let ours = results.first().map_or(1.0, |(_, time)| time.as_secs_f64());
        for (name, time) in results {
            let ratio = time.as_secs_f64() / ours;
            table.row([
                name.into(),
                verb.into(),
                time.as_nanos().to_string(),
                format!("{ratio:.2}"),
            ]);
        }
    }
    println!("{table}");
}

fn by_derive(order: &Order) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<Order xmlns=\"urn:example:shop\">");
    order.write_content(&mut out).expect("plain text");
    out.push_str("</Order>");
    out
}

/// What one would write without a library: escapes, and nothing else.
fn by_hand(order: &Order) -> String {
    let mut out = String::with_capacity(512);
    let mut integer = itoa::Buffer::new();
    out.push_str("<Order xmlns=\"urn:example:shop\"><id>");
    out.push_str(integer.format(order.id));
    out.push_str("</id><customer>");
    escape(&mut out, &order.customer);
    out.push_str("</customer><street>");
    escape(&mut out, &order.street);
    out.push_str("</street><note>");
    escape(&mut out, &order.note);
    out.push_str("</note><quantity>");
    out.push_str(integer.format(order.quantity));
    out.push_str("</quantity><price>");
    out.push_str(ryu::Buffer::new().format(order.price));
    out.push_str("</price><is_paid>");
    out.push_str(if order.is_paid { "true" } else { "false" });
    out.push_str("</is_paid>");
    if let Some(coupon) = &order.coupon {
        out.push_str("<coupon>");
        escape(&mut out, coupon);
        out.push_str("</coupon>");
    }
    out.push_str("</Order>");
    out
}

fn escape(out: &mut String, text: &str) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let with = match byte {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        out.push_str(with);
        start = at + 1;
    }
    out.push_str(&text[start..]);
}

fn read_by_derive(xml: &str) -> Order {
    let mut reader = Reader::new(xml);
    reader.root().expect("a root");
    Order::read(&mut reader, NAMESPACE).expect("an order")
}

fn by_minidom(order: &Order) -> String {
    let field = |name: &str, text: String| {
        minidom::Element::builder(name, NAMESPACE)
            .append(text)
            .build()
    };
    let element = minidom::Element::builder("Order", NAMESPACE)
        .append(field("id", order.id.to_string()))
        .append(field("customer", order.customer.clone()))
        .append(field("street", order.street.clone()))
        .append(field("note", order.note.clone()))
        .append(field("quantity", order.quantity.to_string()))
        .append(field("price", order.price.to_string()))
        .append(field("is_paid", order.is_paid.to_string()))
        .append_all(order.coupon.clone().map(|coupon| field("coupon", coupon)))
        .build();
    String::from(&element)
}

fn read_by_minidom(xml: &str) -> Order {
    let element: minidom::Element = xml.parse().expect("an element");
    let text = |name: &str| {
        element
            .get_child(name, NAMESPACE)
            .map(minidom::Element::text)
    };
    let field = |name: &str| text(name).expect("a field");
    Order {
        id: field("id").parse().expect("a number"),
        customer: field("customer"),
        street: field("street"),
        note: field("note"),
        quantity: field("quantity").parse().expect("a number"),
        price: field("price").parse().expect("a number"),
        is_paid: field("is_paid").parse().expect("a bool"),
        coupon: text("coupon"),
    }
}
