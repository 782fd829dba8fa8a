//! The routes: what is asked of a request, and what it is answered.
//!
//! Knows HTTP. Does not know SQL.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use crate::problem::Problem;
use crate::shop::{NewOrder, NewProduct, Order, Product, Shop, Wanted};

/// The longest name that is taken.
const LONGEST: usize = 100;
/// How many orders one answer has at most.
const MOST: i64 = 1000;

pub fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/products", get(products).post(add))
        .route("/orders", get(orders).post(sell))
        .route("/orders/{id}", get(order).delete(cancel))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || {
            let reason = "this cannot be done with what is here".to_owned();
            Problem::Unreadable(StatusCode::METHOD_NOT_ALLOWED, reason)
        })
        .with_state(shop)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    name: String,
    price: i64,
    stock: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    product: i64,
    quantity: i64,
    customer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrdersQuery {
    customer: Option<String>,
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
}

async fn products(State(shop): State<Shop>) -> Result<Json<Vec<Product>>, Problem> {
    shop.products().await.map(Json)
}

async fn add(
    State(shop): State<Shop>,
    body: Result<Json<ProductBody>, JsonRejection>,
) -> Result<(StatusCode, Json<Product>), Problem> {
    let Json(body) = body?;
    let new = NewProduct {
        name: name("name", body.name)?,
        price: within("price", body.price, 0, 100_000_000)?,
        stock: within("stock", body.stock, 0, 1_000_000)?,
    };
    Ok((StatusCode::CREATED, Json(shop.add(new).await?)))
}

async fn sell(
    State(shop): State<Shop>,
    body: Result<Json<OrderBody>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(body) = body?;
    let new = NewOrder {
        product: body.product,
        quantity: within("quantity", body.quantity, 1, 1_000_000)?,
        customer: name("customer", body.customer)?,
    };
    let order = shop.sell(new).await?;
    let place = [(header::LOCATION, format!("/orders/{}", order.id))];
    Ok((StatusCode::CREATED, place, Json(order)))
}

async fn orders(
    State(shop): State<Shop>,
    query: Result<Query<OrdersQuery>, QueryRejection>,
) -> Result<Json<Vec<Order>>, Problem> {
    let Query(query) = query?;
    let wanted = Wanted {
        customer: query.customer,
        after: query.after,
        limit: within("limit", query.limit.unwrap_or(100), 1, MOST)?,
    };
    shop.orders(&wanted).await.map(Json)
}

async fn order(
    State(shop): State<Shop>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<Order>, Problem> {
    let Path(id) = id?;
    shop.order(id).await.map(Json)
}

async fn cancel(
    State(shop): State<Shop>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    shop.cancel(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A name that somebody can read.
fn name(field: &str, name: String) -> Result<String, Problem> {
    if name.trim().is_empty() || name.chars().count() > LONGEST {
        let reason = format!("`{field}` has to have between 1 and {LONGEST} characters");
        return Err(Problem::Invalid(reason));
    }
    Ok(name)
}

fn within(field: &str, number: i64, least: i64, most: i64) -> Result<i64, Problem> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    let reason = format!("`{field}` has to be between {least} and {most}");
    Err(Problem::Invalid(reason))
}
