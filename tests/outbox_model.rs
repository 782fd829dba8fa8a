//! The promise of the outbox, held against a model of it: whatever a program does and whatever happens to its connection, every node is
//! told what was committed, all of it, in order and nothing else.
//!
//! Steps are drawn by chance from a fixed seed, carried out through the public door against our server behind a network that fails, and
//! what an independent listener hears is compared with what a few lines of plain code expect.

#[path = "outbox_model/expectation.rs"]
mod expectation;
#[path = "outbox_model/program.rs"]
mod program;
#[path = "outbox_model/step.rs"]
mod step;
#[path = "outbox_model/witness.rs"]
mod witness;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use pubsub_core::{Publish, after_save};

use self::program::Program;

/// A note; its channel is that of its author.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(channels("by-{author}"))]
pub struct Note {
    #[publish(id)]
    pub id: u8,
    pub author: String,
    pub text: String,
}

/// What a hook does not let through.
const VETOED: &str = "not this";
/// An author whose channel belongs to somebody else, who refuses everything.
const STRANGER: &str = "stranger";

#[after_save]
fn is_fit_to_print(note: &Note) -> Result<(), String> {
    if note.text == VETOED {
        return Err("it is not fit to print".to_owned());
    }
    Ok(())
}

/// Different steps each time, the same ones in every run.
async fn play(cases: u32, seed: u8) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = proptest::collection::vec(step::any(), 1..40);
    for case in 0..cases {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        println!("case {case}: {steps:?}");
        let mut program = Program::start().await;
        for step in steps {
            program.step(step).await;
        }
        program.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_hears_what_was_committed_in_order_and_nothing_else() {
    play(16, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_it_does_with_other_luck() {
    play(16, 2).await;
}
