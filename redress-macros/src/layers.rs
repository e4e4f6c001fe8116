//! The direction in which files import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::{Item, UseTree};

/// The modules of the crate: each may import from those of the rows above it.
const LAYERS: [&[&str]; 5] = [
    &["diagnostics", "duration", "groups", "spans", "paths"],
    &["crate_name", "variable"],
    &["config"],
    &["emit"],
    &["retry", "block", "classify"],
];

/// What the `use` declarations of a file name, as paths from the crate's root.
fn imports(file: &str, module: &[&str]) -> Vec<Vec<String>> {
    fn walk(tree: &UseTree, prefix: &[String], found: &mut Vec<Vec<String>>) {
        let mut path = prefix.to_vec();
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                walk(&next.tree, &path, found);
            }
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| walk(tree, prefix, found)),
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                found.push(path);
            }
            UseTree::Rename(rename) => {
                path.push(rename.ident.to_string());
                found.push(path);
            }
            UseTree::Glob(_) => found.push(path),
        }
    }
    let mut found = Vec::new();
    for item in syn::parse_file(file).unwrap().items {
        if let Item::Use(item) = item {
            walk(&item.tree, &[], &mut found);
        }
    }
    let parent = module.split_last().map_or(&[][..], |(_, parent)| parent);
    found
        .into_iter()
        .filter_map(|path| {
            let (first, rest) = path.split_first()?;
            let base = match first.as_str() {
                "crate" => &[],
                "super" => parent,
                _ => return None,
            };
            let base = base.iter().map(|name| (*name).to_owned());
            Some(base.chain(rest.iter().cloned()).collect())
        })
        .collect()
}

/// Reads every file below `src` that is not a test, by the path of its module.
fn files() -> BTreeMap<Vec<String>, String> {
    fn walk(folder: &Path, module: &[String], found: &mut BTreeMap<Vec<String>, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let inner: Vec<String> = module.iter().cloned().chain([name.clone()]).collect();
            if path.is_dir() {
                walk(&path, &inner, found);
            } else if name == "mod" {
                found.insert(module.to_vec(), fs::read_to_string(path).unwrap());
            } else if name != "lib" {
                found.insert(inner, fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    walk(&source, &[], &mut found);
    found.retain(|module, _| layer(&module[0]).is_some());
    found
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&name))
}

#[test]
fn modules_import_only_from_the_layers_below_them() {
    for (module, text) in files() {
        let names: Vec<&str> = module.iter().map(String::as_str).collect();
        for path in imports(&text, &names) {
            let fine = path[0] == module[0] || layer(&path[0]) < layer(&module[0]);
            assert!(fine, "{} imports {}", module.join("/"), path.join("::"));
        }
        // `use` is the only place that says what a file depends on.
        let inline = text
            .lines()
            .find(|line| line.contains("crate::") && !line.trim_start().starts_with("use "));
        assert_eq!(inline, None, "{}", module.join("/"));
    }
}

#[test]
fn the_files_of_a_module_do_not_import_each_other_in_a_circle() {
    let files = files();
    let mut left: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, text) in &files {
        let names: Vec<&str> = module.iter().map(String::as_str).collect();
        let mut needs = BTreeSet::new();
        for path in imports(text, &names) {
            // The longest prefix that is a file: the rest names an item in it.
            let ends = (1..=path.len()).rev();
            let found = ends.map(|end| path[..end].to_vec());
            needs.extend(found.into_iter().find(|path| files.contains_key(path)));
        }
        // A folder's `mod.rs` stands above its files.
        needs.extend(
            files
                .keys()
                .filter(|f| f.len() == 2 && f[..1] == module[..])
                .cloned(),
        );
        needs.remove(module);
        left.insert(module, needs);
    }
    while !left.is_empty() {
        let free: Vec<Vec<String>> = left
            .iter()
            .filter(|(_, needs)| needs.is_empty())
            .map(|(module, _)| (*module).clone())
            .collect();
        assert!(!free.is_empty(), "these import each other: {left:#?}");
        left.retain(|module, _| !free.contains(module));
        for needs in left.values_mut() {
            needs.retain(|module| !free.contains(module));
        }
    }
}
