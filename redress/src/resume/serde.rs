use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, Visitor};
use serde_core::ser::{Serialize, Serializer};

use crate::engine::ResumeToken;

/// Serialises the text, in every format: it has one check, and no number that a reader of JSON could
/// round.
impl Serialize for ResumeToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResumeToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = ResumeToken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resume token as a string, `redress1:attempts=...`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ResumeToken, E> {
        text.parse().map_err(E::custom)
    }
}
