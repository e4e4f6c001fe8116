use std::collections::HashSet;

use redress::config::{ConfigFile, ConfigFileError, Place};
use redress::inspect::{Level, PolicySnapshot, Schedule};
use redress::{ErrorClass, Policy};

/// The doctor's report, before it is written in one of the formats.
#[derive(Debug)]
pub(crate) struct DoctorReport {
    /// The file, as named on the command line.
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) findings: Vec<Finding>,
    /// The policies that were examined; none if the file was refused.
    pub(crate) policies: Vec<PolicyReport>,
    /// The maps; none if only one policy was asked for.
    pub(crate) keyed: Vec<KeyedReport>,
    /// The lists of replicas; none if only one policy was asked for.
    pub(crate) endpoints: Vec<KeyedReport>,
}

/// One mistake in the file or its policies.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    pub(crate) code: &'static str,
    pub(crate) policies: Vec<String>,
    pub(crate) setting: String,
    pub(crate) message: String,
    pub(crate) reason: Option<String>,
    pub(crate) fix: Option<String>,
    pub(crate) place: Option<Place>,
    /// Whether the file has the setting.
    pub(crate) given: bool,
}

/// The report on one policy.
#[derive(Debug)]
pub(crate) struct PolicyReport {
    pub(crate) name: String,
    pub(crate) snapshot: PolicySnapshot,
    pub(crate) schedules: Vec<ClassSchedule>,
}

/// The report on one map, or on one list of replicas.
#[derive(Debug)]
pub(crate) struct KeyedReport {
    pub(crate) name: String,
    /// What it is, and the settings of what each key has.
    pub(crate) rows: Vec<(String, String)>,
}

/// A schedule, with all the classes whose attempts follow it.
#[derive(Debug)]
pub(crate) struct ClassSchedule {
    pub(crate) classes: Vec<ErrorClass>,
    pub(crate) schedule: Schedule,
}

impl ClassSchedule {
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.classes.iter().map(|class| class.as_str()).collect();
        names.join(", ")
    }
}

impl DoctorReport {
    /// Reports on a file that was refused.
    pub(crate) fn refused(file: String, error: &ConfigFileError) -> Self {
        let findings = error.problems().iter().map(|problem| Finding {
            level: Level::Error,
            code: "invalid-configuration",
            policies: Vec::new(),
            setting: problem.setting().to_owned(),
            message: problem.message().to_owned(),
            reason: None,
            fix: problem.help().map(str::to_owned),
            place: problem.place().cloned(),
            given: true,
        });
        Self {
            file,
            text: error.text().to_owned(),
            findings: findings.collect(),
            policies: Vec::new(),
            keyed: Vec::new(),
            endpoints: Vec::new(),
        }
    }

    /// Reports on the policies that `names` lists.
    pub(crate) fn of(file: String, config: &ConfigFile, policies: Vec<(String, Policy)>) -> Self {
        let examined: HashSet<_> = policies.iter().map(|(name, _)| name).collect();
        let findings = config.lint().into_iter().filter_map(|found| {
            let names = found
                .policies()
                .iter()
                .filter(|name| examined.contains(name));
            let names: Vec<_> = names.cloned().collect();
            let finding = found.finding();
            // A finding without a policy is reported only if all policies are examined.
            let shared = found.policies().is_empty() && examined.len() == config.policies().len();
            (shared || !names.is_empty()).then(|| Finding {
                level: finding.level(),
                code: finding.code(),
                policies: names,
                setting: found.setting().to_owned(),
                message: finding.message().to_owned(),
                reason: Some(finding.reason().to_owned()),
                fix: Some(finding.fix().to_owned()),
                place: Some(found.place().clone()),
                given: found.is_given(),
            })
        });
        let findings = findings.collect();
        let all = examined.len() == config.policies().len();
        let keyed = config.keyed().iter().filter(|_| all);
        let keyed = keyed.map(|(name, config)| KeyedReport {
            name: name.clone(),
            rows: config.rows(),
        });
        let keyed = keyed.collect();
        let endpoints = config.endpoints().iter().filter(|_| all);
        let endpoints = endpoints.map(|(name, config)| KeyedReport {
            name: name.clone(),
            rows: config.rows(),
        });
        let endpoints = endpoints.collect();
        let policies = policies.into_iter();
        Self {
            file,
            text: config.text().to_owned(),
            findings,
            policies: policies
                .map(|(name, policy)| PolicyReport::new(name, &policy))
                .collect(),
            keyed,
            endpoints,
        }
    }

    /// Counts the findings of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.level == level).count()
    }
}

impl PolicyReport {
    fn new(name: String, policy: &Policy) -> Self {
        let mut schedules: Vec<ClassSchedule> = Vec::new();
        for class in ErrorClass::ALL {
            let schedule = policy.schedule(class);
            let alike = |other: &&mut ClassSchedule| {
                let other = &other.schedule;
                (other.attempts(), other.ends()) == (schedule.attempts(), schedule.ends())
            };
            match schedules.iter_mut().find(alike) {
                Some(other) => other.classes.push(class),
                None => schedules.push(ClassSchedule {
                    classes: vec![class],
                    schedule,
                }),
            }
        }
        // The most attempts first: these classes are the ones that the policy is for.
        schedules.sort_by_key(|group| std::cmp::Reverse(group.schedule.attempts().len()));
        Self {
            name,
            snapshot: policy.snapshot(),
            schedules,
        }
    }
}
