//! The guides in `redress/docs`: whole programs, shown by the crate, without lines that GitHub prints
//! and rustdoc hides.

use std::path::{Path, PathBuf};

/// Written before this rule, for docs.rs only.
const WITH_HIDDEN_LINES: [&str; 2] = ["testing.md", "doctor.md"];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../redress")
}

/// Returns name and text of each guide.
fn guides() -> Vec<(String, String)> {
    let mut guides = Vec::new();
    for entry in std::fs::read_dir(library().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            guides.push((name, read(&path)));
        }
    }
    assert!(guides.len() > 10, "the guides are not where they were");
    guides
}

/// Returns the programs of a guide that rustdoc runs.
fn programs(guide: &str) -> Vec<String> {
    let mut programs: Vec<String> = Vec::new();
    let mut fence = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), fence) {
            (Some(language), None) => {
                fence = Some(language);
                if language == "rust" {
                    programs.push(String::new());
                }
            }
            (Some(_), Some(_)) => fence = None,
            (None, Some("rust")) => {
                let program = programs.last_mut().unwrap();
                program.push_str(line);
                program.push('\n');
            }
            (None, _) => {}
        }
    }
    programs
}

#[test]
fn every_block_of_a_guide_is_a_whole_program() {
    let mut wrong = Vec::new();
    for (name, guide) in guides() {
        if WITH_HIDDEN_LINES.contains(&name.as_str()) {
            continue;
        }
        for program in programs(&guide) {
            let first = program.lines().next().unwrap_or_default();
            if program
                .lines()
                .any(|line| line == "#" || line.starts_with("# "))
            {
                wrong.push(format!(
                    "{name}: a hidden line in the program that begins with `{first}`"
                ));
            }
            if !program.contains("fn main() ") {
                wrong.push(format!("{name}: no main function after `{first}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_guide_is_shown_by_a_module() {
    let modules = ["guide.rs", "inspect/mod.rs", "testing/mod.rs"];
    let modules = modules.map(|module| read(&library().join("src").join(module)));
    for (name, _) in guides() {
        let include = format!("/docs/{name}\")");
        assert!(
            modules.iter().any(|module| module.contains(&include)),
            "no module shows {name}"
        );
    }
}

#[test]
fn the_programs_of_a_guide_are_found() {
    let guide = "```rust\n# hidden\n```\ntext\n```text\n# not code\n```\n```rust,ignore\nno\n```\n";
    assert_eq!(programs(guide), ["# hidden\n"]);
}
