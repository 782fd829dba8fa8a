//! Raw identifiers are written without their mark.

use pubsub_core::{Payload, Publish};

#[derive(Publish)]
#[publish(channels("{type}-{fn}"), rename_all = "UPPERCASE")]
struct r#Tweet {
    #[publish(id)]
    r#type: i64,
    #[publish(attribute)]
    r#fn: String,
    #[publish(child)]
    r#match: r#struct,
}

#[allow(non_camel_case_types)]
#[derive(Payload)]
enum r#struct {
    r#if,
    r#else { r#in: String },
}

#[test]
fn works() {
    let tweet = Tweet {
        r#type: 1,
        r#fn: "x".into(),
        r#match: r#struct::r#else { r#in: "y".into() },
    };
    let mut xml = String::new();
    tweet.write_attributes(&mut xml).unwrap();
    tweet.write_content(&mut xml).unwrap();
    assert_eq!(
        xml,
        " FN=\"x\"<TYPE>1</TYPE><MATCH><else><in>y</in></else></MATCH>"
    );
    assert_eq!(tweet.channels().unwrap(), ["1-x"]);
    assert!(Tweet::NODE.ends_with("/Tweet"));
    let _ = r#struct::r#if;
}
