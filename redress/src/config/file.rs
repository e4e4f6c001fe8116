use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::Lines;
use super::names::quoted;
use super::node::Node;
use super::places::place_of;
use super::reader::{Found, Reader, Stands};
use super::strange::Strange;
use super::{
    BreakerConfig, BudgetSettings, ConfigFileError, EndpointsConfig, FileProblem, Format,
    GateConfig, KeyedConfig, NamedOr, Place, RetryConfig, names,
};
use crate::defaults;

/// What a configuration file says: policies by name, and the budgets and breakers they share.
///
/// [`Policies`](crate::Policies) make policies of it. By itself it is for tools that look at
/// files: it knows where each setting stands.
///
/// ```
/// use redress::config::{ConfigFile, Format};
///
/// let file = ConfigFile::parse(Format::Toml, "[policies.payments]\ndeadline = '30s'\n")?;
/// assert!(file.policies().contains_key("payments"));
/// let place = file.place("policies.payments.deadline");
/// assert_eq!((place.line(), place.column()), (2, 12));
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: Option<PathBuf>,
    text: String,
    pub(super) model: Model,
    pub(super) places: BTreeMap<String, Stands>,
}

/// Where a file is.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// As the user gave it.
    pub(super) shown: PathBuf,
    /// Wherever the process changes to.
    pub(super) path: PathBuf,
}

impl Origin {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            shown: path.to_owned(),
            // Without a working directory, a relative path leads nowhere as it is.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) budgets: BTreeMap<String, BudgetSettings>,
    pub(super) breakers: BTreeMap<String, BreakerConfig>,
    pub(super) gates: BTreeMap<String, GateConfig>,
    pub(super) keyed: BTreeMap<String, KeyedConfig>,
    pub(super) endpoints: BTreeMap<String, EndpointsConfig>,
    pub(super) policies: BTreeMap<String, RetryConfig>,
}

const KEYS: [&str; 6] = [
    "policies",
    "budgets",
    "breakers",
    "gates",
    "keyed",
    "endpoints",
];

