//! Who sees which rows.

use std::time::{Duration, SystemTime};

use pubsub_core::NodeName;
use pubsub_core::store::Condition;
use pubsub_gateway::settings::{AccessRules, Lists, Resource};
use pubsub_gateway::{
    Access, AccessRequest, Claims, Deciding, Denied, Grant, Intent, Settings, TokenKey,
};
use serde_json::{Value, json};

use crate::browser::Client;
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
            let words = "Reading these rows needs a token for the channel of their node.";
            let body = json!({ "error": words }).to_string();
            assert_eq!((answer.status, answer.text()), (403, &*body), "{path}");
        }
    }
    let opened = Lists::default()
        .with(Resource::of::<Letter>().public())
        .with(Resource::of::<Team>().private());
    let site = Site::with(Kept::Sqlite, opened, |builder| builder).await;
    site.save(&letters()).await;
    assert_eq!(site.ids("/api/v1/letter/").await, [1, 2, 3]);
    assert_eq!(site.get("/api/v1/team/").await.status, 403);
}

/// Everybody reads what is addressed to them, and administrators everything.
struct ByUser;

impl Access for ByUser {
    fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r> {
        Box::pin(async move {
            assert_eq!(request.intent, Intent::List);
            let user = request.headers.get("x-user");
            let user = user.and_then(|user| user.to_str().ok());
            let node = request.channels[0].node().as_str();
            match (user, node) {
                (Some("admin"), _) => Ok(Grant::to("admin")),
                (Some(user), "/list/Letter") => Ok(Grant::to(user).rows_where("to", user)),
                (Some(user), "/list/User") => {
                    Ok(Grant::to(user).rows_where("id", Condition::Less(3.into())))
                }
                (_, "/list/Commit") => request.by_rules(),
                (Some(_), _) => Err(Denied::forbidden("Not for you.")),
                (None, _) => Err(Denied::unauthorized("Sign in first.")),
            }
        })
    }
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
    let site = Site::with(kept, lists(), |builder| builder.access(ByUser)).await;
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
    assert_eq!((ids(&set), &set["not_found"]), (vec![1], &json!(["2"])));
    assert_eq!(
        ids(&as_user(&site, "admin", "/api/v1/letter/").await.1),
        [1, 2, 3]
    );
    let answer = site.get("/api/v1/letter/").await;
    assert_eq!(
        (answer.status, answer.text()),
        (401, "{\"error\":\"Sign in first.\"}")
    );
    assert_eq!(answer.header("www-authenticate"), "Bearer");
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

#[tokio::test]
async fn a_token_for_the_node_opens_its_rows() {
    let key = || TokenKey::hs256(&[7; 32]).unwrap();
    let with_keys = |builder: pubsub_gateway::Builder| {
        builder.settings(Settings {
            lists: Some(Lists::default()),
            access: AccessRules {
                keys: vec![key()],
                ..AccessRules::default()
            },
            ..Settings::default()
        })
    };
    let site = Site::with(Kept::Sqlite, Lists::default(), with_keys).await;
    site.save(&letters()).await;
    let until = SystemTime::now() + Duration::from_mins(1);
    let until = until
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let good = key()
        .sign(&Claims::until("ann", until).subscribe("list.Letter"))
        .unwrap();
    let other = key()
        .sign(&Claims::until("ann", until).subscribe("user-ann"))
        .unwrap();
    let bearer = format!("Bearer {good}");
    let answer = site
        .ask("GET", "/api/v1/letter/", &[("Authorization", &bearer)])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = site
        .json(&format!("/api/v1/letter/?limit=1&token={good}"))
        .await;
    assert_eq!(ids(&page), [1]);
    let next = page["meta"]["next"].as_str().unwrap();
    assert_eq!(
        site.ids(next).await,
        [2],
        "the token goes on to the next page"
    );
    for (path, status) in [
        ("/api/v1/letter/".to_owned(), 401),
        (format!("/api/v1/letter/?token={other}"), 403),
        (format!("/api/v1/letter/?token={good}x"), 401),
        (format!("/api/v1/secret/?token={good}"), 403),
        (format!("/api/v1/team/?token={good}"), 200),
    ] {
        assert_eq!(site.get(&path).await.status, status, "{path}");
    }
}

/// What is answered about a node in its list, on its channel, on its channel from a position on, and about its position.
async fn looked_at(site: &Site, name: &str) -> [u16; 4] {
    let node = NodeName::new(format!("/list/{name}")).unwrap();
    let position = site.pubsub.position_of(&node).await.unwrap();
    let list = format!("/api/v1/{}/", name.to_lowercase());
    let push = format!("/events/ev/list.{name}");
    let missed = format!("{push}?position={position}");
    let place = format!("/api/v1/user/?position_of=list.{name}");
    let mut found = [0; 4];
    for (status, path) in found.iter_mut().zip([list, push, missed, place]) {
        let mut client = Client::connect(site.address).await;
        client.send("GET", &path, &[], "").await;
        *status = client.head().await.status;
    }
    found
}

#[tokio::test]
async fn a_node_is_private_in_lists_and_in_what_is_pushed_alike() {
    let (open, private) = ([200; 4], [403; 4]);
    let all = ["user-", "project-", "global"];
    for (prefixes, letter, commit) in [
        (&["user-"][..], private, open),
        (&[], open, open),
        (&all, private, private),
        // It is not known how the names of all its channels go on.
        (&["user-ann"], open, open),
    ] {
        let settings = |builder: pubsub_gateway::Builder| {
            builder.settings(Settings {
                lists: Some(Lists::default()),
                access: AccessRules {
                    private: prefixes.iter().map(|it| (*it).to_owned()).collect(),
                    ..AccessRules::default()
                },
                ..Settings::default()
            })
        };
        let site = Site::with(Kept::Sqlite, Lists::default(), settings).await;
        site.save(&letters()).await;
        site.save(&[crate::models::commit(1)]).await;
        assert_eq!(looked_at(&site, "Letter").await, letter, "{prefixes:?}");
        assert_eq!(looked_at(&site, "Commit").await, commit, "{prefixes:?}");
        // Its node is for some only.
        assert_eq!(looked_at(&site, "Secret").await, private, "{prefixes:?}");
    }
    let said = Lists::default()
        .with(Resource::of::<Letter>().public())
        .with(Resource::of::<Team>().private());
    let site = Site::with(Kept::Sqlite, said, |builder| builder).await;
    assert_eq!(looked_at(&site, "Letter").await, open);
    assert_eq!(looked_at(&site, "Team").await, private);
    let user = "/api/v1/user/?position_of=list.User,user-ann";
    assert_eq!(site.get(user).await.status, 403);
}
