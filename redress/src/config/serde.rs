//! The same reading and writing for formats of the user's own.

use std::collections::HashSet;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{Serialize, SerializeMap as _, Serializer};

use super::node::{Entry, Node, ToNode, Value};
use super::reader::Reader;
use super::{
    BreakerConfig, BudgetSettings, EndpointsConfig, GateConfig, KeyedConfig, RetryConfig,
    StrategyConfig,
};

/// Implements serde's traits by way of [`Node`].
macro_rules! by_node {
    ($($type:ty: $read:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.to_node().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let node = Node::deserialize(deserializer)?;
                let mut reader = Reader::default();
                let read: Option<Self> = $read(&mut reader, &node);
                reader.finish(read).map_err(D::Error::custom)
            }
        }
    )*};
}

by_node! {
    RetryConfig: |reader: &mut Reader<'_>, node: &Node| Some(RetryConfig::read(reader, node));
    BreakerConfig: |reader: &mut Reader<'_>, node: &Node| Some(BreakerConfig::read(reader, node));
    BudgetSettings: BudgetSettings::read;
    GateConfig: |reader: &mut Reader<'_>, node: &Node| Some(GateConfig::read(reader, node));
    KeyedConfig: KeyedConfig::read;
    EndpointsConfig: EndpointsConfig::read;
    StrategyConfig: StrategyConfig::read_checked;
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null | Value::Other(_) => serializer.serialize_unit(),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            // What is written is a count.
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.serialize_i128(*number),
            },
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Table(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a policy")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Value::Integer(number.into()).into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Value::Integer(number.into()).into())
    }

    fn visit_i128<E>(self, number: i128) -> Result<Node, E> {
        Ok(Value::Integer(number).into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(text.to_owned().into())
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Value::Null.into())
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Value::Null.into())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
        Node::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashSet::new();
        while let Some((key, value)) = map.next_entry::<String, Node>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key {key:?} is given twice")));
            }
            entries.push(Entry {
                key,
                key_span: 0..0,
                value,
            });
        }
        Ok(Value::Table(entries).into())
    }
}
