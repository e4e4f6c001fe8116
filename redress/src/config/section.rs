//! One table for each kind of section: of each key the field, how it is read, and how the builder is
//! given it. A key is written there and nowhere else.

use std::collections::BTreeMap;

use super::node::{Node, ToNode, Written};
use crate::classify::ErrorClass;

/// The type of a field: what a builder is given of it, and how it is written.
pub(super) trait Field {
    type Given;

    /// Lists what a builder is given: nothing where its default holds.
    fn given(&self) -> impl Iterator<Item = Self::Given>;

    /// Writes the field, unless the default holds.
    fn put(&self, key: &str, table: &mut Written);
}

impl<T: Clone + ToNode> Field for Option<T> {
    type Given = T;

    fn given(&self) -> impl Iterator<Item = T> {
        self.iter().cloned()
    }

    fn put(&self, key: &str, table: &mut Written) {
        if let Some(value) = self {
            table.put(key, value.to_node());
        }
    }
}

impl<T: Clone + ToNode> Field for BTreeMap<ErrorClass, T> {
    type Given = (ErrorClass, T);

    fn given(&self) -> impl Iterator<Item = (ErrorClass, T)> {
        self.iter().map(|(class, value)| (*class, value.clone()))
    }

    fn put(&self, key: &str, table: &mut Written) {
        if !self.is_empty() {
            table.put(key, self.to_node());
        }
    }
}

/// A switch that is off by default.
impl Field for bool {
    type Given = ();

    fn given(&self) -> impl Iterator<Item = ()> {
        self.then_some(()).into_iter()
    }

    fn put(&self, key: &str, table: &mut Written) {
        if *self {
            table.put(key, Node::from(true));
        }
    }
}

/// Declares a section: its type, with reading, writing and giving to a builder. A row is
/// `key: Type = reading, giving;`. Reading is a method of `Reader`. Giving is a closure of the
/// builder, the value and the section; without it, the builder has a method of the key's name.
macro_rules! section {
    (
        $(#[$meta:meta])*
        pub struct $section:ident gives $builder:ty;
        $($(#[$doc:meta])* $key:ident: $type:ty = $read:ident $(, $give:expr)?;)*
    ) => {
        $(#[$meta])*
        pub struct $section {
            $($(#[$doc])* pub $key: $type,)*
        }

        impl $section {
            pub(crate) const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];

            /// Reads the keys. What could not be read is as if it were left out.
            fn read_keys(reader: &mut Reader<'_>, node: &Node) -> Self {
                let mut section = Self::default();
                reader.table(node, Self::KEYS, |reader, key, value| match key {
                    $(stringify!($key) => section.$key = reader.$read(value),)*
                    _ => {}
                });
                section
            }

            /// Gives a builder what is not left out.
            fn give(&self, mut builder: $builder) -> $builder {
                $(for value in self.$key.given() {
                    builder = section!(@give $builder, $type, $key $(, $give)?)(builder, value, self);
                })*
                builder
            }
        }

        impl ToNode for $section {
            fn to_node(&self) -> Node {
                let mut table = Written::default();
                $(self.$key.put(stringify!($key), &mut table);)*
                table.into()
            }
        }
    };
    (@give $builder:ty, $type:ty, $key:ident) => {
        |builder: $builder, value: <$type as Field>::Given, _: &Self| builder.$key(value)
    };
    (@give $builder:ty, $type:ty, $key:ident, $give:expr) => {{
        let give: fn($builder, <$type as Field>::Given, &Self) -> $builder = $give;
        give
    }};
}
pub(super) use section;
