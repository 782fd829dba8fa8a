//! Names: case rules, what XML and XMPP accept as one, and how a mistyped word is recognised.
//!
//! Knows strings. Does not know attributes or types.

/// A rule that turns the names of Rust into those of XML.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    /// The rules by the words that ask for them.
    pub(crate) const WORDS: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// The name under this rule, whether it was that of a field (`snake_case`) or of a variant (`PascalCase`).
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let lower = |word: &String| word.to_lowercase();
        let upper = |word: &String| word.to_uppercase();
        let joined = |mark: &str, change: &dyn Fn(&String) -> String| {
            words.iter().map(change).collect::<Vec<_>>().join(mark)
        };
        match self {
            Self::Lower => joined("", &lower),
            Self::Upper => joined("", &upper),
            Self::Pascal => joined("", &|word| capitalised(word)),
            Self::Camel => {
                let mut words = words.iter();
                let first = words.next().map(lower).unwrap_or_default();
                words.fold(first, |name, word| name + &capitalised(word))
            }
            Self::Snake => joined("_", &lower),
            Self::ScreamingSnake => joined("_", &upper),
            Self::Kebab => joined("-", &lower),
            Self::ScreamingKebab => joined("-", &upper),
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(letters.as_str().to_lowercase().chars())
            .collect()
    })
}

/// The words of an identifier: between underscores, and before a capital that follows a small letter or precedes one.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split('_').filter(|part| !part.is_empty()) {
        let mut word = String::new();
        let mut letters = part.chars().peekable();
        while let Some(letter) = letters.next() {
            let follows_small = word
                .chars()
                .next_back()
                .is_some_and(|last| !last.is_uppercase());
            let precedes_small = letters.peek().is_some_and(|next| next.is_lowercase());
            if letter.is_uppercase() && !word.is_empty() && (follows_small || precedes_small) {
                words.push(std::mem::take(&mut word));
            }
            word.push(letter);
        }
        words.push(word);
    }
    words
}

/// What keeps a string from being the local name of an element or attribute (`NCName` of Namespaces in XML).
pub(crate) fn xml_name_problem(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let Some(first) = letters.next() else {
        return Some("a name in XML cannot be empty; start with a letter or `_`".to_owned());
    };
    if !is_name_start(first) {
        return Some(format!(
            "a name in XML cannot start with `{first}`; start with a letter or `_`"
        ));
    }
    let bad = letters.find(|letter| !is_name_start(*letter) && !is_name_rest(*letter))?;
    Some(format!(
        "a name in XML cannot hold `{}`; use letters, digits, `-`, `_` and `.`",
        bad.escape_debug()
    ))
}

fn is_name_start(letter: char) -> bool {
    matches!(letter,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_rest(letter: char) -> bool {
    matches!(letter, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What keeps a string from being the name of a node, or the start of one.
pub(crate) fn node_name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some(
            "the name of a node cannot be empty; write something such as \"/tweets\"".to_owned(),
        );
    }
    if name.len() > 1023 {
        return Some(format!(
            "the name of a node has at most 1023 bytes, this one has {}; shorten it",
            name.len()
        ));
    }
    forbidden(name).map(|bad| {
        format!(
            "the name of a node cannot hold U+{:04X}; remove it",
            u32::from(bad)
        )
    })
}

/// What keeps a string from being a namespace.
pub(crate) fn namespace_problem(namespace: &str) -> Option<String> {
    if namespace.is_empty() {
        return Some(
            "a namespace cannot be empty; leave it out for `urn:pubsub:{crate}`".to_owned(),
        );
    }
    if namespace == "http://www.w3.org/2000/xmlns/"
        || namespace == "http://www.w3.org/XML/1998/namespace"
    {
        return Some("this namespace belongs to XML itself; use one of your own".to_owned());
    }
    if namespace == "urn:pubsub:change:1" {
        return Some(
            "this is the namespace of the mark that every entry carries; use one of your own"
                .to_owned(),
        );
    }
    if namespace == "http://www.w3.org/2005/Atom" {
        return Some(
            "this is the namespace of the entry around the payload; use one of your own".to_owned(),
        );
    }
    forbidden(namespace).map(|bad| {
        format!(
            "a namespace cannot hold U+{:04X}; remove it",
            u32::from(bad)
        )
    })
}

/// The first character that XML forbids, or that is a control character.
pub(crate) fn forbidden(text: &str) -> Option<char> {
    text.chars()
        .find(|letter| letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}'))
}

/// The word that was probably meant.
pub(crate) fn nearest<'w>(
    mistyped: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    words
        .into_iter()
        .map(|word| (distance(mistyped, word), word))
        .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// How many letters must be added, removed or replaced.
fn distance(one: &str, two: &str) -> usize {
    let mut row: Vec<usize> = (0..=two.chars().count()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (b, above) in two.chars().zip(row.iter_mut().skip(1)) {
            let here = if a == b {
                diagonal
            } else {
                1 + diagonal.min(left).min(*above)
            };
            diagonal = std::mem::replace(above, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Case, distance, nearest, xml_name_problem};

    #[test]
    fn every_case_from_fields_and_variants() {
        for (name, expected) in [
            (
                "created_at",
                "createdat CREATEDAT CreatedAt createdAt created_at CREATED_AT created-at CREATED-AT",
            ),
            (
                "HTTPServer2",
                "httpserver2 HTTPSERVER2 HttpServer2 httpServer2 http_server2 HTTP_SERVER2 http-server2 HTTP-SERVER2",
            ),
            ("_x", "x X X x x X x X"),
        ] {
            let made: Vec<_> = Case::WORDS
                .iter()
                .map(|(_, case)| case.apply(name))
                .collect();
            assert_eq!(made.join(" "), expected);
        }
    }

    #[test]
    fn mistyped_words_are_recognised() {
        assert_eq!(nearest("chanels", ["node", "channels"]), Some("channels"));
        assert_eq!(
            nearest("attribut", ["attribute", "default"]),
            Some("attribute")
        );
        assert_eq!(nearest("xyz", ["id", "on", "attribute"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn names_that_xml_refuses() {
        for name in ["", "1a", "-a", "a b", "a:b", "a<", "ª"] {
            assert!(xml_name_problem(name).is_some(), "{name:?}");
        }
        for name in ["a", "_1", "größe", "a-b.c", "東京"] {
            assert_eq!(xml_name_problem(name), None, "{name:?}");
        }
    }
}
