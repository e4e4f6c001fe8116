//! The eight classes, by the names that arguments use.

use proc_macro2::{Ident, Span};

use crate::diagnostics::{Diagnostics, list, name_of, nearest};

/// One of the classes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    /// As arguments write it: `rate_limit`.
    pub(crate) name: &'static str,
    /// As the type writes it: `RateLimit`.
    variant: &'static str,
    /// Whether a failure of it ends the call where the class has no strategy of its own.
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

/// Finds the class that `name` names.
pub(crate) fn find(name: &Ident) -> Option<Class> {
    let name = name_of(name);
    CLASSES.into_iter().find(|class| class.name == name)
}

/// Finds the class that `name` names, or says which there are.
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
