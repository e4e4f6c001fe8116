//! `#[track_caller]`: the function reports its caller's line, whatever its body looks like.

use std::io::{Error, ErrorKind};
use std::panic::Location;

use redress::retry;

use super::until;

#[retry(strategy = instant())]
#[track_caller]
fn in_statements(calls: &mut u32) -> Result<u32, Error> {
    let line = here(until(3, calls)?);
    Ok(line)
}

#[track_caller]
#[retry(strategy = instant())]
fn in_a_match(calls: &mut u32) -> Result<u32, Error> {
    match until(3, calls)? {
        0 | 1 => Err(ErrorKind::NotFound.into()),
        n if n > 9 => return Ok(0),
        _ => Ok(here(until(3, calls)?)),
    }
}

#[track_caller]
#[retry(strategy = instant())]
fn in_a_loop(calls: &mut u32) -> Result<u32, Error> {
    let mut line = 0;
    for n in [1, 2] {
        let twice = n * until(3, calls)?;
        if twice > 100 {
            return Ok(0);
        }
        line = here(line);
    }
    Ok(line)
}

#[track_caller]
fn here(_: u32) -> u32 {
    Location::caller().line()
}

#[test]
fn the_line_is_the_callers() {
    // Each call stands on one line with the line that it should report.
    let (found, expected) = (in_statements(&mut 0), line!());
    assert_eq!(found.unwrap(), expected);
    let (found, expected) = (in_a_match(&mut 0), line!());
    assert_eq!(found.unwrap(), expected);
    let (found, expected) = (in_a_loop(&mut 0), line!());
    assert_eq!(found.unwrap(), expected);
}
