//! The direction of dependence: each module of `redress/src` uses only those that its row in
//! ARCHITECTURE.md names, and each row names only rows above it.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, first_names, read_all, veiled_imports};
use super::{backticked, read, root};

/// Modules that are only tests, or models for `loom`.
const TESTS: [&str; 6] = [
    "tests.rs",
    "_tests.rs",
    "loom.rs",
    "models.rs",
    "test_support.rs",
    "sync_model.rs",
];

/// The rows of the table in its order: a module, and the modules that it may use.
struct Table(Vec<(String, BTreeSet<String>)>);

impl Table {
    fn read() -> Self {
        let text = read("ARCHITECTURE.md");
        let rows = text
            .lines()
            .skip_while(|line| *line != "## Modules")
            .filter(|line| line.starts_with("| `"));
        let mut table = Vec::new();
        for row in rows.take_while(|row| row.split('|').count() == 5) {
            let cells: Vec<_> = row.split('|').collect();
            let rooms = backticked(cells[1]);
            let used: BTreeSet<_> = backticked(cells[3]).into_iter().collect();
            for room in rooms {
                table.push((room_of(&room), used.clone()));
            }
        }
        assert!(table.len() > 15, "the table of modules is not where it was");
        Self(table)
    }
}

/// Returns the module that a path belongs to.
fn room_of(path: &str) -> String {
    let first = path.split('/').next().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn sources() -> Vec<Source> {
    let mut sources = read_all(&root().join("redress/src"));
    sources.retain(|source| {
        let path = source.path.as_str();
        path != "lib.rs" && !path.starts_with("bin/") && !TESTS.iter().any(|t| path.ends_with(t))
    });
    sources
}

/// Returns the modules that each module uses, with the places.
fn uses() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut uses: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for source in sources() {
        let room = room_of(&source.path);
        let used = uses.entry(room.clone()).or_default();
        for name in first_names(&source.text) {
            if name != room {
                used.entry(name).or_insert_with(|| source.path.clone());
            }
        }
    }
    uses
}

#[test]
fn each_module_uses_only_what_its_row_names() {
    let table: BTreeMap<_, _> = Table::read().0.into_iter().collect();
    let uses = uses();
    let rooms: BTreeSet<_> = uses.keys().collect();
    let mut wrong = Vec::new();
    for (room, used) in &uses {
        let Some(allowed) = table.get(room) else {
            wrong.push(format!("`{room}` has no row"));
            continue;
        };
        for (name, place) in used {
            if !rooms.contains(name) {
                wrong.push(format!(
                    "{place} uses `crate::{name}`: import it from the module that owns it"
                ));
            } else if !allowed.contains(name) {
                wrong.push(format!(
                    "{place} uses `{name}`, which is not in the row of `{room}`"
                ));
            }
        }
        for name in allowed {
            if !used.contains_key(name) {
                wrong.push(format!(
                    "the row of `{room}` names `{name}`, which it does not use"
                ));
            }
        }
    }
    for room in table.keys() {
        if !rooms.contains(room) {
            wrong.push(format!("there is a row for `{room}`, and no such module"));
        }
    }
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md, Modules:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_row_uses_only_rows_above_it() {
    let mut above = BTreeSet::new();
    let mut wrong = Vec::new();
    for (room, used) in Table::read().0 {
        for name in used.difference(&above) {
            wrong.push(format!(
                "`{room}` uses `{name}`, which does not stand above it"
            ));
        }
        above.insert(room);
    }
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md, Modules:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_path_leaves_its_module_by_super() {
    for source in sources() {
        // `super` in a module's own file is the module; each folder is one more.
        let depth = source.path.matches('/').count();
        let depth = depth - usize::from(source.path.ends_with("/mod.rs"));
        let leaves = "super::".repeat(depth + 1);
        assert!(
            !source.text.contains(&leaves),
            "{} leaves its module",
            source.path
        );
    }
}

#[test]
fn every_import_shows_where_it_leads_to() {
    for source in sources() {
        let veiled = veiled_imports(&source.text);
        assert!(veiled.is_empty(), "{}: {veiled:?}", source.path);
    }
}
