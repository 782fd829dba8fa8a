//! Whatever is asked, rows are the same whether they come from SQLite, from PostgreSQL or from the items of a node.

use serde_json::Value;

use crate::site::{Kept, Site};

const KINDS: &str = "/api/v1/sample-of-kinds/";

/// Questions to the samples of every kind of field.
fn questions() -> Vec<String> {
    let fields = [
        ("id", &["0", "3", "-1", "99999999999", "None", "x"][..]),
        ("key", &["2"]),
        ("text", &["", "a", "A", "ä%_b", "None", "true", "%"]),
        ("flag", &["true", "False", "0", "None", "maybe"]),
        (
            "big",
            &[
                "0",
                "9007199254740993",
                "18446744073709551615",
                "18446744073709551616",
                "-1",
                "10",
            ],
        ),
        (
            "wide",
            &[
                "0",
                "-170141183460469231731687303715884105728",
                "170141183460469231731687303715884105728",
                "-5",
                "None",
            ],
        ),
        (
            "real",
            &["0", "-0.0", "NaN", "inf", "-1.5", "1e300", "None"],
        ),
        ("at", &["2012-06-18T06:13:20Z", "2013-01-01", "None", "x"]),
        (
            "uuid",
            &[
                "00000000-0000-0000-0000-000000000003",
                "00000000000000000000000000000003",
                "3",
            ],
        ),
        ("mood", &["good", "bad", "worse"]),
        ("changed_by", &["p1"]),
    ];
    let lookups = [
        "exact",
        "iexact",
        "gt",
        "gte",
        "lt",
        "lte",
        "in",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "isnull",
        "year",
    ];
    let mut questions = vec![String::new(), "?order_by=id&limit=2&offset=1".to_owned()];
    for (field, values) in fields {
        for lookup in lookups {
            questions.extend(
                values
                    .iter()
                    .map(|value| format!("?{field}__{lookup}={value}")),
            );
        }
        questions.push(format!(
            "?{field}__in={}",
            values[..2.min(values.len())].join(",")
        ));
        questions.push(format!(
            "?{field}__range={},{}",
            values[0],
            values[values.len() - 1]
        ));
        questions.push(format!("?order_by={field}"));
        questions.push(format!("?order_by=-{field}&order_by=-id"));
    }
    questions
}

/// What is answered, but for the position, which is another in each place.
async fn answer(site: &Site, path: &str) -> (u16, Value) {
    let answer = site.get(path).await;
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(meta) = body.get_mut("meta").and_then(Value::as_object_mut) {
        assert!(
            meta.remove("position")
                .is_some_and(|position| position.is_string())
        );
    }
    (answer.status, body)
}

async fn same_on(kept: Kept) {
    let one = Site::start(Kept::Sqlite, 12).await;
    let other = Site::start(kept, 12).await;
    let mut found = 0;
    for question in questions() {
        let path = format!("{KINDS}{question}");
        let expected = answer(&one, &path).await;
        found += expected.1["objects"].as_array().map_or(0, Vec::len);
        assert_eq!(answer(&other, &path).await, expected, "{path} on {kept:?}");
    }
    assert!(found > 500, "{found} rows were found in all");
    for path in [
        "/api/v1/commit/?limit=5&offset=3",
        "/api/v1/commit/?user__username__startswith=b",
        "/api/v1/commit/?user__team__slogan=Go&order_by=id",
        "/api/v1/commit/set/1;2;99/",
        "/api/v1/commit/7/",
        "/api/v1/commit/99/",
        "/api/v1/team/?order_by=-slogan",
        "/api/v1/commit/schema/",
    ] {
        assert_eq!(
            answer(&other, path).await,
            answer(&one, path).await,
            "{path} on {kept:?}"
        );
    }
}

#[tokio::test]
async fn on_postgresql() {
    same_on(Kept::Postgres).await;
}

#[tokio::test]
async fn on_the_items_of_nodes() {
    same_on(Kept::Nowhere).await;
}
