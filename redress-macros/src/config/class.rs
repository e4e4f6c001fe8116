//! The eight error classes, by their names in arguments.

use proc_macro2::{Ident, Span};
use syn::Lit;

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

/// Returns `true` if this is the name of a class.
pub(crate) fn is_class(name: &str) -> bool {
    CLASSES.iter().any(|class| class.name == name)
}

/// Finds a class by its name.
pub(crate) fn find(name: &Ident) -> Option<Class> {
    let name = name_of(name);
    CLASSES.into_iter().find(|class| class.name == name)
}

/// Says of which class a failure is that has another name elsewhere.
pub(crate) fn foreign(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "timeout" | "timeouts" | "timed_out" | "timedout" | "408" => "a timeout is `transient`",
        "network" | "connection" | "connect" | "io" | "dns" | "reset" | "connection_reset" => {
            "a failure of the network is `transient`"
        }
        "temporary" | "retryable" | "retriable" => "a failure that may pass is `transient`",
        "throttle" | "throttled" | "throttling" | "quota" | "too_many_requests" | "rate"
        | "ratelimited" | "429" => "a request that is throttled is `rate_limit`",
        "server" | "server_errors" | "internal" | "internal_error" | "5xx" | "500" | "502"
        | "504" => "a failure of the server is `server_error`",
        "unavailable" | "overloaded" | "overload" | "busy" | "503" => {
            "a server that is not available is `server_error`"
        }
        "unauthorized" | "unauthenticated" | "authentication" | "credentials" | "401" => {
            "a caller that the server does not know is `auth`"
        }
        "forbidden" | "access_denied" | "denied" | "authorization" | "403" => {
            "a caller that may not do it is `permission`"
        }
        "conflict" | "deadlock" | "serialization" | "contention" | "lock" | "409" => {
            "a conflict with another caller is `concurrency`"
        }
        "not_found" | "client" | "client_error" | "client_errors" | "fatal" | "invalid"
        | "bad_request" | "validation" | "4xx" | "400" | "404" | "410" | "422" => {
            "a failure that no attempt will change is `permanent`"
        }
        "other" | "others" | "else" | "any" | "unclassified" => {
            "a failure of no known class is `unknown`"
        }
        _ => return None,
    })
}

/// Returns what to write in place of a status code.
pub(crate) fn for_literal(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Int(code) => foreign(code.base10_digits()).map(str::to_owned),
        _ => None,
    }
}

/// Finds a class by its name, or reports the names that exist.
pub(crate) fn find_or_report(name: &Ident, diagnostics: &mut Diagnostics) -> Option<Class> {
    let found = find(name);
    if found.is_none() {
        let text = name_of(name);
        diagnostics.error(name, format!("unknown class `{text}`"), &help(&text));
    }
    found
}

/// Returns what to write in place of a name that is no class.
pub(crate) fn help(name: &str) -> String {
    let snake = CLASSES
        .iter()
        .find(|c| c.variant == name || c.name.eq_ignore_ascii_case(name));
    let all = list(CLASSES.iter().map(|c| c.name));
    let meant = || nearest(name, CLASSES.iter().map(|c| c.name));
    match (snake.map(|c| c.name), foreign(name)) {
        (Some(meant), _) => format!("did you mean `{meant}`? The classes are {all}"),
        (None, Some(hint)) => format!("{hint}. The classes are {all}"),
        (None, None) => match meant() {
            Some(meant) => format!("did you mean `{meant}`? The classes are {all}"),
            None => format!("the classes are {all}"),
        },
    }
}