impl ConfigFile {
    /// Reads a file, whose [format](Format::of) is that of its name.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is over 1 MiB, is none of the formats, or has mistakes: all are
    /// named, each with its line and column. If the form itself is wrong, only that is named.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigFileError> {
        let path = path.as_ref().to_owned();
        let shown = path.clone();
        Self::read_again(&Origin { shown, path })
    }

    pub(super) fn read_again(origin: &Origin) -> Result<Self, ConfigFileError> {
        let (format, text) = Self::source(origin)?;
        Self::parse_as(Some(&origin.shown), format, text)
    }

    /// Returns the text of a file, whatever it says.
    pub(super) fn source(origin: &Origin) -> Result<(Format, String), ConfigFileError> {
        let Origin { shown, path } = origin;
        let Some(format) = Format::of(path) else {
            let message = "the format is unknown: name the file .toml, .json, .yaml or .yml";
            return Err(ConfigFileError::unreadable(shown, message, None));
        };
        match read_text(path) {
            Ok(text) => Ok((format, text)),
            Err(error) => {
                let message = format!("cannot be read: {error}");
                Err(ConfigFileError::unreadable(shown, &message, Some(error)))
            }
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(format: Format, text: impl Into<String>) -> Result<Self, ConfigFileError> {
        Self::parse_as(None, format, text.into())
    }

    pub(super) fn parse_as(
        path: Option<&Path>,
        format: Format,
        text: String,
    ) -> Result<Self, ConfigFileError> {
        let (model, places) = parse_text(path, format, &text, Model::read)?;
        Ok(Self {
            path: path.map(Path::to_owned),
            text,
            model,
            places,
        })
    }

    /// Returns the file, if the text came from one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the text, into which the spans of the places point.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the policies by name; there is at least one, or one of the [`keyed`](Self::keyed) or of the
    /// [`endpoints`](Self::endpoints).
    #[must_use]
    pub const fn policies(&self) -> &BTreeMap<String, RetryConfig> {
        &self.model.policies
    }

    /// Returns the budgets that policies share, by name.
    #[must_use]
    pub const fn budgets(&self) -> &BTreeMap<String, BudgetSettings> {
        &self.model.budgets
    }

    /// Returns the circuit breakers that policies share, by name.
    #[must_use]
    pub const fn breakers(&self) -> &BTreeMap<String, BreakerConfig> {
        &self.model.breakers
    }

    /// Returns the gates that policies share, by name.
    #[must_use]
    pub const fn gates(&self) -> &BTreeMap<String, GateConfig> {
        &self.model.gates
    }

    /// Returns what has one breaker, budget or gate for each key, by name.
    #[must_use]
    pub const fn keyed(&self) -> &BTreeMap<String, KeyedConfig> {
        &self.model.keyed
    }

    /// Returns the lists of replicas by name.
    #[must_use]
    pub const fn endpoints(&self) -> &BTreeMap<String, EndpointsConfig> {
        &self.model.endpoints
    }

    /// Returns where the value of a setting stands, such as `policies.payments.deadline`; for one
    /// that the file leaves out, where the nearest thing around it stands.
    #[must_use]
    pub fn place(&self, setting: &str) -> Place {
        Lines::of(&self.text).place(&place_of(&self.places, setting))
    }
}

/// Reads a text, whatever it is about.
pub(crate) fn parse_text<T>(
    path: Option<&Path>,
    format: Format,
    text: &str,
    read: impl FnOnce(&mut Reader<'_>, &Node) -> T,
) -> Result<(T, BTreeMap<String, Stands>), ConfigFileError> {
    if text.len() > defaults::CONFIG_MAX_BYTES {
        let message = format!("is over {} bytes", defaults::CONFIG_MAX_BYTES);
        let problem = FileProblem::new(String::new(), message, None, None);
        return Err(ConfigFileError::new(path, "", vec![problem]));
    }
    let mut faults = Vec::new();
    let node = format.parse(text, &mut faults);
    let mut reader = Reader::of(text);
    let model = node.map(|node| read(&mut reader, &node));
    let (found, mut more, places) = reader.into_parts();
    let shown = defaults::CONFIG_MAX_PROBLEMS;
    more = more.saturating_add(faults.len().saturating_sub(shown));
    let faults = faults.into_iter().take(shown).map(|fault| Found {
        setting: String::new(),
        message: fault.message,
        help: fault.help.map(str::to_owned),
        span: fault.span,
    });
    let mut faults: Vec<Found> = faults.map(|fault| explain_fault(text, fault)).collect();
    // One sign may be the reason for several faults.
    faults.dedup();
    let found = found.into_iter().map(|found| explain_value(text, found));
    let lines = Lines::of(text);
    let problems: Vec<_> = faults
        .into_iter()
        .chain(found)
        .map(|found| {
            let place = Some(lines.place(&found.span));
            FileProblem::new(found.setting, found.message, found.help, place)
        })
        .collect();
    match model {
        Some(model) if problems.is_empty() => Ok((model, places)),
        _ => Err(ConfigFileError::new(path, text, problems).and_more(more)),
    }
}

/// Reads the text of a file whose name says its format.
#[cfg(feature = "simulate")]
pub(crate) fn source_of(path: &Path) -> Result<(Format, String), ConfigFileError> {
    ConfigFile::source(&Origin::of(path))
}

/// Names the sign that is the reason for a fault of the form, if there is one that looks like another
/// or like nothing.
fn explain_fault(text: &str, fault: Found) -> Found {
    match Strange::near(text, &fault.span) {
        Some(strange) => Found {
            message: format!("unexpected {}", strange.name()),
            help: Some(strange.help()),
            span: strange.span,
            ..fault
        },
        None => fault,
    }
}

/// Names such a sign in a value or a key that is wrong.
fn explain_value(text: &str, found: Found) -> Found {
    match Strange::within(text, &found.span) {
        Some(strange) => Found {
            message: format!("{}, and there is {} in it", found.message, strange.name()),
            help: Some(strange.help()),
            span: strange.span,
            ..found
        },
        None => found,
    }
}

/// Reads a file of text, and never more of it than may be.
fn read_text(path: &Path) -> std::io::Result<String> {
    let most = u64::try_from(defaults::CONFIG_MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // A pipe would be waited for as long as nobody writes.
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    // One byte more tells that there is more.
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..at).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("line {line} is not UTF-8: save the file as UTF-8");
        std::io::Error::new(std::io::ErrorKind::InvalidData, message)
    })
}

