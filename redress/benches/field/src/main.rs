//! Writes BENCHMARKS.md to standard output: `template.md`, with the figures of a folder.
//!
//! `redress/benches/field/report` runs it.

mod rivals;
mod tables;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use redress_field::Figures;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_default();
    match page(Path::new(&folder)) {
        Ok(page) => {
            print!("{page}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn page(folder: &Path) -> Result<String, String> {
    let mut figures = Figures::new();
    for part in [
        "calls",
        "counts",
        "shared",
        "scale",
        "keyed",
        "observed",
        "simulate",
        "layers",
        "clients",
        "instructions",
        "build",
    ] {
        // A part that was not measured is shown as missing.
        if let Ok(lines) = fs::read_to_string(folder.join(part).with_extension("tsv")) {
            figures.parse(&lines)?;
        }
    }
    let environment = folder.join("environment");
    let environment = fs::read_to_string(&environment)
        .map_err(|error| format!("{}: {error}", environment.display()))?;
    let mut page = String::new();
    for line in include_str!("../template.md").lines() {
        let name = line
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"));
        match name.map(|name| name.split_once(' ').unwrap_or((name, ""))) {
            None => page += line,
            Some(("environment", _)) => page += &tables::environment(&environment),
            Some(("calls", title)) => page += &tables::calls(&figures, title),
            Some(("table", title)) => page += &tables::plain(&figures, title),
            Some(("ratios", title)) => page += &tables::ratios(&figures, title),
            Some(("lacks", _)) => page += &rivals::lacks(),
            Some(("not-first", _)) => page += &rivals::not_first(&figures)?,
            Some((name, _)) => return Err(format!("template.md: no {name}")),
        }
        page.push('\n');
    }
    Ok(page)
}
