//! Checks of constants, which the compiler evaluates with the macro's messages.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, spanned::Spanned as _};

use super::builtin::NumberRange;
use super::model::{Config, Count, Keyed, Setting, Strategy, Time};
use crate::diagnostics::name_of;
use crate::paths::Paths;
use crate::spans::site_at;

/// Returns `true` if an expression is the path of a constant, judging by its upper-case name.
fn is_constant(expr: &Expr) -> bool {
    let Expr::Path(path) = expr else {
        return false;
    };
    let named = |ident: &Ident| {
        let name = name_of(ident);
        name.chars().any(|c| c.is_ascii_uppercase())
            && !name.chars().any(|c| c.is_ascii_lowercase())
    };
    path.path
        .segments
        .last()
        .is_some_and(|segment| named(&segment.ident))
}

/// Returns one `const` item per check.
pub(crate) fn checks(config: &Config, paths: &Paths) -> TokenStream {
    let mut checks = Checks {
        paths,
        out: TokenStream::new(),
    };
    for (key, count) in config.counts() {
        checks.count(&name_of(key), count);
    }
    if let Some(attempts) = config.max_attempts.as_ref().and_then(Keyed::limit) {
        for (key, cap) in config.caps() {
            checks.reachable(&name_of(key), cap, attempts);
        }
    }
    let deadline = config.deadline.as_ref().and_then(Keyed::limit);
    let timeout = config.attempt_timeout.as_ref().and_then(Keyed::limit);
    checks.time("deadline", deadline);
    checks.time("attempt_timeout", timeout);
    if let (Some(timeout), Some(deadline)) = (timeout, deadline) {
        checks.ordered(
            timeout,
            deadline,
            false,
            "`attempt_timeout` must be below `deadline`",
        );
    }
    let strategies = config.class_strategies.iter().map(|(_, keyed)| keyed);
    for keyed in strategies.chain(&config.strategy) {
        checks.strategy(&keyed.value);
    }
    checks.out
}

struct Checks<'a> {
    paths: &'a Paths,
    out: TokenStream,
}

impl Checks<'_> {
    fn assert(&mut self, at: Span, condition: &TokenStream, message: &str) {
        let at = site_at(at);
        let p = self.paths.private_at(at);
        self.out
            .extend(quote_spanned!(at=> const _: () = #p::assert!(#condition, #message);));
    }

    fn count(&mut self, name: &str, count: &Count) {
        if let Count::Expr(expr) = count
            && is_constant(expr)
        {
            let at = expr.span();
            let condition = quote_spanned!(site_at(at)=> #expr != 0);
            let message =
                format!("`{name}` must be at least 1: it counts attempts, the first one included");
            self.assert(at, &condition, &message);
        }
    }

    fn reachable(&mut self, name: &str, cap: &Count, attempts: &Count) {
        let known = |count: &Count| match count {
            Count::Literal(..) => true,
            Count::Expr(expr) => is_constant(expr),
        };
        let literals = cap.literal().is_some() && attempts.literal().is_some();
        if known(cap) && known(attempts) && !literals {
            let (low, high) = (cap.tokens(), attempts.tokens());
            let at = low.span();
            let condition = quote_spanned!(site_at(at)=> #low <= #high);
            let message =
                format!("the cap for `{name}` can never be reached: it is above `max_attempts`");
            self.assert(at, &condition, &message);
        }
    }

    /// Returns a duration in a form that constants can compare, if it is known at compile time.
    fn constant(&self, time: &Time) -> Option<TokenStream> {
        let p = self.paths.private();
        match time {
            Time::Literal(duration, expr) => {
                let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
                let at = site_at(expr.span());
                Some(quote_spanned!(at=> #p::Constant(#p::Duration::new(#seconds, #nanos))))
            }
            Time::Expr(expr) if is_constant(expr) => {
                let at = site_at(expr.span());
                Some(quote_spanned!(at=> #p::Constant(#expr)))
            }
            Time::Expr(_) => None,
        }
    }

    fn time(&mut self, name: &str, time: Option<&Time>) {
        if let Some(time @ Time::Expr(expr)) = time
            && let Some(constant) = self.constant(time)
        {
            let at = expr.span();
            let condition = quote_spanned!(site_at(at)=> #constant.is_above_zero());
            self.assert(
                at,
                &condition,
                &format!("`{name}` must be longer than zero"),
            );
        }
    }

    fn ordered(&mut self, low: &Time, high: &Time, equal: bool, message: &str) {
        if low.literal().is_some() && high.literal().is_some() {
            return;
        }
        if let (Some(low_tokens), Some(high)) = (self.constant(low), self.constant(high)) {
            let at = low.tokens().span();
            let method = Ident::new(if equal { "at_most" } else { "below" }, Span::mixed_site());
            let condition = quote_spanned!(site_at(at)=> #low_tokens.#method(#high.nanos()));
            self.assert(at, &condition, message);
        }
    }

    fn number(&mut self, name: &str, expr: &Expr, range: NumberRange) {
        let at = site_at(expr.span());
        let condition = match range {
            NumberRange::Factor => quote_spanned!(at=> #expr >= 1.0),
            NumberRange::Positive => quote_spanned!(at=> #expr > 0.0),
            NumberRange::Share => quote_spanned!(at=> #expr > 0.0 && #expr <= 1.0),
        };
        let message = format!("`{name}` {}", range.requirement());
        self.assert(expr.span(), &condition, &message);
    }

    fn strategy(&mut self, strategy: &Strategy) {
        let Strategy::Builtin {
            builtin, arguments, ..
        } = strategy
        else {
            return;
        };
        let time_of = |name: &str| {
            arguments
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, setting)| match setting {
                    Setting::Time(time) => Some(time),
                    Setting::Number(_) | Setting::Strategy(_) => None,
                })
        };
        for name in ["base", "max", "delay"] {
            self.time(name, time_of(name));
        }
        if let (Some(base), Some(max)) = (time_of("base"), time_of("max")) {
            self.ordered(base, max, true, "`base` is above `max`");
        }
        for (key, setting) in arguments {
            match setting {
                Setting::Number(expr) if is_constant(expr) => {
                    if let Some(range) = builtin.range(&name_of(key)) {
                        self.number(&name_of(key), expr, range);
                    }
                }
                Setting::Strategy(inner) => self.strategy(inner),
                Setting::Time(_) | Setting::Number(_) => {}
            }
        }
    }
}
