//! A payload may contain itself.

use pubsub_core::Payload;
use pubsub_core::schema::{Kind, Shape};

#[derive(Debug, PartialEq, Payload)]
struct Comment {
    text: String,
    #[publish(child)]
    answers: Vec<Comment>,
    #[publish(child)]
    quoted: Option<Box<Comment>>,
}

#[test]
fn works() {
    let Shape::Fields([_, answers, _]) = Comment::SHAPE else {
        panic!()
    };
    let Kind::Nested(nested) = answers.kind else {
        panic!()
    };
    assert_eq!(nested.schema(), Comment::SCHEMA);
}
