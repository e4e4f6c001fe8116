//! Names: those of classes, and what to say about one that nobody knows.

use crate::classify::ErrorClass;
use crate::error::UnknownPolicy;

/// Names longer than this are nobody's misspelling, and long to compare.
const LONGEST: usize = 64;

/// How many names a message lists at most.
const MOST: usize = 20;

/// Returns the name that a class has in a file, which is that of the macros' arguments.
pub(super) const fn of_class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Auth => "auth",
        ErrorClass::Permission => "permission",
        ErrorClass::Permanent => "permanent",
        ErrorClass::Concurrency => "concurrency",
        ErrorClass::RateLimit => "rate_limit",
        ErrorClass::ServerError => "server_error",
        ErrorClass::Transient => "transient",
        ErrorClass::Unknown => "unknown",
    }
}

pub(crate) const CLASSES: [&str; 8] = [
    of_class(ErrorClass::Auth),
    of_class(ErrorClass::Permission),
    of_class(ErrorClass::Permanent),
    of_class(ErrorClass::Concurrency),
    of_class(ErrorClass::RateLimit),
    of_class(ErrorClass::ServerError),
    of_class(ErrorClass::Transient),
    of_class(ErrorClass::Unknown),
];

/// Finds a class by its name.
pub(super) fn class(name: &str) -> Option<ErrorClass> {
    let mut all = ErrorClass::ALL.into_iter();
    all.find(|class| of_class(*class) == name)
}

/// Writes names as prose: `` `a`, `b` and `c` ``.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names
        .by_ref()
        .take(MOST)
        .map(|n| format!("`{n}`"))
        .collect();
    let more = names.count();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// Says which name was meant, or which there are. `what` is their plural.
pub(crate) fn suggest<'a, N>(name: &str, what: &str, names: N) -> String
where
    N: IntoIterator<Item = &'a str> + Clone,
{
    match nearest(name, names.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the {what} are {}", list(names)),
    }
}

/// Returns the name that `name` was most likely meant to be.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = normal(name)?;
    let allowed = (name.chars().count() / 3).max(1);
    // One `policy` is among the `policies`.
    let plural = name.strip_suffix('y').map(|stem| format!("{stem}ies"));
    let written: Vec<_> = plural.into_iter().chain([name]).collect();
    let to = |known: &str| written.iter().map(|name| distance(name, known)).min();
    names
        .into_iter()
        .filter_map(|known| Some((to(&normal(known)?)?, known)))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Returns how unlike two names are, to sort by.
fn distance_of(one: &str, other: &str) -> usize {
    match (normal(one), normal(other)) {
        (Some(one), Some(other)) => distance(&one, &other),
        _ => usize::MAX,
    }
}

/// Names are the same to a reader in any case, and with any of three signs between their words.
fn normal(name: &str) -> Option<String> {
    (name.len() <= LONGEST).then(|| name.to_lowercase().replace(['-', ' '], "_"))
}

/// Returns the number of letters to insert, remove or replace to make `b` of `a`.
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

/// The longest piece of a user's text that a message repeats, in characters.
const LONGEST_QUOTE: usize = 60;

/// Quotes a text, shortened where it is long and on one line.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Says that there is no policy of that name, and which there are, those most like it first.
pub(super) fn unknown_policy<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> UnknownPolicy {
    let mut known: Vec<_> = known.map(str::to_owned).collect();
    known.sort_by_cached_key(|known| distance_of(name, known));
    let all = list(known.iter().map(String::as_str));
    let message = format!("there is no policy named {}, only {all}", quoted(name));
    UnknownPolicy::new(name.to_owned(), known, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_wins_and_strangers_do_not() {
        let names = ["deadline", "strategy", "strategies", "max_attempts"];
        assert_eq!(nearest("stratagy", names), Some("strategy"));
        assert_eq!(nearest("Max-Attempts", names), Some("max_attempts"));
        assert_eq!(nearest("policy", ["budgets", "policies"]), Some("policies"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(1000), names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn a_long_list_is_cut() {
        let names = vec!["a"; 23];
        assert!(list(names).ends_with("`a` and 3 more"));
    }

    #[test]
    fn every_class_has_its_name() {
        for (class, name) in ErrorClass::ALL.into_iter().zip(CLASSES) {
            assert_eq!(class.as_str().to_lowercase(), name);
            assert_eq!(super::class(name), Some(class));
        }
    }
}
