//! The README is read on GitHub, in the registry and, as the crate's front page, on docs.rs.

use std::path::Path;

const README: &str = include_str!("../../../README.md");
const LIB: &str = include_str!("../../../redress/src/lib.rs");

fn code_lines() -> impl Iterator<Item = &'static str> {
    let blocks = README.split("```").skip(1).step_by(2);
    blocks.flat_map(str::lines)
}

/// The definitions of links at its end, whose labels are written in small letters.
fn links() -> Vec<(&'static str, &'static str)> {
    let definition = |line: &'static str| line.strip_prefix('[')?.split_once("]: ");
    README.lines().filter_map(definition).collect()
}

#[test]
fn no_line_is_hidden_because_only_rustdoc_hides_it() {
    assert!(code_lines().count() > 100);
    for line in code_lines() {
        let line = line.trim_start();
        assert!(line != "#" && !line.starts_with("# "), "{line}");
    }
}

#[test]
fn every_link_leads_to_a_file_of_the_repository() {
    assert!(
        !README.contains("]("),
        "links are defined at the end, so that lib.rs can replace them"
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(links().len() >= 5);
    for (label, target) in links() {
        let file = target.split('#').next().unwrap();
        assert!(
            target.starts_with("https://") || root.join(file).is_file(),
            "[{label}]: {target}"
        );
    }
}

#[test]
fn every_link_to_a_file_is_one_to_a_page_on_docs_rs() {
    let (before, _) = LIB.split_once("README.md\"").unwrap();
    for (label, target) in links() {
        if !target.starts_with("https://") {
            assert!(
                before.contains(&format!("[{label}]: ")),
                "[{label}]: {target}"
            );
        }
    }
}

#[test]
fn every_example_that_it_names_is_there() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/src/bin");
    let named = README.split("--bin ").skip(1);
    let named: Vec<_> = named
        .filter_map(|rest| rest.split([' ', '`', '\n']).next())
        .collect();
    assert_eq!(named.len(), 5, "{named:?}");
    for name in named {
        let (folder, file) = (examples.join(name), examples.join(format!("{name}.rs")));
        assert!(folder.is_dir() || file.is_file(), "{name}");
    }
    for manifest in README.split("--manifest-path ").skip(1) {
        let manifest = manifest.split_whitespace().next().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(manifest);
        assert!(path.is_file(), "{manifest}");
    }
}
