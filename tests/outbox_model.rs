//! The promise of the outbox, held against a model of it: whatever a program does and whatever happens to its connection, every node is
//! told what was committed, all of it, in order and nothing else.
//!
//! Steps are drawn by chance, from a fixed seed unless `OUTBOX_MODEL_SEED` says another and as often as `PROPTEST_CASES` says, carried out through the public door against our server behind a network that fails, and
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

use self::program::{Place, Program};

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

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}

/// Different steps each time, the same ones in every run, unless the environment asks for others.
async fn play(cases: u32, luck: u64, place: impl AsyncFn() -> Place) {
    let cases = setting("PROPTEST_CASES").map_or(cases, |cases| cases.try_into().unwrap());
    let luck = luck.wrapping_add(
        setting("OUTBOX_MODEL_SEED")
            .unwrap_or(0)
            .wrapping_mul(1_000),
    );
    println!("luck {luck}");
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&luck.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = proptest::collection::vec(step::any(), 1..40);
    for case in 0..cases {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        println!("case {case}: {steps:?}");
        let mut program = Program::start(place().await).await;
        for step in steps {
            program.step(step).await;
        }
        program.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_hears_what_was_committed_in_order_and_nothing_else() {
    play(16, 1, async || Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_it_does_with_other_luck() {
    play(16, 2, async || Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_it_does_on_postgresql() {
    play(8, 3, Place::postgres).await;
}
