use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use redress::config::ConfigFile;
use redress::inspect::Level;

use crate::args::{Doctor, Format};
use crate::files::{has_text, policies, report_error};
use crate::report::DoctorReport;
use crate::target::Target;
use crate::{json, picture, text};

/// Runs `redress doctor`.
pub(crate) fn run(args: &Doctor) -> ExitCode {
    let report = match examine(args) {
        Ok(report) => report,
        Err(error) => return report_error(&*error),
    };
    let text = match args.format {
        Format::Text => text::write(&report, args.show),
        Format::Json => json::write(&report, args.show),
    };
    // Strips colours where the output is not a terminal.
    if let Err(error) = anstream::stdout().write_all(text.as_bytes())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return report_error(&error);
    }
    if let Some(picture) = &args.plot
        && let Err(error) = draw(&report, picture)
    {
        return report_error(&*error);
    }
    ExitCode::from(u8::from(report.count(Level::Error) > 0))
}

/// Draws the schedules. By now the report has been printed, so a failure here does not lose it.
fn draw(report: &DoctorReport, picture: &Path) -> Result<(), Box<dyn Error>> {
    if report.policies.is_empty() {
        // The exit code reports the errors of the file, not the missing picture.
        let reason = if report.keyed.is_empty() && report.endpoints.is_empty() {
            "the file has errors"
        } else {
            "the file has no policies"
        };
        writeln!(anstream::stderr(), "no picture: {reason}")?;
        return Ok(());
    }
    let drawn = picture::draw(report)?;
    let failed = |error| format!("{}: cannot be written: {error}", picture.display());
    std::fs::write(picture, drawn).map_err(failed)?;
    Ok(())
}

/// Reads the file and reports on it.
fn examine(args: &Doctor) -> Result<DoctorReport, Box<dyn Error>> {
    let target = Target::of(&args.target);
    let name = target.file.display().to_string();
    let file = match ConfigFile::read(&target.file) {
        Ok(file) => file,
        Err(error) if has_text(&error) => return Ok(DoctorReport::refused(name, &error)),
        Err(error) => return Err(error.into()),
    };
    Ok(DoctorReport::of(name, &file, policies(&file, &target)?))
}
