//! The faults of the server and their order: nothing here is random.

use std::time::Duration;

/// The treatment of one request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Answers with 200.
    Ok,
    /// Answers with 200, the body in small pieces.
    OkSlowly,
    /// Is down: the operating system refuses the connection.
    Refuse,
    /// Reads the request and resets the connection.
    Reset,
    /// Resets the connection in the middle of the body.
    ResetBody,
    /// Reads the request and never answers.
    Hang,
    /// Sends half of the body and never the rest.
    HangBody,
    /// Answers with this status.
    Status(u16),
    /// Answers with 429, both to this request and to all that arrive before the wait is over.
    Limit(Duration, WaitFormat),
}

/// The format of a `Retry-After` header.
#[derive(Clone, Copy)]
pub(crate) enum WaitFormat {
    /// A whole number of seconds, as most servers send it.
    Seconds,
    /// Seconds with a fraction, as some servers send it.
    Fraction,
    /// A date, as the RFC allows.
    Date,
}

/// Returns the acts for the requests for one order: first, second, third. The last act repeats.
pub(crate) const fn script(order: u32) -> &'static [Act] {
    use Act::{Hang, HangBody, Limit, Ok, OkSlowly, Refuse, Reset, ResetBody, Status};
    use WaitFormat::{Date, Fraction, Seconds};

    match order % SCRIPTS {
        0 => &[Refuse, Ok],
        1 => &[Refuse, Refuse, Ok],
        2 => &[Reset, Ok],
        3 => &[ResetBody, Ok],
        4 => &[Hang, Ok],
        5 => &[HangBody, Ok],
        6 => &[OkSlowly],
        7 => &[Status(500), Ok],
        8 => &[Status(503), Status(503), Ok],
        9 => &[Limit(SECOND, Seconds), Ok],
        10 => &[Limit(HALF_A_SECOND, Fraction), Ok],
        11 => &[Limit(SECOND, Date), Ok],
        EVERYTHING => &[
            Refuse,
            Hang,
            Status(503),
            Limit(HALF_A_SECOND, Fraction),
            OkSlowly,
        ],
        // Three that no retry can help.
        13 => &[Status(404)],
        14 => &[Status(503)],
        15 => &[Limit(MINUTE, Seconds)],
        _ => &[Ok],
    }
}

/// The number of scripts. Those from 16 on have no fault.
const SCRIPTS: u32 = 24;

/// An order whose script has a fault of each kind.
pub(crate) const EVERYTHING: u32 = 12;

const HALF_A_SECOND: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
