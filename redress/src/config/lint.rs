use std::collections::BTreeMap;

use super::error::Lines;
use super::node::Span;
use super::places::{in_a_file, nearest, segment};
use super::{BreakerConfig, ConfigFile, EachConfig, NamedOr, Place, RetryConfig, names};
use crate::defaults;
use crate::inspect::{Finding, Level, ONCE_NEVER_RETRIES};
use crate::policy::Policy;
use crate::problems::ConfigError;

/// What is wrong with a policy of a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    policies: Vec<String>,
    setting: String,
    finding: Finding,
    place: Place,
    given: bool,
}

impl FileFinding {
    /// Lists the policies that have it, in the order of their names: more than one where they share
    /// a budget or a breaker, none where that belongs to nobody.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// Returns the setting as a path in the file, such as `policies.payments.deadline`.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        &self.finding
    }

    /// Returns where the value stands; for one that is not in the file, where the name of the
    /// nearest thing around it stands.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Tells whether the file has the setting, rather than leaving it to the default.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.given
    }
}

impl ConfigFile {
    /// Makes one policy, with a budget and a breaker that it shares with nobody: to look at.
    ///
    /// # Errors
    ///
    /// There is no such policy.
    ///
    /// ```
    /// use redress::config::{ConfigFile, Format};
    ///
    /// let file = ConfigFile::parse(Format::Yaml, "policies: {payments: {deadline: 30s}}")?;
    /// println!("{}", file.policy("payments")?.snapshot());
    ///
    /// let error = file.policy("payment").unwrap_err();
    /// assert_eq!(error.problems()[0].message(), "there is no such policy: did you mean `payments`?");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn policy(&self, name: &str) -> Result<Policy, ConfigError> {
        let Some(config) = self.policies().get(name) else {
            let known = self.policies().keys().map(String::as_str);
            let help = names::suggest(name, "policies", known);
            let message = format!("there is no such policy: {help}");
            return Err(ConfigError::of(&segment(name), &message));
        };
        let mut config = config.clone();
        if let Some(NamedOr::Named(budget)) = &config.budget {
            config.budget = self.budgets().get(budget).cloned().map(NamedOr::Own);
        }
        if let Some(NamedOr::Named(gate)) = &config.gate {
            config.gate = self.gates().get(gate).cloned().map(NamedOr::Own);
        }
        if let Some(breaker) = self.breaker_of(&config).cloned() {
            config.circuit_breaker = Some(NamedOr::Own(breaker));
        }
        config.build()
    }

    /// Lists what is wrong with the policies, in the order of the file; each is taken for one that
    /// many callers share. What policies share is named once.
    ///
    /// ```
    /// use redress::config::{ConfigFile, Format};
    ///
    /// let text = "\
    /// [policies.payments]
    /// recommended = true
    /// strategy = 'fixed(1s)'
    /// ";
    /// let findings = ConfigFile::parse(Format::Toml, text)?.lint();
    /// assert_eq!(findings[0].finding().code(), "no-jitter");
    /// assert_eq!(findings[0].place().line(), 3);
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<FileFinding> {
        let lines = Lines::of(self.text());
        let mut all: Vec<FileFinding> = Vec::new();
        // What stands in a policy belongs to it alone, and there may be thousands.
        let mut shared: Vec<FileFinding> = Vec::new();
        for (name, config) in self.policies() {
            // What cannot be built has been refused with the file.
            let Ok(policy) = self.policy(name) else {
                continue;
            };
            // The classifier is given by the code that asks for the policy.
            let certain = |finding: &Finding| finding.code() != ONCE_NEVER_RETRIES;
            for finding in policy.lint_shared().into_iter().filter(certain) {
                let setting = self.setting_of(name, config, &finding);
                let mut known = shared.iter_mut();
                let known = known.find(|o| o.setting == setting && o.finding == finding);
                if let Some(known) = known {
                    known.policies.push(name.clone());
                    continue;
                }
                let alone = setting.starts_with("policies.");
                let list = if alone { &mut all } else { &mut shared };
                let (span, given) = self.span_of(&setting);
                list.push(FileFinding {
                    policies: vec![name.clone()],
                    place: lines.place(&span),
                    given,
                    setting,
                    finding,
                });
            }
        }
        all.append(&mut shared);
        all.extend(self.unused(&lines));
        all.extend(self.lint_keyed(&lines));
        all.extend(self.lint_endpoints(&lines));
        all.sort_by_key(|finding| finding.place.span().start);
        all
    }

    /// Lists the budgets, breakers and gates that no policy names: most likely one was meant to.
    fn unused(&self, lines: &Lines<'_>) -> Vec<FileFinding> {
        let budgets = self.budgets().keys().filter(|name| {
            !self.policies().values().any(
                |policy| matches!(&policy.budget, Some(NamedOr::Named(budget)) if budget == *name),
            )
        });
        let breakers = self.breakers().keys().filter(|name| {
            !self.policies().values().any(|policy| {
                matches!(&policy.circuit_breaker, Some(NamedOr::Named(breaker)) if breaker == *name)
            })
        });
        let budgets = budgets.map(|name| ("budgets", "unused-budget", "budget", name));
        let breakers = breakers.map(|name| ("breakers", "unused-breaker", "circuit_breaker", name));
        let gates = self.gates().keys().filter(|name| {
            !self
                .policies()
                .values()
                .any(|policy| matches!(&policy.gate, Some(NamedOr::Named(gate)) if gate == *name))
        });
        let gates = gates.map(|name| ("gates", "unused-gate", "gate", name));
        let unused = budgets.chain(breakers).chain(gates);
        unused
            .map(|(table, code, key, name)| {
                let finding = Finding {
                    level: Level::Warning,
                    code,
                    setting: key.to_owned(),
                    message: "no policy names it, so it does nothing".to_owned(),
                    reason: "a policy has only what it names itself".to_owned(),
                    fix: format!("write {key} = \"{name}\" in a policy, or remove it"),
                };
                let path = [table.to_owned(), segment(name).into()];
                self.of_no_policy(lines, &path, finding)
            })
            .collect()
    }

    fn breaker_of<'c>(&'c self, config: &'c RetryConfig) -> Option<&'c BreakerConfig> {
        match config.circuit_breaker.as_ref()? {
            NamedOr::Named(name) => self.breakers().get(name),
            NamedOr::Own(own) => Some(own),
        }
    }

    /// Translates the policy's name for a setting into a path in the file.
    fn setting_of(&self, policy: &str, config: &RetryConfig, finding: &Finding) -> String {
        let mut parts = finding.setting().split('.');
        let first = parts.next().unwrap_or_default();
        let own = |setting: &str| {
            vec![
                "policies".to_owned(),
                segment(policy).into(),
                setting.to_owned(),
            ]
        };
        let shared = |table: &str, name: &str| vec![table.to_owned(), segment(name).into()];
        let mut path = match first {
            "breaker" => match &config.circuit_breaker {
                Some(NamedOr::Named(name)) => shared("breakers", name),
                _ => own("circuit_breaker"),
            },
            "budget" => match &config.budget {
                Some(NamedOr::Named(name)) => shared("budgets", name),
                _ => own("budget"),
            },
            "gate" => match &config.gate {
                Some(NamedOr::Named(name)) => shared("gates", name),
                _ => own("gate"),
            },
            _ => {
                let mut path = own("");
                path.pop();
                path.extend(in_a_file(first));
                path
            }
        };
        add_parts(&mut path, parts, self.breaker_of(config));
        path.join(".")
    }

    /// Makes a finding at a setting that is no policy's.
    fn of_no_policy(&self, lines: &Lines<'_>, path: &[String], finding: Finding) -> FileFinding {
        let setting = path.join(".");
        let (span, given) = self.span_of(&setting);
        FileFinding {
            policies: Vec::new(),
            place: lines.place(&span),
            given,
            setting,
            finding,
        }
    }

    /// Lists what is wrong with what maps have for each key, whatever policy it is used with, and with
    /// their bounds.
    fn lint_keyed(&self, lines: &Lines<'_>) -> Vec<FileFinding> {
        let mut all = Vec::new();
        for (name, config) in self.keyed() {
            let own = ["keyed".to_owned(), segment(name).into()];
            let mut add =
                |path: &[String], finding| all.push(self.of_no_policy(lines, path, finding));
            let breaker = match &config.each {
                EachConfig::CircuitBreaker(breaker) => Some(breaker),
                EachConfig::Budget(_) | EachConfig::Gate(_) => None,
            };
            for finding in config.each.in_a_policy().lint_shared() {
                let Some(parts) = finding.setting().strip_prefix(config.of_a_policy()) else {
                    continue;
                };
                let mut path = own.to_vec();
                path.push(config.each.key().to_owned());
                add_parts(&mut path, parts.split('.'), breaker);
                add(&path, finding);
            }
            if config.max_keys > defaults::KEYED_MANY {
                let [table, name] = own;
                let path = [table, name, "max_keys".to_owned()];
                add(&path, many_keys(config.max_keys, breaker.is_some()));
            }
        }
        all
    }

    /// Lists what is wrong with lists of replicas, and with the breakers in them.
    fn lint_endpoints(&self, lines: &Lines<'_>) -> Vec<FileFinding> {
        let mut all = Vec::new();
        for (name, config) in self.endpoints() {
            let own = ["endpoints".to_owned(), segment(name).into()];
            let mut add =
                |path: &[String], finding| all.push(self.of_no_policy(lines, path, finding));
            let given = &config.circuit_breaker;
            for finding in config.in_a_policy().lint_shared() {
                let Some(parts) = finding.setting().strip_prefix("breaker.") else {
                    continue;
                };
                // The default of a list is not a mistake.
                if parts == "consecutive_failures" && given.consecutive_failures.is_none() {
                    continue;
                }
                let mut path = own.to_vec();
                path.push("circuit_breaker".to_owned());
                add_parts(&mut path, parts.split('.'), Some(given));
                add(&path, finding);
            }
            let [table, name] = own;
            let replicas = [table, name, "replicas".to_owned()];
            if config.replicas.len() == 1 {
                add(&replicas, one_replica());
            }
            let mut seen = BTreeMap::new();
            for (name, address) in &config.replicas {
                if let Some(first) = seen.insert(address, name) {
                    let mut path = replicas.to_vec();
                    path.push(segment(name).into());
                    add(&path, same_address(first));
                }
            }
        }
        all
    }

    /// Returns where a setting stands, and whether the file has it at all.
    fn span_of(&self, setting: &str) -> (Span, bool) {
        if let Some(stands) = self.places.get(setting) {
            return (stands.value.clone(), true);
        }
        let around = nearest(&self.places, setting);
        (around.map_or(0..0, |stands| stands.key.clone()), false)
    }
}

