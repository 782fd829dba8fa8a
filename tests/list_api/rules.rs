//! The rules, one by one, on a page of commits.

use pubsub_gateway::settings::{Filtering, Lists, Origins, Resource};
use pubsub_gateway::{Gateway, Settings};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::models::{Commit, User, commit};
use crate::site::{Kept, Site, lists};

const COMMITS: &str = "/api/v1/commit/";

async fn site() -> Site {
    Site::start(Kept::Sqlite, 57).await
}

/// An answer that refuses with these words.
async fn refuses(site: &Site, path: &str, words: &str) {
    let answer = site.get(path).await;
    assert_eq!(
        (answer.status, answer.text()),
        (400, &*json!({ "error": words }).to_string()),
        "{path}"
    );
    assert_eq!(answer.header("content-type"), "application/json", "{path}");
}

#[tokio::test]
async fn a_page_has_meta_and_objects() {
    let site = site().await;
    let page = site.json(COMMITS).await;
    let position = page["meta"]["position"].as_str().unwrap().to_owned();
    assert_eq!(
        page["meta"],
        json!({
            "limit": 20,
            "next": "/api/v1/commit/?limit=20&offset=20",
            "offset": 0,
            "previous": null,
            "total_count": 57,
            "position": position,
        })
    );
    let objects = page["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 20);
    // The latest first, as the resource is set.
    assert_eq!(
        objects[0],
        json!({
            "id": 57,
            "hash": format!("{:040x}", 57),
            "name": "Ann",
            "message": "message 57",
            "user": "/api/v1/user/2/",
            "project": 1,
            "timestamp": "2012-06-18T07:10:20Z",
            "files": [],
            "resource_uri": "/api/v1/commit/57/",
        })
    );
    assert_eq!(objects[1]["message"], Value::Null);
    assert_eq!(objects[2]["user"], Value::Null);
    assert_eq!(
        objects[1]["files"],
        json!([{ "file": "src/0.rs", "language": "Rust" }, { "file": "src/1.rs", "language": null }])
    );
    let answer = site.get(COMMITS).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("vary"), "Accept");
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(answer.header("pubsub-position"), position);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn pages_lead_to_each_other_and_carry_every_other_argument() {
    let site = site().await;
    let mut path = format!("{COMMITS}?languages=Ruby%3BPython&project=1&limit=10&x=%C3%A4+b");
    let mut seen = Vec::new();
    let mut previous = Vec::new();
    loop {
        let page = site.json(&path).await;
        seen.extend(site.ids(&path).await);
        previous.push(page["meta"]["previous"].clone());
        match page["meta"]["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<i64> = (1..=57).rev().filter(|id| id % 2 == 1).collect();
    assert_eq!(seen, expected);
    let others = "languages=Ruby%3BPython&project=1&x=%C3%A4+b";
    assert_eq!(
        previous,
        [
            Value::Null,
            json!(format!("{COMMITS}?{others}&limit=10&offset=0")),
            json!(format!("{COMMITS}?{others}&limit=10&offset=10")),
        ]
    );
    for (query, next, before) in [
        (
            "offset=5",
            json!("/api/v1/commit/?limit=20&offset=25"),
            Value::Null,
        ),
        (
            "offset=37",
            Value::Null,
            json!("/api/v1/commit/?limit=20&offset=17"),
        ),
        (
            "offset=36",
            json!("/api/v1/commit/?limit=20&offset=56"),
            json!("/api/v1/commit/?limit=20&offset=16"),
        ),
        ("limit=57", Value::Null, Value::Null),
        (
            "offset=1000",
            Value::Null,
            json!("/api/v1/commit/?limit=20&offset=980"),
        ),
    ] {
        let page = site.json(&format!("{COMMITS}?{query}")).await;
        assert_eq!(page["meta"]["next"], next, "{query}");
        assert_eq!(page["meta"]["previous"], before, "{query}");
        assert_eq!(page["meta"]["total_count"], 57, "{query}");
    }
}

#[tokio::test]
async fn limits_are_kept_and_what_is_no_limit_is_refused() {
    let site = site().await;
    for (query, limit, count) in [
        ("limit=5", 5, 5),
        ("limit=0", 1000, 57),
        ("limit=2000", 1000, 57),
    ] {
        let page = site.json(&format!("{COMMITS}?{query}")).await;
        assert_eq!(page["meta"]["limit"], limit, "{query}");
        assert_eq!(page["objects"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, words) in [
        (
            "limit=x",
            "Invalid limit 'x' provided. Please provide a positive integer.",
        ),
        (
            "limit=-1",
            "Invalid limit '-1' provided. Please provide a positive integer >= 0.",
        ),
        (
            "offset=x",
            "Invalid offset 'x' provided. Please provide an integer.",
        ),
        (
            "offset=-1",
            "Invalid offset '-1' provided. Please provide a positive integer >= 0.",
        ),
    ] {
        refuses(&site, &format!("{COMMITS}?{query}"), words).await;
    }
    let own = Lists {
        limit: 3,
        max_limit: None,
        ..Lists::default()
    }
    .with(Resource::of::<Commit>().limits(2, 4));
    let site = Site::with(Kept::Sqlite, own, |builder| builder).await;
    site.save(&(1..=6).map(commit).collect::<Vec<_>>()).await;
    site.save(&crate::models::users()).await;
    assert_eq!(site.ids(COMMITS).await, [1, 2]);
    assert_eq!(site.ids(&format!("{COMMITS}?limit=0")).await, [1, 2, 3, 4]);
    assert_eq!(site.ids("/api/v1/user/").await, [1, 2, 3]);
    let all = site.json("/api/v1/user/?limit=0").await;
    assert_eq!(all["objects"].as_array().unwrap().len(), 4);
    let meta = all["meta"].as_object().unwrap();
    assert!(
        !meta.contains_key("next") && !meta.contains_key("previous"),
        "{meta:?}"
    );
    assert_eq!(meta["limit"], 0);
}

#[tokio::test]
async fn filters_are_those_that_the_resource_permits() {
    let site = site().await;
    for (query, expected) in [
        ("project=1&limit=3", vec![57, 55, 53]),
        ("project__exact=0&limit=3", vec![56, 54, 52]),
        ("user=2&limit=3", vec![57, 52, 47]),
        ("user__in=1,3&limit=4", vec![56, 53, 51, 48]),
        ("user__in=1&user__in=3&limit=4", vec![56, 53, 51, 48]),
        ("user=None&limit=2", vec![55, 50]),
        ("user__isnull=True&limit=2", vec![55, 50]),
        ("timestamp=2012-06-18T07:10:20Z", vec![57]),
        ("timestamp__gt=2012-06-18T07:08:20Z", vec![57, 56]),
        ("timestamp__lt=2012-06-18T06:15:20", vec![1]),
        (
            "timestamp__range=2012-06-18T06:15:20Z,2012-06-18T06:16:20Z",
            vec![3, 2],
        ),
        ("timestamp__gt=2012-06-18T09:08:20%2B02:00", vec![57, 56]),
        ("timestamp__gt=2013-01-01", vec![]),
        ("languages=Ruby&limit=1", vec![57]),
        ("user__username=ann&limit=2", vec![56, 51]),
        ("user__username__istartswith=B&limit=3", vec![57, 53, 52]),
        ("user__team__slogan__contains=/&limit=3", vec![56, 54, 51]),
        ("user__id__gte=4&limit=1", vec![54]),
        ("user__username=nobody", vec![]),
        ("project=1&user=2&limit=2", vec![57, 47]),
    ] {
        assert_eq!(
            site.ids(&format!("{COMMITS}?{query}")).await,
            expected,
            "{query}"
        );
    }
    for (query, words) in [
        ("hash=x", "The 'hash' field does not allow filtering."),
        ("files=x", "The 'files' field does not allow filtering."),
        ("id=1", "The 'id' field does not allow filtering."),
        (
            "resource_uri=/",
            "The 'resource_uri' field does not allow filtering.",
        ),
        (
            "timestamp__gte=2012",
            "'gte' is not an allowed filter on the 'timestamp' field.",
        ),
        (
            "timestamp__year=2012",
            "'year' is not an allowed filter on the 'timestamp' field.",
        ),
        (
            "project__regex=.",
            "'regex' is not an allowed filter on the 'project' field.",
        ),
        (
            "project__name=x",
            "The 'project' field does not support relations.",
        ),
        (
            "project__nonsense=x",
            "The 'project' field does not support relations.",
        ),
        (
            "user__nonsense=x",
            "The 'user' resource has no such field to filter by.",
        ),
        (
            "user__username__regex=x",
            "'regex' is not an allowed filter on the 'username' field.",
        ),
        (
            "user=ann",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "project=1.5",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "project__gt=None",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "project__contains=1",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "project__isnull=maybe",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "timestamp__range=2012-01-01",
            "Invalid resource lookup data provided (mismatched type).",
        ),
        (
            "timestamp=yesterday",
            "Invalid resource lookup data provided (mismatched type).",
        ),
    ] {
        refuses(&site, &format!("{COMMITS}?{query}"), words).await;
    }
}

#[tokio::test]
async fn relations_are_crossed_only_where_that_is_permitted() {
    let lists = Lists::default()
        .with(
            Resource::of::<Commit>()
                .filter("user", Filtering::All)
                .link("user", "user"),
        )
        .with(Resource::of::<User>());
    let site = Site::with(Kept::Sqlite, lists, |builder| builder).await;
    let words = "Lookups are not allowed more than one level deep on the 'user' field.";
    refuses(&site, &format!("{COMMITS}?user__username=ann"), words).await;
}

#[tokio::test]
async fn rows_are_sorted_as_asked_if_that_is_permitted() {
    let site = site().await;
    for (query, expected) in [
        ("order_by=timestamp", [1, 2]),
        ("order_by=-timestamp", [57, 56]),
        ("order_by=-id&order_by=timestamp", [57, 56]),
    ] {
        assert_eq!(
            site.ids(&format!("{COMMITS}?limit=2&{query}")).await,
            expected,
            "{query}"
        );
    }
    assert_eq!(
        site.ids("/api/v1/user/?order_by=-team&order_by=username")
            .await,
        [1, 4, 2, 3]
    );
    for (query, words) in [
        ("order_by=hash", "The 'hash' field does not allow ordering."),
        (
            "order_by=-files",
            "The 'files' field does not allow ordering.",
        ),
        (
            "order_by=resource_uri",
            "The 'resource_uri' field does not allow ordering.",
        ),
        (
            "order_by=nonsense",
            "No matching 'nonsense' field for ordering on.",
        ),
        ("order_by=-", "No matching '' field for ordering on."),
        (
            "order_by=user__username",
            "The 'user' field does not allow ordering.",
        ),
    ] {
        refuses(&site, &format!("{COMMITS}?{query}"), words).await;
    }
}

#[tokio::test]
async fn one_row_and_several_by_id() {
    let site = site().await;
    let one = site.get("/api/v1/commit/5/").await;
    let page = site
        .get(&format!("{COMMITS}?order_by=id&limit=1&offset=4"))
        .await;
    assert_eq!(one.status, 200);
    let objects = page.text().split_once("\"objects\":[").unwrap().1;
    assert_eq!(
        one.text(),
        objects.strip_suffix("]}").unwrap(),
        "the same bytes"
    );
    let set = site.json("/api/v1/commit/set/3;99;1;x/").await;
    let ids: Vec<_> = set["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [3, 1]);
    assert_eq!(set["not_found"], json!(["99", "x"]));
    let set = site.json("/api/v1/commit/set/3/").await;
    assert_eq!(set.as_object().unwrap().len(), 1, "nothing is missing");
    // An id with everything that a path has a use for.
    let team = site.json("/api/v1/team/red%20%26%20blue/").await;
    assert_eq!(
        team,
        json!({ "id": "red & blue", "name": "red & blue", "slogan": "Slow/steady", "resource_uri": "/api/v1/team/red%20%26%20blue/" })
    );
    let user = site.json("/api/v1/user/1/").await;
    assert_eq!(user["team"], "/api/v1/team/red%20%26%20blue/");
    assert_eq!(site.json(user["team"].as_str().unwrap()).await, team);
    let found = site.json("/api/v1/team/?id=green").await;
    assert_eq!(found["meta"]["total_count"], 1);
    for missing in [
        "/api/v1/commit/99/",
        "/api/v1/commit/x/",
        "/api/v1/nothing/",
        "/api/v1/commit/5/6/",
        "/api/v1//",
    ] {
        let answer = site.get(missing).await;
        assert_eq!((answer.status, answer.text()), (404, ""), "{missing}");
        assert_eq!(answer.header("vary"), "Accept");
    }
}

#[tokio::test]
async fn what_there_is_and_what_it_looks_like() {
    let site = site().await;
    let top = site.json("/api/v1/").await;
    let names: Vec<_> = top
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        ["commit", "sample-of-kinds", "team", "user"],
        "the others are not for everybody"
    );
    assert_eq!(
        top["sample-of-kinds"],
        json!({ "list_endpoint": "/api/v1/sample-of-kinds/", "schema": "/api/v1/sample-of-kinds/schema/" })
    );
    let schema = site.json("/api/v1/commit/schema/").await;
    assert_eq!(schema["allowed_list_http_methods"], json!(["get"]));
    assert_eq!(schema["default_format"], "application/json");
    assert_eq!(schema["default_limit"], 20);
    assert_eq!(schema["ordering"], json!(["id", "timestamp"]));
    assert_eq!(
        schema["filtering"]["timestamp"],
        json!(["exact", "range", "gt", "lt"])
    );
    assert!(schema["filtering"].get("hash").is_none());
    let field = &schema["fields"]["timestamp"];
    assert_eq!(
        (&field["type"], &field["nullable"]),
        (&json!("datetime"), &json!(false))
    );
    assert_eq!(schema["fields"]["message"]["nullable"], true);
    assert_eq!(schema["fields"]["files"]["type"], "list");
    assert_eq!(schema["fields"]["id"]["primary_key"], true);
    assert_eq!(schema["fields"]["resource_uri"]["type"], "string");
    let user = &schema["fields"]["user"];
    assert_eq!(
        (&user["type"], &user["related_schema"]),
        (&json!("related"), &json!("/api/v1/user/schema/"))
    );
    site.json(user["related_schema"].as_str().unwrap()).await;
    // The schema of a row holds for the rows, but for the links in them.
    let samples = site.json("/api/v1/sample-of-kinds/schema/").await;
    let validator = jsonschema::validator_for(&samples["json_schema"]).unwrap();
    let page = site.json("/api/v1/sample-of-kinds/").await;
    let rows = page["objects"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert!(validator.is_valid(row), "{row}");
    }
    assert!(!validator.is_valid(&json!({ "key": "x" })));
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let site = site().await;
    for path in [
        COMMITS,
        "/api/v1/commit/1/",
        "/api/v1/",
        "/api/v1/commit/schema/",
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            let answer = site.ask(method, path, &[]).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), "GET,HEAD,OPTIONS");
        }
        let answer = site.ask("OPTIONS", path, &[]).await;
        assert_eq!((answer.status, answer.text()), (200, "GET,HEAD,OPTIONS"));
        assert_eq!(answer.header("allow"), "GET,HEAD,OPTIONS");
    }
    let mut client = crate::browser::Client::connect(site.address).await;
    client.send("HEAD", COMMITS, &[], "").await;
    let head = client.head().await;
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, "application/json")
    );
}

