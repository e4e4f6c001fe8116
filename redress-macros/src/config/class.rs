//! The eight error classes, by their names in arguments.

use proc_macro2::{Ident, Span};

use crate::diagnostics::{Diagnostics, list, name_of, nearest};

/// One of the classes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    /// Its name in arguments: `rate_limit`.
    pub(crate) name: &'static str,
    /// Its name as a variant: `RateLimit`.
    variant: &'static str,
    /// Whether a failure of this class ends the call, unless the class has a strategy of its own.
    pub(crate) terminal: bool,
}

const fn class(name: &'static str, variant: &'static str, terminal: bool) -> Class {
    Class {
        name,
        variant,
        terminal,
    }
}

pub(crate) const CLASSES: [Class; 8] = [
    class("auth", "Auth", true),
    class("permission", "Permission", true),
    class("permanent", "Permanent", true),
    class("concurrency", "Concurrency", false),
    class("rate_limit", "RateLimit", false),
    class("server_error", "ServerError", false),
    class("transient", "Transient", false),
    class("unknown", "Unknown", false),
];

impl Class {
    /// Returns the name of its variant of `ErrorClass`.
    pub(crate) fn variant(self) -> Ident {
        Ident::new(self.variant, Span::mixed_site())
    }

    pub(crate) fn is_unknown(self) -> bool {
        self.name == "unknown"
    }
}

/// Finds a class by its name.
pub(crate) fn find(name: &Ident) -> Option<Class> {
    let name = name_of(name);
    CLASSES.into_iter().find(|class| class.name == name)
}

/// Finds a class by its name, or reports the names that exist.
pub(crate) fn find_or_report(name: &Ident, diagnostics: &mut Diagnostics) -> Option<Class> {
    let found = find(name);
    if found.is_none() {
        let text = name_of(name);
        let snake = CLASSES
            .iter()
            .find(|c| c.variant == text || c.name.eq_ignore_ascii_case(&text));
        let meant = snake
            .map(|c| c.name)
            .or_else(|| nearest(&text, CLASSES.iter().map(|c| c.name)));
        let all = list(CLASSES.iter().map(|c| c.name));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`? The classes are {all}"),
            None => format!("the classes are {all}"),
        };
        diagnostics.error(name, format!("unknown class `{text}`"), &help);
    }
    found
}