/// Adds what follows a component's name in a policy's name for a setting, as a file writes it.
fn add_parts<'a>(
    path: &mut Vec<String>,
    parts: impl Iterator<Item = &'a str>,
    breaker: Option<&BreakerConfig>,
) {
    let by_strategy = breaker.is_some_and(|breaker| breaker.recovery_strategy.is_some());
    for part in parts {
        match part {
            "recovery" if by_strategy => path.push("recovery_strategy".to_owned()),
            "recovery" => path.push("recovery_timeout".to_owned()),
            part => path.extend(in_a_file(part)),
        }
    }
}

fn one_replica() -> Finding {
    Finding {
        level: Level::Warning,
        code: "endpoints-one-replica",
        setting: "replicas".to_owned(),
        message: "there is one replica, so a retry goes to no other one".to_owned(),
        reason: "a list refuses no attempt: with all of its replicas out, all are used".to_owned(),
        fix: "name the other replicas, or give the policy a circuit_breaker instead".to_owned(),
    }
}

fn same_address(first: &str) -> Finding {
    Finding {
        level: Level::Warning,
        code: "endpoints-same-address",
        setting: "replicas".to_owned(),
        message: format!("the address is that of {} as well", names::quoted(first)),
        reason: "a retry may go to where the attempt before has failed, and each name has to find out that it is out"
            .to_owned(),
        fix: "give each replica its own address, or remove one of the two".to_owned(),
    }
}

fn many_keys(max_keys: u32, breakers: bool) -> Finding {
    let bytes = u64::from(max_keys).saturating_mul(defaults::KEYED_BREAKER_BYTES);
    let reason = if breakers {
        format!("with a breaker for each that is {} MB", bytes / 1_000_000)
    } else {
        "each takes memory until it is forgotten".to_owned()
    };
    Finding {
        level: Level::Warning,
        code: "keyed-many-keys",
        setting: "max_keys".to_owned(),
        message: format!("up to {max_keys} keys are kept, whoever makes them up"),
        reason,
        fix: "lower it to the number of keys that are in use within the idle time: what is beyond it shares one"
            .to_owned(),
    }
}
