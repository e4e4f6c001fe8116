//! Finds the figures in which another crate is ahead of the nearest form of redress.

use redress_field::Figures;

use crate::tables::{cells, decimals, named, text};

/// The features that each crate lacks: name, text.
const LACKS: &str = include_str!("../lacks.tsv");

/// The comparisons: tables (the beginning of their titles), column, the better direction (`less` or
/// `more`), the other crate's case, the nearest case of redress.
const RIVALS: &str = include_str!("../rivals.tsv");

/// The relative difference below which two medians are level.
const LEVEL: f64 = 0.03;

fn lines(file: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

/// Returns the features that a crate lacks, by the beginning of a case's name.
fn lack(case: &str) -> Option<&'static str> {
    let names = |name: &str| case == name || case.starts_with(&format!("{name},"));
    lines(LACKS).find_map(|line| match line.as_slice() {
        [name, text] if names(name) => Some(*text),
        _ => None,
    })
}

pub(crate) fn lacks() -> String {
    let rows = lines(LACKS).map(|line| cells(&line));
    let head = std::iter::once(cells(&["crate", "does not do"]));
    text(&head.chain(rows).collect::<Vec<_>>())
}

pub(crate) fn not_first(figures: &Figures) -> Result<String, String> {
    let mut rows = vec![cells(&[
        "what",
        "ahead",
        "with",
        "nearest of redress",
        "with",
        "in exchange it does not do",
    ])];
    for line in lines(RIVALS) {
        let &[tables, column, better, rival, own] = line.as_slice() else {
            return Err(format!("rivals.tsv: {line:?}"));
        };
        for table in figures
            .tables()
            .into_iter()
            .filter(|t| t.starts_with(tables))
        {
            let theirs = figures.get(table, rival, column);
            let ours = figures.get(table, own, column);
            let Some((theirs, ours)) = theirs.zip(ours) else {
                // A case that is never measured is a mistake in the list, but a part may be
                // missing.
                continue;
            };
            let ahead = match better {
                "less" => theirs < ours * (1.0 - LEVEL),
                "more" => theirs > ours * (1.0 + LEVEL),
                other => return Err(format!("rivals.tsv: {other}")),
            };
            if ahead {
                let lack = lack(rival).ok_or_else(|| format!("lacks.tsv: no {rival}"))?;
                rows.push(vec![
                    format!("{table}: {column}"),
                    named(rival),
                    decimals(theirs, column),
                    named(own),
                    decimals(ours, column),
                    lack.to_owned(),
                ]);
            }
        }
    }
    if rows.len() == 1 {
        return Ok("Nowhere, of what was compared.".into());
    }
    Ok(text(&rows))
}
