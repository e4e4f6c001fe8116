//! Named figures, which the benchmarks print and the report reads.

use std::collections::HashMap;
use std::fmt::{self, Display};

/// One figure: `value` of `column` for `case` in `table`.
#[derive(Debug, Clone)]
pub struct Figure {
    pub table: String,
    pub case: String,
    pub column: String,
    pub value: f64,
}

/// Figures in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, table: &str, case: &str, column: &str, value: f64) {
        self.0.push(Figure {
            table: table.to_owned(),
            case: case.to_owned(),
            column: column.to_owned(),
            value,
        });
    }

    /// Reads figures that were printed with `--tsv`.
    ///
    /// # Errors
    ///
    /// Names the line that is not a figure.
    pub fn parse(&mut self, lines: &str) -> Result<(), String> {
        for line in lines.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[table, case, column, value] = fields.as_slice() else {
                return Err(format!("no figure: {line:?}"));
            };
            let value = value.parse().map_err(|_| format!("no number: {line:?}"))?;
            self.push(table, case, column, value);
        }
        Ok(())
    }

    #[must_use]
    pub fn get(&self, table: &str, case: &str, column: &str) -> Option<f64> {
        let is = |f: &&Figure| f.table == table && f.case == case && f.column == column;
        self.0.iter().find(is).map(|figure| figure.value)
    }

    /// Returns the table's cases in their order.
    #[must_use]
    pub fn cases<'f>(&'f self, table: &'f str) -> Vec<&'f str> {
        distinct(self.of(table).map(|figure| figure.case.as_str()))
    }

    /// Returns the table's columns in the order in which they first appear.
    #[must_use]
    pub fn columns<'f>(&'f self, table: &'f str) -> Vec<&'f str> {
        distinct(self.of(table).map(|figure| figure.column.as_str()))
    }

    #[must_use]
    pub fn tables(&self) -> Vec<&str> {
        distinct(self.0.iter().map(|figure| figure.table.as_str()))
    }

    fn of<'f>(&'f self, table: &'f str) -> impl Iterator<Item = &'f Figure> {
        self.0.iter().filter(move |figure| figure.table == table)
    }

    /// Prints tables, or with the argument `--tsv` one line for each figure.
    pub fn print(&self) {
        if std::env::args().any(|arg| arg == "--tsv") {
            for f in &self.0 {
                println!("{}\t{}\t{}\t{}", f.table, f.case, f.column, f.value);
            }
        } else {
            print!("{self}");
        }
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in self.tables() {
            let columns = self.columns(table);
            write!(f, "\n{table:<52}")?;
            for column in &columns {
                write!(f, " {column:>14}")?;
            }
            let figures = self.of(table);
            let values: HashMap<_, _> = figures
                .map(|f| ((f.case.as_str(), f.column.as_str()), f.value))
                .collect();
            for case in self.cases(table) {
                write!(f, "\n{case:<52}")?;
                for column in &columns {
                    let value = values.get(&(case, *column));
                    write!(
                        f,
                        " {:>14}",
                        value.map_or("-".into(), |v| format!("{v:.2}"))
                    )?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn distinct<'f>(names: impl Iterator<Item = &'f str>) -> Vec<&'f str> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// Returns the number of rounds to measure: `full`, or the value of `REDRESS_FIELD_ROUNDS`, for
/// trying out the benchmarks.
#[must_use]
pub fn rounds(full: usize) -> usize {
    let asked = std::env::var("REDRESS_FIELD_ROUNDS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(full)
}