#[tokio::test]
async fn a_path_without_its_slash_leads_to_the_one_with_it() {
    let site = site().await;
    for (path, expected) in [
        ("/api/v1/commit", "/api/v1/commit/"),
        ("/api/v1/commit/5", "/api/v1/commit/5/"),
        (
            "/api/v1/commit?limit=1&offset=2",
            "/api/v1/commit/?limit=1&offset=2",
        ),
        ("/api/v1/team/a%2Fb", "/api/v1/team/a%2Fb/"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (301, expected),
            "{path}"
        );
    }
    assert_eq!(site.get("/api/v1").await.status, 200);
}

#[tokio::test]
async fn there_is_one_format() {
    let site = site().await;
    for (path, accept) in [
        ("?format=json", "*/*"),
        ("?limit=1", "application/json"),
        ("?limit=1", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("?limit=1", "application/xml"),
    ] {
        let answer = site
            .ask("GET", &format!("{COMMITS}{path}"), &[("Accept", accept)])
            .await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json"),
            "{path} {accept}"
        );
    }
    refuses(
        &site,
        &format!("{COMMITS}?format=xml"),
        "The format 'xml' is not available; use 'json'.",
    )
    .await;
    let next = site.json(&format!("{COMMITS}?format=json&limit=1")).await;
    assert_eq!(
        next["meta"]["next"],
        "/api/v1/commit/?format=json&limit=1&offset=1"
    );
}

