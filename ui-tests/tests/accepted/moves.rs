//! Arguments that the body does not move, though a name or a call looks like it.

use std::io::{Error, ErrorKind};

use redress::retry;

use super::until;

fn use_it(token: &str) -> usize {
    token.len()
}

fn take<T>(_value: T) {}

#[retry(strategy = instant())]
fn rebound_by_if_let(token: Option<String>, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    if let Some(token) = &token {
        take(token);
        Ok(use_it(token))
    } else {
        Ok(0)
    }
}

#[retry(strategy = instant())]
fn rebound_by_an_arm(id: Option<String>, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    match &id {
        Some(id) if id.is_empty() => Ok(use_it(id)),
        Some(id) => Ok(use_it(id)),
        None => Ok(0),
    }
}

#[retry(strategy = instant())]
fn rebound_by_let_else(id: String, calls: &mut u32) -> Result<u64, Error> {
    until(3, calls)?;
    let Ok(id) = id.parse::<u64>() else {
        return Err(ErrorKind::InvalidData.into());
    };
    take(id);
    Ok(id)
}

struct Pair {
    left: u64,
    right: String,
}

#[retry(strategy = instant())]
fn rebound_by_a_struct(left: String, pair: &Pair, calls: &mut u32) -> Result<u64, Error> {
    until(3, calls)?;
    let _ = left.len();
    match pair {
        Pair { left, right } if !right.is_empty() => {
            take(left);
            Ok(*left)
        }
        _ => Ok(0),
    }
}

#[retry(strategy = instant())]
fn given_back(mut buffer: Vec<u8>, calls: &mut u32) -> Result<usize, Error> {
    fn step(mut buffer: Vec<u8>) -> (Vec<u8>, bool) {
        buffer.push(1);
        (buffer, true)
    }
    let (filled, _) = step(buffer);
    buffer = filled;
    until(3, calls)?;
    Ok(buffer.len())
}

type Slot<'a> = &'a mut u32;

fn count(slot: &mut u32) {
    *slot += 1;
}

#[retry(strategy = instant())]
fn reborrowed(slot: Slot<'_>, calls: Slot<'_>) -> Result<u32, Error> {
    count(slot);
    until(3, calls)
}

#[retry(strategy = instant())]
fn not_moved(text: String, calls: &mut u32) -> Result<usize, Error> {
    let _ = text;
    let ref other = text;
    until(3, calls)?;
    Ok(other.len())
}

#[retry(strategy = instant())]
fn compiled_out(text: String, calls: &mut u32) -> Result<usize, Error> {
    #[cfg(any())]
    take(text);
    until(3, calls)?;
    Ok(text.len())
}

#[retry(strategy = instant())]
fn never_reached(text: String) -> Result<(), Error> {
    take(text);
    std::process::exit(1)
}

#[retry(strategy = instant())]
fn shadowed_by_an_item(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    let len = text.len();
    {
        #[allow(non_upper_case_globals)]
        const text: usize = 3;
        take(text);
    }
    Ok(len)
}

#[test]
fn what_is_not_moved_is_not_refused() {
    assert_eq!(rebound_by_if_let(Some("abc".into()), &mut 0).unwrap(), 3);
    assert_eq!(rebound_by_an_arm(Some("abc".into()), &mut 0).unwrap(), 3);
    assert_eq!(rebound_by_let_else("42".into(), &mut 0).unwrap(), 42);
    let pair = Pair {
        left: 5,
        right: "right".into(),
    };
    assert_eq!(rebound_by_a_struct("x".into(), &pair, &mut 0).unwrap(), 5);
    assert_eq!(given_back(Vec::new(), &mut 0).unwrap(), 3);
    let mut slot = 0;
    assert_eq!(reborrowed(&mut slot, &mut 0).unwrap(), 3);
    assert_eq!(slot, 3);
    assert_eq!(not_moved("abc".into(), &mut 0).unwrap(), 3);
    assert_eq!(compiled_out("abc".into(), &mut 0).unwrap(), 3);
    assert_eq!(shadowed_by_an_item("abc".into(), &mut 0).unwrap(), 3);
    let _: fn(String) -> Result<(), Error> = never_reached;
}

const LIMIT: Option<u32> = Some(3);

struct Limits {
    n: u32,
}

#[retry(
    strategy = instant(),
    max_attempts = match LIMIT { Some(n) => n, None => 2 },
    max_unknown_attempts = Limits { n: 2 }.n,
)]
fn limited(n: u32, calls: &mut u32) -> Result<u32, Error> {
    let _ = until(100, calls)?;
    Ok(n)
}

#[test]
fn a_limit_may_bind_the_name_of_an_argument() {
    let mut calls = 0;
    limited(1, &mut calls).unwrap_err();
    assert_eq!(calls, 3);
}
