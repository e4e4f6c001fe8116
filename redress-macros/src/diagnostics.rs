//! Collects the mistakes in one macro call, so that the compiler reports all of them at once.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// The mistakes found so far, in order.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
}

impl Diagnostics {
    /// Reports a mistake at `tokens`: `what` is wrong, and `help` to fix it.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, what: impl AsRef<str>, help: &str) {
        let text = message(what.as_ref(), help);
        self.errors.push(syn::Error::new_spanned(tokens, text));
    }

    /// Adds an error of the parser.
    pub(crate) fn absorb(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Returns a block with one `compile_error!` per mistake that evaluates to `otherwise`.
    pub(crate) fn into_expression(self, otherwise: &TokenStream) -> TokenStream {
        let errors = self.into_items();
        quote!({ #errors #otherwise })
    }

    /// Returns one `compile_error!` per mistake, as items.
    pub(crate) fn into_items(self) -> TokenStream {
        self.errors
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }
}

/// Joins a message and its help in the form of rustc's own errors.
pub(crate) fn message(what: &str, help: &str) -> String {
    if help.is_empty() {
        what.to_owned()
    } else {
        format!("{what}\nhelp: {help}")
    }
}

/// Formats names as a list: `` `a`, `b` and `c` ``.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// Returns the candidate closest to `name`, if one is close enough for `name` to be a misspelling.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // With more than a third of the letters wrong it is another word.
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&name.to_lowercase(), candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the Levenshtein distance: the letters to insert, remove or replace to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Returns the name of `ident` without the `r#` of a raw identifier.
pub(crate) fn name_of(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Removes the spaces that tokens have between them, as rustfmt would.
pub(crate) fn compact(tokens: &str) -> String {
    let mut text = tokens.to_owned();
    for (spaced, tight) in [
        (" < ", "<"),
        (" <", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" :: ", "::"),
        ("[ ", "["),
        (" ]", "]"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("max_atempts", "max_attempts", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_wins_and_strangers_do_not() {
        let names = ["deadline", "strategy", "strategies", "max_attempts"];
        assert_eq!(nearest("stratagy", names), Some("strategy"));
        assert_eq!(nearest("Deadline", names), Some("deadline"));
        assert_eq!(nearest("colour", names), None);
    }
}
