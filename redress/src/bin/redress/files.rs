//! What the subcommands share: the policies of a file, and what is wrong with it.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use redress::Policy;
use redress::config::{ConfigFile, ConfigFileError};

use crate::report::DoctorReport;
use crate::target::Target;
use crate::text;

/// The exit code when the command is wrong, rather than the policies.
pub(crate) const USAGE: u8 = 2;

/// Prints the reason why there is no report.
pub(crate) fn report_error(error: &dyn Error) -> ExitCode {
    // If standard error cannot be written, there is no place left to report that.
    let _ = writeln!(anstream::stderr(), "error: {error}");
    ExitCode::from(USAGE)
}

/// Returns `true` if a file was refused for its contents, rather than not read at all.
pub(crate) fn has_text(error: &ConfigFileError) -> bool {
    error
        .problems()
        .iter()
        .any(|problem| problem.place().is_some())
}

/// Returns the policies to examine, by name.
pub(crate) fn policies(
    file: &ConfigFile,
    target: &Target,
) -> Result<Vec<(String, Policy)>, Box<dyn Error>> {
    let Some(name) = &target.policy else {
        let names = file.policies().keys();
        let policies = names.map(|name| Ok((name.clone(), file.policy(name)?)));
        return policies.collect();
    };
    if file.policies().contains_key(name) {
        return Ok(vec![(name.clone(), file.policy(name)?)]);
    }
    let known: Vec<_> = file
        .policies()
        .keys()
        .map(|name| text::name(name))
        .collect();
    let file = target.file.display();
    let (name, known) = (text::name(name), known.join(", "));
    Err(format!("{file} has no policy {name}; it has {known}").into())
}

/// Prints what is wrong with a file, in the style of rustc.
pub(crate) fn report_refused(name: String, error: &ConfigFileError) -> ExitCode {
    if !has_text(error) {
        return report_error(error);
    }
    let report = DoctorReport::refused(name, error);
    let _ = anstream::stderr().write_all(text::write(&report, false).as_bytes());
    ExitCode::from(USAGE)
}

/// Prints text to standard output, without colours where it is not a terminal.
pub(crate) fn print(text: &str) -> Result<(), io::Error> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
