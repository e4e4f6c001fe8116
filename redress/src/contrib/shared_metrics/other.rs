use super::names::{CAP, OTHER};

/// How much of a name is said. One that is made for each call may be of any length.
const SAID: usize = 100;

/// Says in the log, which is that of the features `tracing-0_1` and `log-0_4`, that a name is shown as one
/// of the others. Without either there is no log to say it in.
pub(super) fn say(what: &str, name: &str) {
    let name: String = name.chars().take(SAID).collect();
    let line = format_args!(
        "more than {CAP} names of {what}: {name:?} and any further one is counted as \"{OTHER}\""
    );
    #[cfg(feature = "tracing-0_1")]
    ::tracing_0_1::warn!(target: "redress", "{line}");
    #[cfg(feature = "log-0_4")]
    ::log_0_4::warn!(target: "redress", "{line}");
    let _ = line;
}
