use super::node::{Node, ToNode};

/// A limit that may be switched off: `"30s"` or `"none"` in a file.
///
/// Closed on purpose: there is no third kind.
///
/// The set is closed on purpose: there is a limit or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound<T> {
    /// There is no limit.
    Unlimited,
    /// This is the limit.
    At(T),
}

impl<T: ToNode> ToNode for Bound<T> {
    fn to_node(&self) -> Node {
        match self {
            Self::Unlimited => "none".to_owned().into(),
            Self::At(limit) => limit.to_node(),
        }
    }
}
