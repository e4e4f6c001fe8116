/// Calls a macro with a level that is known only now. Each place where `tracing` makes an event or a span
/// has one level for ever, so this is a place for each.
macro_rules! at_level {
    ($level:expr, $make:ident) => {
        match $level {
            Level::ERROR => $make!(Level::ERROR),
            Level::WARN => $make!(Level::WARN),
            Level::INFO => $make!(Level::INFO),
            Level::DEBUG => $make!(Level::DEBUG),
            Level::TRACE => $make!(Level::TRACE),
        }
    };
}

pub(super) use at_level;
