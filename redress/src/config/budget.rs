use std::collections::BTreeMap;
use std::time::Duration;

use super::names::{self, quoted};
use super::node::{Entry, Node, ToNode, Value, Written};
use super::reader::Reader;
use super::section::Field as _;
use crate::budget::{Budget, Kind, Settings};
use crate::classify::ErrorClass;
use crate::problems::{ConfigError, Problems};

/// A [`Budget`], as data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BudgetConfig {
    /// What bounds the retries.
    pub kind: BudgetKind,
    /// What a retry after a failure of a class costs: [`Budget::cost`].
    pub costs: BTreeMap<ErrorClass, u32>,
}

/// What bounds the retries of a [`BudgetConfig`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BudgetKind {
    /// A number in any window of time: [`Budget::rolling`].
    Rolling {
        /// How many retries.
        max_retries: u32,
        /// In which time.
        window: Duration,
    },
    /// A share of the successes, and a reserve: [`Budget::success_ratio`].
    SuccessRatio {
        /// How many retries a success pays for.
        ratio: f64,
        /// How many can be saved up: [`Budget::reserve`].
        reserve: Option<u32>,
        /// How many a second time pays for: [`Budget::min_per_second`].
        min_per_second: Option<f64>,
    },
    /// A share of the calls in flight: [`Budget::in_flight_share`].
    InFlightShare {
        /// How many retries a call in flight allows.
        share: f64,
        /// How many there may be however few calls are: [`Budget::min_in_flight`].
        min_in_flight: Option<u32>,
    },
}

const ROLLING: [&str; 4] = ["kind", "max_retries", "window", "costs"];
const SUCCESS_RATIO: [&str; 5] = ["kind", "ratio", "reserve", "min_per_second", "costs"];
const IN_FLIGHT_SHARE: [&str; 4] = ["kind", "share", "min_in_flight", "costs"];
const KINDS: [&str; 3] = ["rolling", "success_ratio", "in_flight_share"];

impl BudgetConfig {
    /// Creates the settings of a budget of this kind.
    #[must_use]
    pub const fn new(kind: BudgetKind) -> Self {
        Self {
            kind,
            costs: BTreeMap::new(),
        }
    }

    /// Makes the budget.
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`PolicyBuilder::build`](crate::PolicyBuilder::build) does.
    pub fn build(&self) -> Result<Budget, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked(None))
    }

    /// Makes a budget of settings that are known to be right.
    pub(super) fn build_unchecked(&self, name: Option<&str>) -> Budget {
        let _ = name;
        Budget::of(self.settings())
    }

    /// Reports what is wrong. Takes no memory, unlike the budget.
    pub(super) fn check(&self, problems: &mut Problems) {
        self.settings().check(problems);
    }

    fn settings(&self) -> Settings {
        let mut settings = match &self.kind {
            BudgetKind::Rolling {
                max_retries,
                window,
            } => Settings::new(Kind::Rolling {
                max_retries: *max_retries,
                window: (*window).into(),
            }),
            BudgetKind::SuccessRatio {
                ratio,
                reserve,
                min_per_second,
            } => Settings {
                reserve: *reserve,
                min_per_second: *min_per_second,
                ..Settings::new(Kind::SuccessRatio(*ratio))
            },
            BudgetKind::InFlightShare {
                share,
                min_in_flight,
            } => Settings {
                min_in_flight: *min_in_flight,
                ..Settings::new(Kind::InFlightShare(*share))
            },
        };
        for (class, cost) in &self.costs {
            *settings.costs.get_mut(*class) = Some(*cost);
        }
        settings
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        let entries = reader.entries(node, "write a table with its `kind`");
        if !matches!(node.value, Value::Table(_)) {
            return None;
        }
        let kind = Self::read_kind(reader, node, entries)?;
        let known: &[&'static str] = match kind {
            "rolling" => &ROLLING,
            "success_ratio" => &SUCCESS_RATIO,
            _ => &IN_FLIGHT_SHARE,
        };
        let mut counts = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        let mut window = None;
        let mut costs = BTreeMap::new();
        reader.table(node, known, |reader, key, value| match key {
            "max_retries" | "reserve" | "min_in_flight" => {
                counts.extend(reader.count(value).map(|count| (key, count)));
            }
            "ratio" | "share" | "min_per_second" => {
                numbers.extend(reader.number(value).map(|number| (key, number)));
            }
            "window" => window = reader.time(value),
            "costs" => costs = reader.classes(value, Reader::count),
            _ => {}
        });
        let required: &[&str] = match kind {
            "rolling" => &["max_retries", "window"],
            "success_ratio" => &["ratio"],
            _ => &["share"],
        };
        for name in required {
            if !entries.iter().any(|entry| entry.key == *name) {
                let message = format!("a budget of kind `{kind}` is missing `{name}`");
                reader.wrong(
                    &node.span,
                    message,
                    &format!("its keys are {}", names::list(known.iter().copied())),
                );
            }
        }
        let count = |name| counts.get(name).copied();
        let number = |name| numbers.get(name).copied();
        let kind = match kind {
            "rolling" => BudgetKind::Rolling {
                max_retries: count("max_retries")?,
                window: window?,
            },
            "success_ratio" => BudgetKind::SuccessRatio {
                ratio: number("ratio")?,
                reserve: count("reserve"),
                min_per_second: number("min_per_second"),
            },
            _ => BudgetKind::InFlightShare {
                share: number("share")?,
                min_in_flight: count("min_in_flight"),
            },
        };
        let config = Self { kind, costs };
        reader.check(|problems| config.check(problems));
        Some(config)
    }

    fn read_kind(reader: &mut Reader<'_>, node: &Node, entries: &[Entry]) -> Option<&'static str> {
        let Some(entry) = entries.iter().find(|entry| entry.key == "kind") else {
            let help = names::suggest("", "kinds", KINDS);
            reader.wrong(&node.span, "the budget is missing its `kind`", &help);
            return None;
        };
        reader.within("kind", entry, |reader| {
            let name = reader.text(&entry.value)?;
            let kind = KINDS.into_iter().find(|kind| *kind == name);
            if kind.is_none() {
                let help = names::suggest(&name, "kinds", KINDS);
                let message = format!("unknown kind {}", quoted(&name));
                reader.wrong(&entry.value.span, message, &help);
            }
            kind
        })
    }
}

impl ToNode for BudgetConfig {
    fn to_node(&self) -> Node {
        let mut table = Written::default();
        let mut kind = |name: &str| table.put("kind", name.to_owned().into());
        match &self.kind {
            BudgetKind::Rolling {
                max_retries,
                window,
            } => {
                kind("rolling");
                table.put("max_retries", max_retries.to_node());
                table.put("window", window.to_node());
            }
            BudgetKind::SuccessRatio {
                ratio,
                reserve,
                min_per_second,
            } => {
                kind("success_ratio");
                table.put("ratio", ratio.to_node());
                reserve.put("reserve", &mut table);
                min_per_second.put("min_per_second", &mut table);
            }
            BudgetKind::InFlightShare {
                share,
                min_in_flight,
            } => {
                kind("in_flight_share");
                table.put("share", share.to_node());
                min_in_flight.put("min_in_flight", &mut table);
            }
        }
        self.costs.put("costs", &mut table);
        table.into()
    }
}
