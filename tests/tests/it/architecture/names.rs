//! Every path and every name in ARCHITECTURE.md exists.

use std::path::Path;

use super::source::read_all;
use super::{backticked, read, root};

/// The folders to which paths in the text are relative.
const BASES: [&str; 6] = [
    "",
    "redress/src",
    "redress-macros/src",
    "redress/src/drive",
    "tests/tests/it",
    ".ci",
];

/// The folders in which names are defined.
const FOLDERS: [&str; 5] = [
    "redress/src",
    "redress-macros/src",
    "redress/benches",
    "tests/tests",
    "examples",
];

fn is_path(name: &str) -> bool {
    name.contains('/')
        || [".rs", ".md", ".toml", ".tsv"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn path_exists(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    // `good.*` stands for several files, `<crate>` for several folders.
    let known = path.split(['*', '<']).next().unwrap();
    let (folder, start) = match known.len() == path.len() {
        true => (path, ""),
        false => known.rsplit_once('/').unwrap_or(("", known)),
    };
    BASES.iter().any(|base| {
        let folder = root().join(base).join(folder);
        match start {
            "" => folder.exists(),
            start => has_entry(&folder, start),
        }
    })
}

fn has_entry(folder: &Path, start: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(start)
        })
    })
}

/// Returns `true` if a text contains `name` as a whole word.
fn has_word(text: &str, name: &str) -> bool {
    let part_of_word = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[test]
fn every_path_and_name_in_the_text_exists() {
    let mut sources = String::new();
    for folder in FOLDERS {
        for source in read_all(&root().join(folder)) {
            sources.push_str(&source.text);
            // The text may name a module without its path.
            sources.push_str(&source.path.replace(['/', '.'], " "));
        }
    }
    for file in [
        "Cargo.toml",
        "redress/Cargo.toml",
        "redress-macros/Cargo.toml",
    ] {
        sources.push_str(&read(file));
    }
    let mut missing = Vec::new();
    for name in backticked(&read("ARCHITECTURE.md")) {
        let exists = if name.contains(' ') || name.contains('=') {
            true // a command, or a piece of code
        } else if is_path(&name) {
            path_exists(&name)
        } else {
            let words = name
                .trim_start_matches("#[")
                .split(|c: char| c != '_' && c != '-' && !c.is_alphanumeric());
            words
                .filter(|word| !word.is_empty())
                .all(|word| has_word(&sources, word))
        };
        if !exists {
            missing.push(name);
        }
    }
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names what is not there: {missing:?}"
    );
}

#[test]
fn what_is_missing_is_found() {
    assert!(path_exists("redress/src/lib.rs") && path_exists("engine/call.rs"));
    assert!(path_exists("contrib/<crate>/") && path_exists("tests/tests/data/config/good.*"));
    assert!(!path_exists("engine/backoff.rs") && !path_exists("redress/src/contrib/x<crate>"));
    assert!(
        has_word("fn next_attempt(", "next_attempt")
            && !has_word("fn next_attempts(", "next_attempt")
    );
}
