use std::time::Duration;

use super::names::{self, quoted};
use super::node::{Node, ToNode, Value, Written};
use super::reader::Reader;
use super::section::Field as _;
use crate::budget::{Budget, BudgetKind, BudgetSettings, BudgetSetup};
use crate::defaults;
use crate::delay::GivenTimes;
use crate::problems::{ConfigError, Problems};

/// Declares the keys that every kind has: of each the method of `Reader` that reads it.
macro_rules! common {
    ($($key:ident: $read:ident,)*) => {
        const COMMON: &[&str] = &[$(stringify!($key)),*];

        fn read_common(
            settings: &mut BudgetSettings,
            reader: &mut Reader<'_>,
            key: &str,
            value: &Node,
        ) {
            match key {
                $(stringify!($key) => settings.$key = reader.$read(value),)*
                _ => {}
            }
        }

        fn write_common(settings: &BudgetSettings, table: &mut Written) {
            $(settings.$key.put(stringify!($key), table);)*
        }
    };
}

common! {
    costs: counts,
    free_hinted_retries: switch,
}

/// Declares the kinds and their keys: of each key the method of `Reader` that reads it, and its
/// default. Without one, the key is required.
macro_rules! kinds {
    ($($name:literal => $kind:ident {
        $($key:ident: $read:ident $(or $default:expr)?,)*
    })*) => {
        const KINDS: &[&str] = &[$($name),*];

        /// Reads the keys of a kind; all others go to `common`.
        fn read_kind(
            reader: &mut Reader<'_>,
            node: &Node,
            kind: &str,
            mut common: impl FnMut(&mut Reader<'_>, &str, &Node),
        ) -> Option<BudgetKind> {
            match kind {
                $($name => {
                    let keys: Vec<_> = ["kind", $(stringify!($key)),*]
                        .into_iter()
                        .chain(COMMON.iter().copied())
                        .collect();
                    $(let mut $key = None;)*
                    reader.table(node, &keys, |reader, key, value| match key {
                        $(stringify!($key) => $key = reader.$read(value),)*
                        key => common(reader, key, value),
                    });
                    $(
                        let default: Option<_> = None$(.or(Some($default)))?;
                        if default.is_none() && !node.has(stringify!($key)) {
                            missing(reader, node, kind, stringify!($key), &keys);
                        }
                        $key = $key.or(default);
                    )*
                    Some(BudgetKind::$kind { $($key: $key?,)* })
                })*
                _ => None,
            }
        }

        fn write_kind(kind: &BudgetKind, table: &mut Written) {
            match kind {
                $(BudgetKind::$kind { $($key,)* } => {
                    table.put("kind", $name.to_owned().into());
                    $(table.put(stringify!($key), $key.to_node());)*
                })*
            }
        }
    };
}

kinds! {
    "rolling" => Rolling {
        max_retries: count,
        window: time,
    }
    "success_ratio" => SuccessRatio {
        ratio: number,
        reserve: count or defaults::BUDGET_RESERVE,
        min_per_second: number or defaults::BUDGET_MIN_PER_SECOND,
    }
    "in_flight_share" => InFlightShare {
        share: number,
        min_in_flight: count or defaults::BUDGET_MIN_IN_FLIGHT,
    }
}

impl BudgetSettings {
    /// Makes the budget.
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`PolicyBuilder::build`](crate::PolicyBuilder::build) does.
    pub fn build(&self) -> Result<Budget, ConfigError> {
        let mut problems = Problems::default();
        self.check(&GivenTimes::NONE, &mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked(None))
    }

    /// Makes a budget of settings that are known to be right. Its name is that of its table.
    pub(super) fn build_unchecked(&self, name: Option<&str>) -> Budget {
        let budget = Budget::of(BudgetSetup::new(self.clone()));
        match name {
            Some(name) => budget.named(name.to_owned()),
            None => budget,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        let kind = kind_of(reader, node)?;
        // Of no kind yet.
        let mut settings = Self::new(BudgetKind::Rolling {
            max_retries: 0,
            window: Duration::ZERO,
        });
        let kind = read_kind(reader, node, kind, |reader, key, value| {
            read_common(&mut settings, reader, key, value);
        });
        settings.kind = kind?;
        reader.check(|problems| settings.check(&GivenTimes::NONE, problems));
        Some(settings)
    }
}

fn kind_of(reader: &mut Reader<'_>, node: &Node) -> Option<&'static str> {
    let entries = reader.entries(node, "write a table with its `kind`");
    if !matches!(node.value, Value::Table(_)) {
        return None;
    }
    let Some(entry) = entries.iter().find(|entry| entry.key == "kind") else {
        let help = names::suggest("", "kinds", KINDS.iter().copied());
        reader.wrong(&node.span, "the budget is missing its `kind`", &help);
        return None;
    };
    reader.within("kind", entry, |reader| {
        let name = reader.text(&entry.value)?;
        let kind = KINDS.iter().copied().find(|kind| *kind == name);
        if kind.is_none() {
            let help = names::suggest(&name, "kinds", KINDS.iter().copied());
            let message = format!("unknown kind {}", quoted(&name));
            reader.wrong(&entry.value.span, message, &help);
        }
        kind
    })
}

fn missing(reader: &mut Reader<'_>, node: &Node, kind: &str, key: &str, keys: &[&str]) {
    let message = format!("a budget of kind `{kind}` is missing `{key}`");
    let help = format!("its keys are {}", names::list(keys.iter().copied()));
    reader.wrong(&node.span, message, &help);
}

impl ToNode for BudgetSettings {
    fn to_node(&self) -> Node {
        let mut table = Written::default();
        write_kind(&self.kind, &mut table);
        write_common(self, &mut table);
        table.into()
    }
}
