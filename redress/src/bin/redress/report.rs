use std::collections::HashSet;

use redress::config::{ConfigFile, ConfigFileError, Place};
use redress::inspect::{Level, PolicySnapshot, Schedule};
use redress::{ErrorClass, Policy};

/// What the doctor says, in whatever format.
#[derive(Debug)]
pub(crate) struct Report {
    /// The file as it was named.
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) findings: Vec<Finding>,
    /// The policies that were looked at; none where the file was refused.
    pub(crate) policies: Vec<Looked>,
}

/// One thing that is wrong with the file or its policies.
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
    /// The file has the setting.
    pub(crate) given: bool,
}

/// One policy.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) name: String,
    pub(crate) snapshot: PolicySnapshot,
    pub(crate) schedules: Vec<Together>,
}

/// Classes whose attempts start at the same times.
#[derive(Debug)]
pub(crate) struct Together {
    pub(crate) classes: Vec<ErrorClass>,
    pub(crate) schedule: Schedule,
}

impl Together {
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.classes.iter().map(|class| class.as_str()).collect();
        names.join(", ")
    }
}

impl Report {
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
        }
    }

    /// Reports on the policies that `names` lists.
    pub(crate) fn of(file: String, config: &ConfigFile, policies: Vec<(String, Policy)>) -> Self {
        let looked: HashSet<_> = policies.iter().map(|(name, _)| name).collect();
        let findings = config.lint().into_iter().filter_map(|found| {
            let names = found.policies().iter().filter(|name| looked.contains(name));
            let names: Vec<_> = names.cloned().collect();
            let finding = found.finding();
            // What belongs to no policy is of interest to who looks at all of them.
            let nobodys = found.policies().is_empty() && looked.len() == config.policies().len();
            (nobodys || !names.is_empty()).then(|| Finding {
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
        let policies = policies.into_iter();
        Self {
            file,
            text: config.text().to_owned(),
            findings,
            policies: policies
                .map(|(name, policy)| Looked::at(name, &policy))
                .collect(),
        }
    }

    /// Counts the findings of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.level == level).count()
    }
}

impl Looked {
    fn at(name: String, policy: &Policy) -> Self {
        let mut schedules: Vec<Together> = Vec::new();
        for class in ErrorClass::ALL {
            let schedule = policy.schedule(class);
            let alike = |other: &&mut Together| {
                let other = &other.schedule;
                (other.attempts(), other.ends()) == (schedule.attempts(), schedule.ends())
            };
            match schedules.iter_mut().find(alike) {
                Some(other) => other.classes.push(class),
                None => schedules.push(Together {
                    classes: vec![class],
                    schedule,
                }),
            }
        }
        // The most attempts first: those are what the policy is for.
        schedules.sort_by_key(|together| std::cmp::Reverse(together.schedule.attempts().len()));
        Self {
            name,
            snapshot: policy.snapshot(),
            schedules,
        }
    }
}