#[tokio::test]
async fn pages_of_other_origins_may_read_where_they_are_let() {
    let page = [("Origin", "https://page.example")];
    let closed = site().await;
    assert!(
        !closed
            .ask("GET", COMMITS, &page)
            .await
            .has("access-control-allow-origin")
    );

    let open = |origins: Origins| {
        move |builder: pubsub_gateway::Builder| {
            builder.settings(Settings {
                origins,
                lists: Some(lists()),
                ..Settings::default()
            })
        }
    };
    let site = Site::with(Kept::Sqlite, lists(), open(Origins::Any)).await;
    for path in [COMMITS, "/api/v1/nothing/", "/api/v1/commit/?limit=x"] {
        for method in ["GET", "OPTIONS", "POST"] {
            let answer = site.ask(method, path, &page).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                "*",
                "{method} {path}"
            );
            assert!(
                answer
                    .header("access-control-allow-headers")
                    .starts_with("Content-Type")
            );
            assert_eq!(
                answer.header("access-control-expose-headers"),
                "Pubsub-Position"
            );
        }
    }
    let listed = Origins::Listed(vec!["https://page.example".to_owned()]);
    let site = Site::with(Kept::Sqlite, lists(), open(listed)).await;
    let answer = site.ask("GET", COMMITS, &page).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://page.example"
    );
    let answer = site
        .ask("GET", COMMITS, &[("Origin", "https://other.example")])
        .await;
    assert!(!answer.has("access-control-allow-origin"));
    let varies = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("vary"));
    let varies: Vec<_> = varies.map(|(_, value)| value.as_str()).collect();
    assert_eq!(varies.join(","), "Accept,Origin");
}

