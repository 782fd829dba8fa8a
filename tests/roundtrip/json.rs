//! The JSON that the models are expected to be told as, written down by hand, apart from the code under test.

use serde_json::{Value, json};

use super::{Leaves, Media, Order, Place, Row, Sets, Tree, Word, spaced};

/// A point in time, as it is in the XML.
pub type Times<'t> = &'t dyn Fn(&str) -> String;

/// A whole number as far as JavaScript goes, and its digits beyond.
fn whole<N: TryInto<i64> + ToString>(number: N) -> Value {
    let digits = number.to_string();
    match number.try_into() {
        Ok(small) if small.unsigned_abs() < 1 << 53 => json!(small),
        _ => json!(digits),
    }
}

fn real(number: f64) -> Value {
    if number.is_nan() {
        json!("NaN")
    } else if number.is_infinite() {
        json!(if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    } else {
        json!(number)
    }
}

impl Leaves {
    /// All but the number of single precision, of which several shortest decimals may stand for the same.
    pub fn json(&self, time: Times<'_>) -> Value {
        let encode = |bytes: &[u8]| pubsub_core::payload::base64::to_text(&bytes);
        let mut json = json!({
            "id": self.id,
            "text": self.text,
            "attribute": self.attribute,
            "maybe": self.maybe,
            "number": whole(self.number),
            "unsigned": whole(self.unsigned),
            "small": self.small,
            "float": real(self.float),
            "flag": self.flag,
            "letter": self.letter,
            "non_zero": self.non_zero.get(),
            "boxed": self.boxed,
            "address": self.address.to_string(),
            "at": time("at"),
            "uuid": self.uuid.to_string(),
            "word": match self.word {
                Word::Yes => "yes",
                Word::NotYet => "not-yet",
                Word::No => "<no & never>",
            },
            "newtype": self.newtype.0,
            "converted": spaced::to_text(&self.converted),
            "bytes": encode(&self.bytes),
            "maybe_bytes": self.maybe_bytes.as_deref().map(encode),
        });
        if self.usually_zero != 0 {
            json["usually_zero"] = json!(self.usually_zero);
        }
        json
    }
}

impl Place {
    fn json(&self) -> Value {
        json!({ "name": self.name, "latitude": real(self.latitude) })
    }
}

impl Media {
    fn json(&self) -> Value {
        match self {
            Self::Photo { width, url } => json!({ "Photo": { "width": width, "url": url } }),
            Self::Link(text) => json!({ "Link": text }),
            Self::Spot(place) => json!({ "Spot": place.json() }),
            Self::Nothing => json!("Nothing"),
        }
    }
}

impl Tree {
    fn json(&self) -> Value {
        let branches: Vec<_> = self.branches.iter().map(Self::json).collect();
        json!({ "text": self.text, "branches": branches })
    }
}

impl Order {
    pub fn json(&self) -> Value {
        let media: Vec<_> = self.media.iter().map(Media::json).collect();
        let places = self
            .places
            .iter()
            .map(|(key, place)| (key.clone(), place.json()));
        json!({
            "number": self.number,
            "customer": self.customer,
            "note": self.note,
            "tags": self.tags,
            "queue": self.queue.iter().copied().map(real).collect::<Vec<_>>(),
            "list": self.list,
            "set": self.set,
            "prices": self.prices,
            "place": self.place.json(),
            "media": media,
            "places": Value::Object(places.collect()),
            "answer": self.answer.as_deref().map(Tree::json),
            "changed_by": self.audit.changed_by,
            "revision": self.audit.revision,
            "reasons": self.audit.deeper.reasons,
        })
    }
}

impl Sets {
    /// In the order in which they are written, which no set tells twice alike.
    pub fn is_told_by(&self, json: &Value) -> bool {
        let texts = json["set"].as_array().unwrap().iter();
        let told: std::collections::HashSet<_> = texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect();
        told == self.set
            && json["set"].as_array().unwrap().len() == self.set.len()
            && json["map"] == json!(self.map)
    }
}

impl Row {
    pub fn json(&self, time: Times<'_>) -> Value {
        json!({
            "id": self.id,
            "message": self.message,
            "is_public": self.is_public,
            "rank": self.rank,
            "mood": self.mood,
            "at": time("at"),
        })
    }
}
