//! Reads Rust sources to find the modules that they use.

use std::path::Path;

/// One file of a crate, without its comments, its strings and its tests.
pub(super) struct Source {
    /// Relative to the folder that was read.
    pub(super) path: String,
    pub(super) text: String,
}

/// Reads all sources below a folder.
pub(super) fn read_all(folder: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    read_into(folder, "", &mut sources);
    assert!(!sources.is_empty(), "no sources in {}", folder.display());
    sources
}

fn read_into(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            read_into(&entry.path(), &format!("{path}/"), sources);
        } else if name.ends_with(".rs") {
            let text = without_comments(&std::fs::read_to_string(entry.path()).unwrap());
            let text = without_tests(&text);
            sources.push(Source { path, text });
        }
    }
}

/// Drops the items that only tests have, and keeps what follows them.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = ["#[cfg(test)]", "#[cfg(all(test"]
        .iter()
        .filter_map(|test| rest.find(test))
        .min()
    {
        kept.push_str(&rest[..at]);
        rest = &rest[at + item(&rest[at..])..];
    }
    kept.push_str(rest);
    kept
}

/// Returns the length of the item that starts here: it ends with a semicolon or a block, or with the
/// block that it stands in.
fn item(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' => depth -= 1,
            '}' => {
                depth -= 1;
                let rest = &text[at + 1..];
                if depth == 0 && !rest.starts_with(';') {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the imports in which `super` stands anywhere but at the start, or that rename the crate:
/// where they lead to is hard to see.
pub(super) fn veiled_imports(text: &str) -> Vec<String> {
    let imports = text.split(';').filter_map(|statement| {
        let from = statement.rfind("use ")?;
        let alone = !statement[..from].ends_with(|c: char| c == '_' || c.is_alphanumeric());
        alone.then(|| statement[from..].to_owned())
    });
    let veiled = |import: &String| {
        let (_, tree) = import.split_once('{').unwrap_or(("", ""));
        tree.contains("super") || import.contains("crate as ") || import.contains("self as ")
    };
    imports.filter(veiled).collect()
}

/// Blanks comments and the contents of strings.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_string(rest) {
            let open = 2 + hashes;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close);
            end.map_or(rest.len(), |end| open + end + close.len())
        } else if c == '"' {
            string(rest)
        } else {
            character(rest)
        };
        if skipped > 0 {
            rest = &rest[skipped..];
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    kept
}

/// Returns the number of hashes of the raw string that starts here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Returns the length of the character literal that starts here, if there is one.
fn character(text: &str) -> usize {
    let mut chars = text.chars();
    if chars.next() != Some('\'') {
        return 0;
    }
    let inner = match chars.next() {
        // `'\n'`, `'\''`, `'\u{7f}'`
        Some('\\') => 2 + text[3..].find('\'').unwrap_or(0),
        Some(c) => c.len_utf8(),
        None => return 0,
    };
    let end = 1 + inner;
    if text[end..].starts_with('\'') {
        end + 1
    } else {
        0
    }
}

/// Returns the length of the string that starts here.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the names that follow `crate::`: the first of each path, or of each item of a tree.
pub(super) fn first_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c == '$' || c == '_' || c.is_alphanumeric()) {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(tree) => names.extend(items(tree).iter().map(|item| word(item))),
            None => names.push(word(rest)),
        }
    }
    names
}

/// Splits a tree of imports at its outer commas.
fn items(tree: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for c in tree.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(c);
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

fn word(text: &str) -> String {
    let letters = text.trim_start().chars();
    letters
        .take_while(|c| *c == '_' || c.is_alphanumeric())
        .collect()
}

#[test]
fn names_are_found_in_paths_and_trees_and_not_in_comments_or_strings() {
    let text = r##"
        // use crate::comment;
        use crate::{a::{b, c}, d};
        use crate::e::F;
        fn f() -> crate::g::H { "crate::string"; r#"crate::"raw""#; '"'; $crate::hidden }
    "##;
    let names = first_names(&without_comments(text));
    assert_eq!(names, ["a", "d", "e", "g"]);
}

#[test]
fn only_the_items_of_tests_are_left_out() {
    let text = r#"
        use crate::a;
        #[cfg(test)]
        mod tests;
        use crate::b;
        #[cfg(test)]
        use crate::hidden::{c, d};
        #[cfg(all(test, redress_loom))]
        pub(crate) const HIDDEN: u32 = crate::hidden::N;
        fn f() -> char { crate::c::f('{'); crate::c::f('\''); crate::c::f('"') }
        #[cfg(test)]
        mod more {
            use crate::hidden::e;
            fn g<'a>(x: &'a str) -> char { '}' }
        }
        fn h() { crate::d::g() }
    "#;
    let names = first_names(&without_tests(&without_comments(text)));
    assert_eq!(names, ["a", "b", "c", "c", "c", "d"]);
}

#[test]
fn imports_that_hide_where_they_lead_to_are_found() {
    for (import, expected) in [
        ("use super::{a, super::b};", true),
        ("use crate as root;", true),
        ("use crate::{self as root, a};", true),
        ("pub(super) use crate::a::{b, c as d};", false),
        ("use super::super::a::{b, c};", false),
        ("use crate::a; fn f() { super::g() }", false),
        ("Pause { run: super::a() };", false),
    ] {
        assert_eq!(
            veiled_imports(import).len(),
            usize::from(expected),
            "{import}"
        );
    }
}