#[tokio::test]
async fn lists_stand_where_they_are_put_or_not_at_all() {
    let lists = Lists {
        base: "/data".to_owned(),
        ..lists()
    };
    let site = Site::with(Kept::Sqlite, lists, |builder| builder).await;
    site.save(&[commit(1)]).await;
    let page = site.json("/data/commit/").await;
    assert_eq!(page["objects"][0]["resource_uri"], "/data/commit/1/");
    assert_eq!(page["objects"][0]["user"], "/data/user/1/");
    assert_eq!(site.get("/api/v1/commit/").await.status, 404);

    let none = |builder: pubsub_gateway::Builder| {
        builder.settings(Settings {
            lists: None,
            ..Settings::default()
        })
    };
    let site = Site::with(Kept::Sqlite, Lists::default(), none).await;
    assert_eq!(site.get(COMMITS).await.status, 404);
}

#[tokio::test]
async fn settings_that_do_not_fit_the_models_are_said_to() {
    let site = site().await;
    let refused = |resource: Resource| {
        let settings = Settings {
            lists: Some(Lists::default().with(resource)),
            ..Settings::default()
        };
        let built = Gateway::builder(site.pubsub.clone())
            .settings(settings)
            .build();
        built.unwrap_err().to_string()
    };
    let commit = || Resource::of::<Commit>();
    for (resource, expected) in [
        (
            Resource::at("/nowhere"),
            "the resource of node /nowhere: no model of this program publishes there",
        ),
        (
            commit().named("a/b"),
            "the resource of node /list/Commit: it cannot be called `a/b`; use letters, digits and `-_.~`",
        ),
        (
            commit().named(".."),
            "the resource of node /list/Commit: it cannot be called `..`; use letters, digits and `-_.~`",
        ),
        (
            commit().filter("nope", Filtering::All),
            "the resource of node /list/Commit: `nope` is no field of one value",
        ),
        (
            commit().filter("files", Filtering::All),
            "the resource of node /list/Commit: `files` is no field of one value",
        ),
        (
            commit().sort_by(&["nope"]),
            "the resource of node /list/Commit: `nope` is no field of one value",
        ),
        (
            commit().order("-nope"),
            "the resource of node /list/Commit: `nope` is no field of one value",
        ),
        (
            commit().link("user", "person"),
            "the resource of node /list/Commit: `user` links to `person`, which is no resource",
        ),
        (
            commit().link("nope", "user"),
            "the resource of node /list/Commit: `Commit` has no field `nope` that could be a link",
        ),
        (
            commit().link("files", "user"),
            "the resource of node /list/Commit: `Commit.files` cannot be a link: it has to be the id of one row, and the model not in the format `json`",
        ),
    ] {
        assert_eq!(refused(resource), expected);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_hides_no_other() {
    let site = Site::start(Kept::Sqlite, 3).await;
    // As a row of an older model, which lacks a field that has no default.
    let path = site.directory.path().join("lists.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%Commit%'";
    let (table,): (String,) = sqlx::query_as(named)
        .fetch_one(&mut database)
        .await
        .unwrap();
    let broken = format!(
        "UPDATE \"{table}\" SET pubsub_payload = replace(pubsub_payload, 'hash>', 'hush>') WHERE pubsub_item = '2'"
    );
    let updated = sqlx::query(AssertSqlSafe(broken))
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(updated.rows_affected(), 1);
    let page = site.json(&format!("{COMMITS}?order_by=id")).await;
    let ids: Vec<_> = page["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, [1, 3]);
    assert_eq!(page["meta"]["unreadable"], json!(["2"]));
    assert_eq!(page["meta"]["total_count"], 3);
    let set = site.json("/api/v1/commit/set/1;2;9/").await;
    assert_eq!(
        (&set["unreadable"], &set["not_found"]),
        (&json!(["2"]), &json!(["9"]))
    );
    let answer = site.get("/api/v1/commit/2/").await;
    let words = "Sorry, this request could not be processed. Please try again later.";
    assert_eq!(
        (answer.status, answer.text()),
        (500, &*json!({ "error_message": words }).to_string())
    );
}
