//! What is written is read back as it was; what is no outline is refused with a reason.

use proptest::prelude::*;

use super::{MOST_BYTES, OutlineError, SCHEMA};
use crate::registry::Format;
use crate::schema::outline::{Body, Case, Count, Member, Outline, Site, Type, ValueKind};

/// Names that XML has to escape, but for those of elements.
fn names() -> impl Strategy<Value = String> {
    "[a-z<>&\"'é🦀 _]{1,8}"
}

fn tags() -> impl Strategy<Value = String> {
    "[a-zA-Zé_][a-zA-Z0-9._-]{0,8}"
}

fn scalars() -> impl Strategy<Value = ValueKind> {
    prop_oneof![
        Just(ValueKind::Text),
        (any::<u16>(), any::<bool>())
            .prop_map(|(bits, signed)| ValueKind::Integer { bits, signed }),
        any::<u16>().prop_map(|bits| ValueKind::Float { bits }),
        Just(ValueKind::Bool),
        Just(ValueKind::Timestamp),
        Just(ValueKind::Uuid),
        prop::collection::vec("[a-z <&é]{0,6}", 0..4).prop_map(ValueKind::Choice),
    ]
}

/// There are so many types, of which the last has cases.
const TYPES: usize = 4;

fn kinds() -> impl Strategy<Value = ValueKind> {
    prop_oneof![
        3 => scalars(),
        1 => Just(ValueKind::Json),
        1 => (0..TYPES).prop_map(ValueKind::Nested),
    ]
}

fn members() -> impl Strategy<Value = Member> {
    let counts = prop_oneof![
        3 => Just(Count::One),
        1 => Just(Count::Optional),
        1 => Just(Count::Many),
        1 => scalars().prop_map(Count::Keyed),
    ];
    let shapes = prop_oneof![
        3 => (kinds(), counts).prop_map(|(kind, count)| (Site::Element, kind, count)),
        1 => (scalars(), any::<bool>()).prop_map(|(kind, is_optional)| {
            let count = if is_optional { Count::Optional } else { Count::One };
            (Site::Attribute, kind, count)
        }),
    ];
    (tags(), names(), any::<bool>(), shapes, any::<bool>()).prop_map(
        |(tag, column, is_renamed, (site, kind, count), has_default)| Member {
            name: if is_renamed {
                format!("{tag}2")
            } else {
                tag.clone()
            },
            column,
            tag,
            site,
            kind,
            count,
            has_default,
        },
    )
}

fn records() -> impl Strategy<Value = Body> {
    prop::collection::vec(members(), 0..6).prop_map(|mut members| {
        for (number, member) in members.iter_mut().enumerate() {
            let end = format!("-{number}");
            member.name.push_str(&end);
            member.tag.push_str(&end);
        }
        Body::Record(members)
    })
}

fn cases() -> impl Strategy<Value = Body> {
    let bodies = prop_oneof![records(), kinds().prop_map(Body::Value)];
    prop::collection::vec((names(), tags(), bodies), 1..4).prop_map(|cases| {
        let cases = cases.into_iter().enumerate();
        let cases = cases.map(|(number, (name, tag, body))| Case {
            name: format!("{name}{number}"),
            tag: format!("case-{tag}-{number}"),
            body,
        });
        Body::Cases(cases.collect())
    })
}

