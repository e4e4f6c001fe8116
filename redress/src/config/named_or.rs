use super::node::{Node, ToNode, Value};
use super::reader::Reader;

/// Shared settings by name, or settings of one policy alone: a text or a table in a file.
///
/// Closed on purpose: there is no third kind.
///
/// The set is closed on purpose: a file has no third way to write settings.
#[derive(Debug, Clone, PartialEq)]
pub enum NamedOr<T> {
    /// The name of settings that other policies may use, too.
    Named(String),
    /// Settings that no other policy uses.
    Own(T),
}

impl<T> NamedOr<T> {
    /// Reads a name, or a table of settings. `tables` is where the names are.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        node: &Node,
        tables: &str,
        read: impl FnOnce(&mut Reader<'_>, &Node) -> Option<T>,
    ) -> Option<Self> {
        match &node.value {
            Value::Text(name) => Some(Self::Named(name.clone())),
            Value::Table(_) => read(reader, node).map(Self::Own),
            _ => {
                let message = format!("expected a name or a table, found {}", node.describe());
                let help =
                    format!("write the name of one of the `{tables}`, or a table of settings");
                reader.wrong(&node.span, message, &help);
                None
            }
        }
    }
}

impl<T: ToNode> ToNode for NamedOr<T> {
    fn to_node(&self) -> Node {
        match self {
            Self::Named(name) => name.clone().into(),
            Self::Own(own) => own.to_node(),
        }
    }
}
