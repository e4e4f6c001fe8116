use std::time::Duration;

use super::node::{Node, ToNode, Written};
use super::reader::Reader;
use super::section::{Field, section};
use crate::classify::ErrorClass;
use crate::gate::{Gate, GateBuilder};
use crate::problems::{ConfigError, Problems};

section! {
    /// A [`Gate`], as data: what a file says of it. What is left out has the builder's default.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct GateConfig gives GateBuilder;

    /// [`GateBuilder::arm_on`].
    arm_on: Option<Vec<ErrorClass>> = class_list;
    /// [`GateBuilder::max_hint`].
    max_hint: Option<Duration> = time;
}

impl GateConfig {
    /// Makes the gate.
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`GateBuilder::build`] does.
    pub fn build(&self) -> Result<Gate, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked(None))
    }

    /// Makes a gate of settings that are known to be right. Its name is that of its table.
    pub(super) fn build_unchecked(&self, name: Option<&str>) -> Gate {
        let builder = self.give(Gate::builder());
        let builder = match name {
            Some(name) => builder.name(name.to_owned()),
            None => builder,
        };
        builder.build_unchecked()
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        self.give(Gate::builder()).check(problems);
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let config = Self::read_keys(reader, node);
        reader.check(|problems| config.check(problems));
        config
    }
}
