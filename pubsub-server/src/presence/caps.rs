//! What clients say that they can do (XEP-0115), as far as the server uses it: the nodes of which they want to be notified (XEP-0163 §4).
//!
//! A claim is a hash of the answer to a discovery. One verified answer stands for all clients that claim the same.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

/// How many verified answers are remembered; the oldest goes first.
const REMEMBERED: usize = 1000;

/// The most nodes of one answer, and their longest name; further ones are not noticed.
const MOST_WANTED: usize = 256;
const LONGEST_WANTED: usize = 512;

/// The names of the nodes that a client wants to hear of.
pub(crate) type Wants = BTreeSet<Box<str>>;

/// What a client claims: the hash function, the hash, and whose software it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) hash: Box<str>,
    pub(crate) node: Box<str>,
    pub(crate) ver: Box<str>,
}

/// The answer to a discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Category, type, language and name of each identity.
    pub(crate) identities: Vec<[String; 4]>,
    pub(crate) features: Vec<String>,
    pub(crate) forms: Vec<Form>,
}

/// A data form in it: its `FORM_TYPE` and its other fields with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) form_type: Option<String>,
    pub(crate) fields: Vec<(String, Vec<String>)>,
}

impl Answer {
    /// The nodes of the features that end in `+notify`.
    pub(crate) fn wants(&self) -> Wants {
        self.features
            .iter()
            .filter_map(|feature| feature.strip_suffix("+notify"))
            .filter(|node| node.len() <= LONGEST_WANTED)
            .take(MOST_WANTED)
            .map(Into::into)
            .collect()
    }

    /// Whether it is what was claimed (XEP-0115 §5.4).
    pub(crate) fn is_as_claimed(&self, claim: &Claim) -> bool {
        let algorithm = match &*claim.hash {
            "sha-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha-256" => &digest::SHA256,
            "sha-384" => &digest::SHA384,
            "sha-512" => &digest::SHA512,
            _ => return false,
        };
        let Some(text) = self.text() else {
            return false;
        };
        let hash = digest::digest(algorithm, text.as_bytes());
        STANDARD.encode(hash.as_ref()) == *claim.ver
    }

    /// What is hashed (XEP-0115 §5.1), unless the answer is ill-formed: the same thing in it twice.
    fn text(&self) -> Option<String> {
        let mut text = String::new();
        let mut identities = self.identities.clone();
        identities.sort();
        let mut features = self.features.clone();
        features.sort();
        let mut forms: Vec<_> = self
            .forms
            .iter()
            .filter_map(|form| Some((form.form_type.as_ref()?, &form.fields)))
            .collect();
        forms.sort();
        if is_doubled(&identities)
            || is_doubled(&features)
            || is_doubled(&forms.iter().map(|form| form.0).collect::<Vec<_>>())
        {
            return None;
        }
        for identity in &identities {
            text.push_str(&identity.join("/"));
            text.push('<');
        }
        for feature in &features {
            text.push_str(feature);
            text.push('<');
        }
        for (form_type, fields) in forms {
            text.push_str(form_type);
            text.push('<');
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort();
            for (name, values) in fields {
                text.push_str(name);
                text.push('<');
                let mut values: Vec<_> = values.iter().collect();
                values.sort();
                for value in values {
                    text.push_str(value);
                    text.push('<');
                }
            }
        }
        Some(text)
    }
}

fn is_doubled<T: PartialEq>(sorted: &[T]) -> bool {
    sorted.windows(2).any(|pair| pair.first() == pair.last())
}

/// Verified answers by claim.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    known: HashMap<Claim, Arc<Wants>>,
    order: VecDeque<Claim>,
}

impl Cache {
    pub(crate) fn get(&self, claim: &Claim) -> Option<Arc<Wants>> {
        self.known.get(claim).cloned()
    }

    pub(crate) fn remember(&mut self, claim: Claim, wants: Arc<Wants>) {
        if self.known.insert(claim.clone(), wants).is_none() {
            self.order.push_back(claim);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(ver: &str) -> Claim {
        Claim {
            hash: "sha-1".into(),
            node: "n".into(),
            ver: ver.into(),
        }
    }

    fn exodus() -> Answer {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Answer {
            identities: vec![["client", "pc", "", "Exodus 0.9.1"].map(str::to_owned)],
            features: words(&[
                "http://jabber.org/protocol/disco#info",
                "http://jabber.org/protocol/caps",
                "http://jabber.org/protocol/disco#items",
                "http://jabber.org/protocol/muc",
            ]),
            forms: Vec::new(),
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_as_claimed() {
        assert!(exodus().is_as_claimed(&claim("QgayPKawpkPSDYmwT/WM94uAlu0=")));
        let field = |name: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            (name.to_owned(), values)
        };
        let mut psi = exodus();
        psi.identities = vec![
            ["client", "pc", "en", "Psi 0.11"].map(str::to_owned),
            ["client", "pc", "el", "Ψ 0.11"].map(str::to_owned),
        ];
        psi.forms = vec![Form {
            form_type: Some("urn:xmpp:dataforms:softwareinfo".to_owned()),
            fields: vec![
                field("ip_version", &["ipv6", "ipv4"]),
                field("os", &["Mac"]),
                field("os_version", &["10.5.1"]),
                field("software", &["Psi"]),
                field("software_version", &["0.11"]),
            ],
        }];
        assert!(psi.is_as_claimed(&claim("q07IKJEyjvHSyhy//CH0CxmKi8w=")));
    }

    #[test]
    fn what_is_otherwise_is_not() {
        let right = claim("QgayPKawpkPSDYmwT/WM94uAlu0=");
        let mut more = exodus();
        more.features.push("urn:x+notify".to_owned());
        assert!(!more.is_as_claimed(&right));
        let mut twice = exodus();
        twice
            .features
            .push("http://jabber.org/protocol/muc".to_owned());
        assert!(!twice.is_as_claimed(&right));
        let unknown = Claim {
            hash: "md2".into(),
            ..right
        };
        assert!(!exodus().is_as_claimed(&unknown));
        assert_eq!(more.wants(), BTreeSet::from(["urn:x".into()]));
    }

    #[test]
    fn the_oldest_answer_is_forgotten_first() {
        let mut cache = Cache::default();
        for number in 0..=REMEMBERED {
            cache.remember(claim(&number.to_string()), Arc::default());
        }
        assert_eq!(cache.known.len(), REMEMBERED);
        assert!(cache.get(&claim("0")).is_none());
        assert!(cache.get(&claim("1")).is_some());
    }
}
