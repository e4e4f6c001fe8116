//! Compares ARCHITECTURE.md with the sources: the direction of dependence between the modules of
//! `redress/src`, and every name.

mod names;
mod rooms;
mod source;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the words between backticks, outside of fenced blocks.
fn backticked(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let parts: Vec<_> = line.split('`').collect();
            assert_eq!(
                parts.len() % 2,
                1,
                "a backtick without its other one: {line}"
            );
            found.extend(parts.into_iter().skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}