fn outlines() -> impl Strategy<Value = Outline> {
    let bodies = (
        records(),
        prop_oneof![records(), cases()],
        prop_oneof![records(), kinds().prop_map(Body::Value)],
        cases(),
    );
    let formats = prop::sample::select(vec![Format::Entry, Format::Django, Format::Json]);
    (
        bodies,
        formats,
        names(),
        prop::option::of(names()),
        any::<bool>(),
    )
        .prop_map(
            |((mut payload, second, third, last), format, type_name, id, is_flat)| {
                if let (true, Body::Record(members)) = (is_flat, &mut payload) {
                    members.push(Member {
                        name: "among".to_owned(),
                        column: "among".to_owned(),
                        tag: "among".to_owned(),
                        site: Site::Among,
                        kind: ValueKind::Nested(TYPES - 1),
                        count: Count::One,
                        has_default: false,
                    });
                }
                let types = [payload, second, third, last].into_iter().enumerate();
                Outline {
                    node: format!("/{type_name}x"),
                    type_name,
                    format,
                    id,
                    types: types
                        .map(|(number, body)| Type {
                            name: format!("T{number}"),
                            namespace: "urn:<a>".to_owned(),
                            body,
                        })
                        .collect(),
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read(outline in outlines()) {
        let text = outline.to_text().unwrap();
        let read = Outline::read(&text);
        prop_assert_eq!(read.as_ref(), Ok(&outline), "{}", text);
        prop_assert_eq!(read.unwrap().to_text().unwrap(), text);
    }

    #[test]
    fn whatever_is_read_can_be_written_again(
        outline in outlines(),
        place in any::<prop::sample::Index>(),
        length in 0_usize..4,
        with in "[<>/=\"#a-z0-9 -]{0,4}",
    ) {
        let letters: Vec<char> = outline.to_text().unwrap().chars().collect();
        let at = place.index(letters.len());
        let (before, after) = letters.split_at(at);
        let broken: String = before.iter().copied().chain(with.chars()).chain(after.iter().skip(length).copied()).collect();
        if let Ok(read) = Outline::read(&broken) {
            let again = Outline::read(&read.to_text().unwrap());
            prop_assert_eq!(again, Ok(read));
        }
    }
}

fn check(inside: &str, expected: &str) {
    let text = format!(
        "<schema xmlns='{SCHEMA}' node='/a/B' type='a::B' format='entry'>{inside}</schema>"
    );
    match Outline::read(&text) {
        Ok(outline) => assert_eq!(expected, "", "{outline:?}"),
        Err(error) => assert_eq!(
            error.to_string(),
            format!("the schema cannot be read: {expected}"),
            "{inside}"
        ),
    }
}

#[test]
fn what_is_no_outline_is_refused_with_the_reason() {
    let record = |members: &str| format!("<type name='B' namespace='u'>{members}</type>");
    check(&record(""), "");
    check("", "it has no type");
    check("<typ/>", "`typ` is not known here");
    check("<type name='B'/>", "`type` has no attribute `namespace`");
    check("<type name='' namespace=''/>", "a name is empty");
    check(
        &record("<member name='a' kind='text' new='1'/>"),
        "`new` is not known here",
    );
    check(
        &record("<member xmlns='urn:other' name='a' kind='text'/>"),
        "`member` is not known here",
    );
    check(
        &record("<member name='a' kind='i064'/>"),
        "`i064` is not known here",
    );
    check(
        &record("<member name='a' kind='i70000'/>"),
        "`i70000` is not known here",
    );
    check(
        &record("<member name='a' kind='#1'/>"),
        "there is no type #1",
    );
    check(
        &record("<member name='a' kind='text'><word/></member>"),
        "`word` is not known here",
    );
    check(
        &record("<member name='a b' kind='text'/>"),
        "a tag is no name in XML",
    );
    check(
        &record("<member name='a/&gt;&lt;b' kind='text'/>"),
        "a tag is no name in XML",
    );
    check(
        &record("<member name='a' kind='text'/><member name='a' tag='b' kind='text'/>"),
        "`a` is there twice",
    );
    check(
        &record("<member name='a' kind='text'/><member name='b' tag='a' kind='text'/>"),
        "`a` is there twice",
    );
    check(
        &record(
            "<member name='a' kind='text'/><member name='b' tag='a' kind='text' at='attribute'/>",
        ),
        "",
    );
    check(
        &record("<member name='a' kind='#0' at='attribute'/>"),
        "the member `a` is nested in an attribute",
    );
    check(
        &record("<member name='a' kind='text' at='attribute' count='many'/>"),
        "the member `a` has many values in one place",
    );
    check(
        &record("<member name='a' kind='text' at='among'/>"),
        "the member `a` has no cases",
    );
    check(
        &record("<member name='a' kind='#0' at='among'/>"),
        "the member `a` has no cases",
    );
    check(
        &record("<member name='a' kind='text'><key kind='json'/></member>"),
        "the member `a` has keys that are no text",
    );
    check(
        &record("<member name='a' kind='text' count='many'><key kind='text'/></member>"),
        "`key` is not known here",
    );
    check(
        &record("<member name='a' kind='text'/><value kind='text'/>"),
        "members, cases and values stand in one place",
    );
    check(
        &record("<case name='A'><case name='B'/></case>"),
        "`case` is not known here",
    );
    check(
        &record("<case name='A'/><case name='A' tag='b'/>"),
        "`A` is there twice",
    );
    check(
        &format!(
            "{}<type name='C' namespace=''><case name='x'/></type>",
            record("<member name='x' kind='text'/><member name='y' kind='#1' at='among'/>")
        ),
        "`x` is there twice",
    );
}

#[test]
fn what_is_too_long_or_something_else_is_refused() {
    assert_eq!(Outline::read("<schema/>"), Err(OutlineError::Form));
    assert!(matches!(
        Outline::read("<schema"),
        Err(OutlineError::Xml(_))
    ));
    let long = "x".repeat(MOST_BYTES + 1);
    assert_eq!(
        Outline::read(&long),
        Err(OutlineError::TooLong(MOST_BYTES + 1))
    );
    let mut outline = Outline {
        node: "/a".to_owned(),
        type_name: "a::B".to_owned(),
        format: Format::Entry,
        id: None,
        types: Vec::new(),
    };
    outline.types = vec![
        Type {
            name: "B".repeat(100),
            namespace: String::new(),
            body: Body::Record(Vec::new()),
        };
        600
    ];
    assert!(matches!(outline.to_text(), Err(OutlineError::TooLong(_))));
}
