//! Who sees which rows.

use std::sync::Arc;

use pubsub_core::store::Condition;
use pubsub_gateway::settings::{Lists, Resource};
use pubsub_gateway::{ListAccess, Readable};
use serde_json::Value;

use crate::models::{Letter, Secret, Team, commit, teams, users};
use crate::site::{Kept, Site, lists};

fn letters() -> Vec<Letter> {
    let letter = |id: i64, to: &str| Letter {
        id,
        to: to.to_owned(),
        text: format!("to {to}"),
    };
    vec![letter(1, "ann"), letter(2, "bob"), letter(3, "ann")]
}

#[tokio::test]
async fn what_is_not_for_everybody_is_for_nobody_by_default() {
    let site = Site::with(Kept::Sqlite, Lists::default(), |builder| builder).await;
    site.save(&letters()).await;
    let secret = Secret {
        id: 1,
        text: "hush".to_owned(),
    };
    site.save(&[secret]).await;
    for resource in ["secret", "letter"] {
        for path in ["", "1/", "set/1/", "schema/", "?id=1"] {
            let path = format!("/api/v1/{resource}/{path}");
            let answer = site.get(&path).await;
            assert_eq!((answer.status, answer.text()), (401, ""), "{path}");
        }
    }
    let opened = Lists::default()
        .with(Resource::of::<Letter>().public())
        .with(Resource::of::<Team>().private());
    let site = Site::with(Kept::Sqlite, opened, |builder| builder).await;
    site.save(&letters()).await;
    assert_eq!(site.ids("/api/v1/letter/").await, [1, 2, 3]);
    assert_eq!(site.get("/api/v1/team/").await.status, 401);
}

/// Everybody reads what is addressed to them, and administrators everything.
fn by_user() -> ListAccess {
    Arc::new(|request, node| {
        let user = request.headers.get("x-user");
        let user = user.and_then(|user| user.to_str().ok()).map(str::to_owned);
        let node = node.as_str().to_owned();
        Box::pin(async move {
            match (user.as_deref(), node.as_str()) {
                (Some("admin"), _) => Readable::All,
                (Some(user), "/list/Letter") => {
                    Readable::Only(vec![("to".to_owned(), Condition::Equal(user.into()))])
                }
                (Some(_), "/list/User") => {
                    Readable::Only(vec![("id".to_owned(), Condition::Less(3.into()))])
                }
                (_, "/list/Commit") => Readable::All,
                (Some(_), _) => Readable::Nothing,
                (None, _) => Readable::Unknown,
            }
        })
    })
}

async fn as_user(site: &Site, user: &str, path: &str) -> (u16, Value) {
    let answer = site.ask("GET", path, &[("X-User", user)]).await;
    (
        answer.status,
        serde_json::from_slice(&answer.body).unwrap_or_default(),
    )
}

fn ids(page: &Value) -> Vec<i64> {
    let objects = page["objects"].as_array().unwrap().iter();
    objects
        .map(|object| object["id"].as_i64().unwrap())
        .collect()
}

async fn rows_are_seen_by_those_who_may(kept: Kept) {
    let site = Site::with(kept, lists(), |builder| builder.list_access(by_user())).await;
    site.save(&letters()).await;
    site.save(&users()).await;
    site.save(&teams()).await;
    site.save(&(1..=10).map(commit).collect::<Vec<_>>()).await;
    let (status, page) = as_user(&site, "ann", "/api/v1/letter/").await;
    assert_eq!(
        (status, ids(&page), &page["meta"]["total_count"]),
        (200, vec![1, 3], &Value::from(2))
    );
    // Not by asking for it in another way.
    for path in ["?to=bob", "?to__in=ann,bob&id=2", "?id=2"] {
        let (status, page) = as_user(&site, "ann", &format!("/api/v1/letter/{path}")).await;
        assert_eq!((status, ids(&page)), (200, vec![]), "{path}");
    }
    assert_eq!(as_user(&site, "ann", "/api/v1/letter/2/").await.0, 404);
    assert_eq!(as_user(&site, "bob", "/api/v1/letter/2/").await.0, 200);
    let (_, set) = as_user(&site, "ann", "/api/v1/letter/set/1;2/").await;
    assert_eq!(
        (ids(&set), &set["not_found"]),
        (vec![1], &serde_json::json!(["2"]))
    );
    assert_eq!(
        ids(&as_user(&site, "admin", "/api/v1/letter/").await.1),
        [1, 2, 3]
    );
    assert_eq!(site.get("/api/v1/letter/").await.status, 401);
    assert_eq!(as_user(&site, "ann", "/api/v1/team/").await.0, 403);
    // What a relation leads through is hidden as well: eve has the id 4.
    let through = "/api/v1/commit/?user__username__in=ann,eve&order_by=id";
    assert_eq!(ids(&as_user(&site, "ann", through).await.1), [1, 6]);
    assert_eq!(ids(&as_user(&site, "admin", through).await.1), [1, 4, 6, 9]);
    assert_eq!(site.get(through).await.status, 401);
    let (status, _) = as_user(&site, "ann", "/api/v1/commit/?user__team__slogan=Go").await;
    assert_eq!(status, 403);
    let (_, top) = as_user(&site, "ann", "/api/v1/").await;
    let names: Vec<_> = top
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["commit", "letter", "user"]);
}

#[tokio::test]
async fn a_hook_decides_on_rows_in_a_store() {
    rows_are_seen_by_those_who_may(Kept::Sqlite).await;
}

#[tokio::test]
async fn a_hook_decides_on_items_of_a_node() {
    rows_are_seen_by_those_who_may(Kept::Nowhere).await;
}
