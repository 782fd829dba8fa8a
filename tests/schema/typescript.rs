//! What tsc says of the types, and of rows that are or are not of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pubsub_core::Publish;
use pubsub_core::schema::{Outline, typescript, typescript_of};

use crate::models::{Leaves, Order, Row, Sets};
use crate::{Odd, odds, readings, rows, samples};

/// Where `cargo xtask setup` puts the compiler.
fn compiler() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(target, PathBuf::from);
    target.join("npm/node_modules/.bin/tsc")
}

/// Has tsc check a program beside the types of all models.
fn compile(program: &str) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("rows.ts"), typescript()).unwrap();
    std::fs::write(directory.path().join("program.ts"), program).unwrap();
    let output = Command::new(compiler())
        .args([
            "--noEmit", "--strict", "--target", "es2022", "--module", "es2022",
        ])
        .args(["--moduleResolution", "bundler", "--types", "", "program.ts"])
        .current_dir(directory.path())
        .output()
        .expect("tsc is installed: cargo xtask setup");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(())
    } else {
        Err(text)
    }
}

fn literals(program: &mut String, name: &str, rows: &[String]) {
    writeln!(program, "import type {{ {name} }} from './rows';").unwrap();
    writeln!(
        program,
        "export const {}: {name}[] = [",
        name.to_lowercase()
    )
    .unwrap();
    for row in rows {
        writeln!(program, "{row},").unwrap();
    }
    writeln!(program, "];").unwrap();
}

#[test]
fn every_row_is_of_its_type() {
    let mut program = String::new();
    literals(&mut program, "Leaves", &rows(&samples(Leaves::any())));
    literals(&mut program, "Order", &rows(&samples(Order::any())));
    literals(&mut program, "Sets", &rows(&samples(Sets::any())));
    literals(&mut program, "Row", &rows(&samples(Row::any())));
    literals(&mut program, "Odd", &rows(&odds()));
    literals(&mut program, "Reading", &rows(&readings()));
    compile(&program).unwrap();
}

#[test]
fn types_say_what_can_be_done_with_a_row_and_what_cannot() {
    let program = r#"
        import type { Listed, Node, Nodes, Odd, Order, Row } from './rows';
        export function use(order: Order, odd: Odd, listed: Listed<Row>, any: Nodes['/schema/Odd']): unknown[] {
            const node: Node = '/schema/Order';
            // @ts-expect-error there is no such node
            const none: Node = '/schema/Nothing';
            // @ts-expect-error it may be null
            const note: string = order.note;
            // @ts-expect-error it may be a string
            const wrong: number = odd.inner_the_id;
            const exact: bigint = BigInt(odd.inner_the_id);
            // @ts-expect-error it may be a word
            const latitude: number = order.place.latitude;
            const uri: string = listed.resource_uri;
            // @ts-expect-error no such mood
            odd.moods.push('Bad');
            const media = order.media.map((one) =>
                one === 'Nothing' ? 0 : 'Photo' in one ? one.Photo.width : 'Link' in one ? one.Link.length : one.Spot.name);
            // @ts-expect-error no such variant
            order.media.push({ Video: 1 });
            // @ts-expect-error a tree has branches
            order.answer = { text: 'x' };
            return [node, none, note, wrong, exact, latitude, uri, media, any.models.street];
        }
    "#;
    compile(program).unwrap();
    let error = compile("import type { Row } from './rows'; export const row: Row = { id: 1 };")
        .unwrap_err();
    assert!(error.contains("program.ts(1,"), "{error}");
}

#[test]
fn the_text_is_the_same_every_time_and_as_documented() {
    assert_eq!(typescript(), typescript());
    let text = typescript_of(&[Outline::of(Odd::DESCRIPTOR), Outline::of(Order::DESCRIPTOR)]);
    let expected = include_str!("expected.ts");
    assert_eq!(text, expected, "write it down anew if this is meant");
}

#[test]
fn names_from_the_wire_cannot_break_out() {
    let text = r##"<schema xmlns="urn:pubsub:schema:1" node="/a&quot;b*/" type="x::*/ evil(); /*" format="json">
        <type name="1" namespace=""><member name='a": never }; evil(); ({"' kind="choice"><word>"; evil();</word></member><member name="b" kind="#1"/></type>
        <type name="é-*/" namespace=""><value kind="choice"/></type></schema>"##;
    let outline = Outline::read(text).unwrap();
    let text = typescript_of(&[outline]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("rows.ts"), &text).unwrap();
    let output = Command::new(compiler())
        .args(["--noEmit", "--strict", "--types", "", "rows.ts"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{text}",
        String::from_utf8_lossy(&output.stdout)
    );
    // It is all in strings and comments, so nothing is left to run.
    let code = text
        .lines()
        .filter(|line| line.contains("evil") && !line.starts_with("/**"));
    for line in code {
        assert!(line.trim_start().starts_with('"'), "{line}");
    }
}
