use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use redress::Policy;
use redress::config::{ConfigFile, ConfigFileError};
use redress::inspect::Level;

use crate::args::{Doctor, Format};
use crate::report::Report;
use crate::target::Target;
use crate::{json, picture, text};

/// Something is wrong with the command, not with the policies.
const USAGE: u8 = 2;

/// Runs `redress doctor`.
pub(crate) fn run(args: &Doctor) -> ExitCode {
    let report = match examine(args) {
        Ok(report) => report,
        Err(error) => return complain(&*error),
    };
    let text = match args.format {
        Format::Text => text::write(&report, args.show),
        Format::Json => json::write(&report, args.show),
    };
    // Strips colours wherever nobody would see them.
    if let Err(error) = anstream::stdout().write_all(text.as_bytes())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return complain(&error);
    }
    if let Some(picture) = &args.plot
        && let Err(error) = draw(&report, picture)
    {
        return complain(&*error);
    }
    ExitCode::from(u8::from(report.count(Level::Error) > 0))
}

/// Draws the schedules. The report has been shown, whatever becomes of the picture.
fn draw(report: &Report, picture: &Path) -> Result<(), Box<dyn Error>> {
    if report.policies.is_empty() {
        // The errors are what the exit code says.
        writeln!(anstream::stderr(), "no picture: the file has errors")?;
        return Ok(());
    }
    let drawn = picture::draw(report)?;
    let failed = |error| format!("{}: cannot be written: {error}", picture.display());
    std::fs::write(picture, drawn).map_err(failed)?;
    Ok(())
}

/// Says why there is no report.
fn complain(error: &dyn Error) -> ExitCode {
    // Nowhere is left to say that this could not be said.
    let _ = writeln!(anstream::stderr(), "error: {error}");
    ExitCode::from(USAGE)
}

/// Looks at the file.
fn examine(args: &Doctor) -> Result<Report, Box<dyn Error>> {
    let target = Target::of(&args.target);
    let name = target.file.display().to_string();
    let file = match ConfigFile::read(&target.file) {
        Ok(file) => file,
        Err(error) if has_text(&error) => return Ok(Report::refused(name, &error)),
        Err(error) => return Err(error.into()),
    };
    Ok(Report::of(name, &file, policies(&file, &target)?))
}

/// Tells whether a file was refused for what it says, rather than not read at all.
fn has_text(error: &ConfigFileError) -> bool {
    error
        .problems()
        .iter()
        .any(|problem| problem.place().is_some())
}

/// Returns the policies to look at, by name.
fn policies(file: &ConfigFile, target: &Target) -> Result<Vec<(String, Policy)>, Box<dyn Error>> {
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
