//! Each public enum says whether it may grow.

use std::path::{Path, PathBuf};

/// Only expansions of the macros see these, whose version is pinned to that of the crate.
const OF_EXPANSIONS: &[&str] = &["After"];

/// An enum with the attributes and the documentation before it.
struct Enum {
    name: String,
    before: String,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

fn public_enums() -> Vec<Enum> {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../redress/src");
    sources(&root, &mut files);
    let mut enums = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut before = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("pub enum ") {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                enums.push(Enum {
                    name: name.to_owned(),
                    before: std::mem::take(&mut before),
                });
            } else if line.is_empty() || line == "}" {
                before.clear();
            } else {
                before.push_str(line.trim_start_matches("///"));
                before.push(' ');
            }
        }
    }
    enums
}

#[test]
fn each_is_non_exhaustive_or_closed_on_purpose() {
    let enums = public_enums();
    for known in ["StopReason", "CircuitState", "ErrorClass", "Bound"] {
        assert!(enums.iter().any(|found| found.name == known), "{known}");
    }
    for Enum { name, before } in enums {
        let open = before.contains("#[non_exhaustive]");
        let before = before.split_whitespace().collect::<Vec<_>>().join(" ");
        let closed = before.contains("closed on purpose");
        assert!(
            open != closed || OF_EXPANSIONS.contains(&&*name),
            "`{name}` needs either `#[non_exhaustive]` or a sentence that it is closed on purpose"
        );
    }
}

#[test]
fn those_that_may_grow_have_no_order() {
    for Enum { name, before } in public_enums() {
        assert!(
            !(before.contains("#[non_exhaustive]") && before.contains("PartialOrd")),
            "a new variant in the middle of `{name}` would change the order of the others"
        );
    }
}
