//! Finds out whether control may leave a body before its end.

use proc_macro2::{TokenStream, TokenTree};

/// Macros that return, and never leave the function around them. Only their bare names count: with a
/// path it may be any macro.
const PLAIN_MACROS: [&str; 18] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "env",
    "eprintln",
    "format",
    "format_args",
    "line",
    "matches",
    "print",
    "println",
    "stringify",
    "vec",
    "write",
];

/// Returns `true` if a body may be left before its end, or may never reach it: it contains `?`,
/// `return`, `break`, a loop, or a macro that may contain one of them.
///
/// Any other body needs neither a closure nor a future of its own around it, which saves the compiler
/// a type per function.
pub(super) fn may_exit_early(body: &TokenStream) -> bool {
    let mut scanner = Scanner::default();
    body.clone().into_iter().any(|token| scanner.sees(&token))
}

/// Like [`may_exit_early`], for a part of a body.
pub(super) fn any_may_exit_early(tokens: &[TokenTree]) -> bool {
    let mut scanner = Scanner::default();
    tokens.iter().any(|token| scanner.sees(token))
}

/// Looks at one token after another.
#[derive(Default)]
struct Scanner {
    /// The token before, if it is a name.
    before: Option<Name>,
    /// Whether the token before is a colon.
    after_colon: bool,
}

struct Name {
    word: String,
    qualified: bool,
}

impl Scanner {
    fn sees(&mut self, token: &TokenTree) -> bool {
        let before = self.before.take();
        let qualified = std::mem::take(&mut self.after_colon);
        match token {
            // The tokens of attributes and of macro calls count as well.
            TokenTree::Group(group) => may_exit_early(&group.stream()),
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                let leaves = matches!(
                    word.as_str(),
                    "return" | "break" | "continue" | "loop" | "yield" | "become"
                );
                self.before = Some(Name { word, qualified });
                leaves
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                '?' => true,
                // A macro call has a name before the `!`, unlike `!a`. `a != b` is none either.
                '!' => before.is_some_and(|name| !name.is_plain_macro()) && !is_unequal(punct),
                ':' => {
                    self.after_colon = true;
                    false
                }
                _ => false,
            },
            TokenTree::Literal(_) => false,
        }
    }
}

/// Returns `true` if a macro returns, and never leaves the function around it.
pub(super) fn is_plain_macro(name: &str, qualified: bool) -> bool {
    !qualified && PLAIN_MACROS.contains(&name)
}

impl Name {
    fn is_plain_macro(&self) -> bool {
        is_plain_macro(&self.word, self.qualified)
    }
}

/// Returns `true` for the `!` of `!=`.
fn is_unequal(punct: &proc_macro2::Punct) -> bool {
    punct.spacing() == proc_macro2::Spacing::Joint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_exits_are_found() {
        for (body, expected) in [
            ("next(n).await", false),
            ("let n = next(n).await; Ok(n)", false),
            ("if a != b { Err(x) } else { Ok(!y) }", false),
            ("format!(\"{n}\"); Ok(vec![1])", false),
            ("next(n).await?; Ok(())", true),
            ("if n == 0 { return Ok(0) } Ok(1)", true),
            ("bail!(\"no\")", true),
            ("loop { break }", true),
            ("loop {}", true),
            ("todo!()", true),
            ("println!(\"{}\", f()?)", true),
            ("tokio::select! { }", true),
            ("m::write!(n)", true),
            ("Ok::<String, E>(format!(\"{n}\"))", false),
        ] {
            assert_eq!(may_exit_early(&body.parse().unwrap()), expected, "{body}");
        }
    }
}
