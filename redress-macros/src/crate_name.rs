//! Finds out whether the crate that uses a macro can know the runtime by the path `::redress`.
//!
//! A path that does not resolve gives an error for each of its uses, and none says what to write. The
//! compiler's own arguments name the crates that are there, so the macro can say it first. Whatever is
//! not certain is left to the compiler.

use std::path::Path;

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;

/// Returns `true` unless there is certainly no crate `redress`, which is reported. `example` is how the
/// path is given to this macro.
pub(crate) fn check(
    given: Option<&syn::Path>,
    example: impl Fn(&str) -> String,
    diagnostics: &mut Diagnostics,
) -> bool {
    if given.is_some() {
        return true;
    }
    let arguments: Vec<String> = std::env::args_os()
        .filter_map(|argument| argument.into_string().ok())
        .collect();
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).ok();
    let (what, help) = match known_as(&arguments, read) {
        Known::Redress => return true,
        Known::Renamed(name) => (
            format!("there is no crate `redress` here: it has the name `{name}`"),
            format!("write `{}`", example(&name)),
        ),
        Known::Nowhere => (
            "there is no crate `redress` here".to_owned(),
            format!(
                "add `redress` to the dependencies, or write `{}` with the path of the crate that re-exports it",
                example("path::to::redress")
            ),
        ),
    };
    diagnostics.error(TokenStream::new(), what, &help);
    false
}

/// The name by which a crate knows the runtime.
#[derive(PartialEq, Eq, Debug)]
enum Known {
    /// Its own, or one that is not certain.
    Redress,
    Renamed(String),
    /// It is no dependency: a dependency re-exports it.
    Nowhere,
}

/// Reads the arguments of the compiler, and with `read` the root file of the crate.
fn known_as(arguments: &[String], read: impl Fn(&str) -> Option<String>) -> Known {
    let mut externs = Vec::new();
    let mut root = None;
    for (at, argument) in arguments.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| arguments.get(at));
        let before = before.map_or("", String::as_str);
        if argument.starts_with('@') {
            return Known::Redress; // More of them are in a file.
        }
        if before == "--extern" {
            externs.push(argument.as_str());
        } else if let Some(found) = argument.strip_prefix("--extern=") {
            externs.push(found);
        } else if before == "--crate-name" && argument == "redress" {
            return Known::Redress;
        } else if argument.ends_with(".rs") && (!before.starts_with('-') || before.contains('=')) {
            root = Some(argument);
        }
    }
    // The name stands after options such as `priv:`, and before the file.
    let parts = externs.iter().map(|found| {
        let (name, file) = found.split_once('=').unwrap_or((found, ""));
        (name.rsplit(':').next().unwrap_or(name), file)
    });
    let parts: Vec<(&str, &str)> = parts.collect();
    if parts.is_empty() || parts.iter().any(|(name, _)| *name == "redress") {
        return Known::Redress;
    }
    // `extern crate again as redress;`
    let renames = root
        .and_then(|root| read(root))
        .is_none_or(|text| text.contains("extern crate"));
    if renames {
        return Known::Redress;
    }
    let is_ours = |file: &str| {
        let file = Path::new(file).file_name().and_then(|name| name.to_str());
        file.is_some_and(|name| name.starts_with("libredress-"))
    };
    match parts.iter().find(|(_, file)| is_ours(file)) {
        Some((name, _)) => Known::Renamed((*name).to_owned()),
        None => Known::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(arguments: &str, root: &str) -> Known {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        known_as(&arguments, |path| {
            (path == "src/lib.rs").then(|| root.to_owned())
        })
    }

    #[test]
    fn a_crate_that_has_another_name_is_found() {
        for arguments in [
            "rustc --crate-name app --edition=2024 src/lib.rs --extern again=/d/libredress-0a1b.rmeta",
            "rustc --crate-name app src/lib.rs --extern=priv:again=/d/libredress-0a1b.rlib",
        ] {
            assert_eq!(known(arguments, ""), Known::Renamed("again".to_owned()));
        }
        assert_eq!(
            known("rustc src/lib.rs --extern other=/d/libother-0a.rmeta", ""),
            Known::Nowhere
        );
    }

    #[test]
    fn what_is_not_certain_is_left_to_the_compiler() {
        for (arguments, root) in [
            (
                "rustc src/lib.rs --extern redress=/d/libredress-0a.rmeta",
                "",
            ),
            ("rustc src/lib.rs --extern noprelude:redress", ""),
            (
                "rustc --crate-name redress src/lib.rs --extern a=/d/liba-0a.rmeta",
                "",
            ),
            (
                "rustc src/lib.rs --extern again=/d/libredress-0a.rmeta",
                "extern crate again as redress;",
            ),
            ("rustc lost.rs --extern again=/d/libredress-0a.rmeta", ""),
            ("rustc @arguments --extern again=/d/libredress-0a.rmeta", ""),
            ("rust-analyzer-proc-macro-srv", ""),
        ] {
            assert_eq!(known(arguments, root), Known::Redress, "{arguments}");
        }
    }
}