impl Model {
    fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let mut model = Self::default();
        // Names that stand for something that could not be read are known all the same.
        let mut named = [const { BTreeSet::new() }; 6];
        let [policies, budgets, breakers, gates, keyed, endpoints] = &mut named;
        reader.table(node, &KEYS, |reader, key, value| match key {
            "budgets" => {
                let read =
                    |reader: &mut Reader<'_>, node: &Node| BudgetSettings::read(reader, node);
                model.budgets = each(reader, value, budgets, read);
            }
            "breakers" => {
                model.breakers = each(reader, value, breakers, |reader, node| {
                    Some(BreakerConfig::read(reader, node))
                });
            }
            "gates" => {
                model.gates = each(reader, value, gates, |reader, node| {
                    Some(GateConfig::read(reader, node))
                });
            }
            "keyed" => model.keyed = each(reader, value, keyed, KeyedConfig::read),
            "endpoints" => {
                model.endpoints = each(reader, value, endpoints, EndpointsConfig::read);
            }
            "policies" => {
                model.policies = each(reader, value, policies, |reader, node| {
                    Some(RetryConfig::read(reader, node))
                });
            }
            _ => {}
        });
        if policies.is_empty() && keyed.is_empty() && endpoints.is_empty() {
            let help = "write at least one, as in [policies.payments]";
            reader.wrong(&node.span, "there is no policy", help);
        }
        for (name, policy) in &model.policies {
            if let Some(NamedOr::Named(budget)) = &policy.budget {
                reader.known(&["policies", name, "budget"], budget, budgets, keyed);
            }
            if let Some(NamedOr::Named(breaker)) = &policy.circuit_breaker {
                reader.known(
                    &["policies", name, "circuit_breaker"],
                    breaker,
                    breakers,
                    keyed,
                );
            }
            if let Some(NamedOr::Named(gate)) = &policy.gate {
                reader.known(&["policies", name, "gate"], gate, gates, keyed);
            }
        }
        model
    }
}

/// Reads a table of things by name.
fn each<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    names: &mut BTreeSet<String>,
    mut read: impl FnMut(&mut Reader<'_>, &Node) -> Option<T>,
) -> BTreeMap<String, T> {
    let mut all = BTreeMap::new();
    for entry in reader.entries(node, "write one table for each name") {
        names.insert(entry.key.clone());
        let value = &entry.value;
        let read = reader.within(&entry.key, entry, |reader| read(reader, value));
        all.extend(read.map(|read| (entry.key.clone(), read)));
    }
    all
}

impl Reader<'_> {
    /// Checks that there is what a setting names.
    fn known(
        &mut self,
        path: &[&str],
        name: &str,
        names: &BTreeSet<String>,
        keyed: &BTreeSet<String>,
    ) {
        if names.contains(name) {
            return;
        }
        let what = match path.last() {
            Some(&"budget") => "budgets",
            Some(&"gate") => "gates",
            _ => "breakers",
        };
        let help = if self.is_full() {
            String::new()
        } else if let key = name.strip_prefix("keyed.").unwrap_or(name)
            && keyed.contains(key)
        {
            // To write one of that name would be one for all keys.
            format!("`keyed.{key}` has one for each key, which the code picks: leave it out here")
        } else if names.is_empty() {
            format!("the file has no `{what}`: write [{what}.{name}]")
        } else {
            names::suggest(name, what, names.iter().map(String::as_str))
        };
        self.wrong_at(
            path,
            format!("there is no {} among the {what}", quoted(name)),
            &help,
        );
    }
}
