//! Every shape of a sync function.
use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::io::{Error, ErrorKind};
use std::ops::ControlFlow;
use std::task::Poll;

use redress::retry;

use super::until;

struct Counter {
    calls: u32,
    name: String,
}

fn counter() -> Counter {
    Counter {
        calls: 0,
        name: "n".to_owned(),
    }
}

trait Source {
    const LIMIT: u32;
    fn read(&mut self, extra: u32) -> Result<u32, Error>;
    #[retry(strategy = instant())]
    fn provided(&mut self) -> Result<u32, Error> {
        self.read(Self::LIMIT)
    }
}

impl Source for Counter {
    const LIMIT: u32 = 2;
    #[retry(strategy = instant())]
    fn read(&mut self, extra: u32) -> Result<u32, Error> {
        until(3, &mut self.calls).map(|n| n + extra)
    }
}

impl Counter {
    #[retry(strategy = instant())]
    fn shared(&self, calls: &Cell<u32>) -> Result<&str, Error> {
        calls.set(calls.get() + 1);
        if calls.get() < 3 {
            Err(ErrorKind::ConnectionReset.into())
        } else {
            Ok(&self.name)
        }
    }

    #[retry(strategy = instant())]
    fn mutable(&mut self) -> Result<u32, Error> {
        until(3, &mut self.calls)
    }

    #[retry(strategy = instant())]
    fn owned(mut self) -> Result<u32, Error> {
        until(3, &mut self.calls)
    }

    #[retry(strategy = instant())]
    fn boxed(mut self: Box<Self>) -> Result<u32, Error> {
        until(3, &mut self.calls)
    }

    #[retry(strategy = instant())]
    fn associated(calls: &mut u32) -> Result<Self, Error> {
        until(2, calls).map(|calls| Self {
            calls,
            name: String::new(),
        })
    }
}

#[test]
fn receivers() {
    let calls = Cell::new(0);
    assert_eq!(counter().shared(&calls).unwrap(), "n");
    assert_eq!(calls.get(), 3);
    assert_eq!(counter().mutable().unwrap(), 3);
    assert_eq!(counter().owned().unwrap(), 3);
    assert_eq!(Box::new(counter()).boxed().unwrap(), 3);
}

#[test]
fn associated_functions() {
    assert_eq!(Counter::associated(&mut 0).unwrap().calls, 2);
}

#[test]
fn trait_methods_given_and_provided() {
    assert_eq!(counter().read(4).unwrap(), 7);
    assert_eq!(counter().provided().unwrap(), 5);
}

#[retry(strategy = instant())]
fn generic<T: Debug, const N: usize>(values: &[T; N], calls: &mut u32) -> Result<String, Error>
where
    T: Clone,
{
    until(3, calls)?;
    Ok(format!("{values:?}{N}"))
}

#[test]
fn generics_and_const_generics() {
    let mut calls = 0;
    assert_eq!(generic(&[1, 2], &mut calls).unwrap(), "[1, 2]2");
    assert_eq!(calls, 3);
}

#[retry(strategy = instant())]
fn opaque(words: impl IntoIterator<Item = u32> + Clone, calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)?;
    Ok(words.clone().into_iter().sum())
}

#[retry(strategy = instant())]
fn opaque_result(calls: &mut u32) -> Result<impl Display + use<>, Error> {
    if *calls > 100 {
        return Ok(0);
    }
    until(3, calls)?;
    Ok(7)
}

#[test]
fn impl_trait_in_both_positions() {
    let mut calls = 0;
    assert_eq!(opaque_result(&mut calls).unwrap().to_string(), "7");
    assert_eq!(calls, 3);
    assert_eq!(opaque([1, 2], &mut 0).unwrap(), 3);
}

#[retry(strategy = instant())]
fn lifetimes<'a, 'b: 'a>(short: &'a str, long: &'b str, calls: &mut u32) -> Result<&'a str, Error> {
    until(2, calls)?;
    Ok(if short.is_empty() { long } else { short })
}

#[retry(strategy = instant())]
fn elided(text: &str, _rest: &[u8]) -> Result<Vec<char>, Error> {
    Ok(text.chars().collect())
}

#[retry(strategy = instant())]
fn one_elided(text: &str) -> Result<&str, Error> {
    Ok(text.trim())
}

#[test]
fn lifetimes_named_and_elided() {
    let mut calls = 0;
    assert_eq!(lifetimes("", "long", &mut calls).unwrap(), "long");
    assert_eq!(
        (
            calls,
            elided("ab", &[]).unwrap().len(),
            one_elided(" a ").unwrap()
        ),
        (2, 2, "a")
    );
}

struct Point {
    x: u32,
    y: u32,
}

#[retry(strategy = instant())]
fn patterns(
    (a, b): (u32, u32),
    Point { x, y: z }: Point,
    [first, ..]: [u32; 3],
    _: u8,
    calls: &mut u32,
) -> Result<u32, Error> {
    until(3, calls)?;
    Ok(a + b + x + z + first)
}

#[test]
fn patterns_in_arguments() {
    let mut calls = 0;
    assert_eq!(
        patterns((1, 2), Point { x: 3, y: 4 }, [5, 0, 0], 0, &mut calls).unwrap(),
        15
    );
    assert_eq!(calls, 3);
}

#[retry(strategy = instant())]
fn mutable_arguments(mut count: u32, mut log: Vec<u32>) -> Result<Vec<u32>, Error> {
    count += 1;
    log.push(count);
    if count < 3 {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(log.clone())
    }
}

#[test]
fn arguments_keep_what_attempts_did_to_them() {
    assert_eq!(mutable_arguments(0, vec![]).unwrap(), [1, 2, 3]);
}

/// # Safety
/// None is needed.
#[allow(unsafe_code)]
#[retry(strategy = instant())]
unsafe fn dangerous(calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)
}

#[test]
#[allow(unsafe_code)]
fn unsafe_functions() {
    // SAFETY: the function has no requirements.
    assert_eq!(unsafe { dangerous(&mut 0) }.unwrap(), 3);
}

#[allow(improper_ctypes_definitions)]
#[retry(strategy = instant())]
extern "C" fn foreign(good: u32) -> Result<u32, Error> {
    Ok(good)
}

#[test]
fn other_calling_conventions() {
    assert_eq!(foreign(3).unwrap(), 3);
}

#[retry(strategy = instant(), max_attempts = 2)]
fn recursive(depth: u32, calls: &Cell<u32>) -> Result<u32, Error> {
    calls.set(calls.get() + 1);
    if depth == 0 {
        Err(ErrorKind::TimedOut.into())
    } else {
        recursive(depth - 1, calls)
    }
}

#[test]
fn recursion_multiplies() {
    let calls = Cell::new(0);
    recursive(2, &calls).unwrap_err();
    assert_eq!(calls.get(), 14);
}

#[retry(strategy = instant())]
fn control_flow(values: &[u32], calls: &mut u32) -> Result<u32, Error> {
    #![allow(clippy::never_loop)]
    *calls += 1;
    let found = 'outer: loop {
        for value in values {
            if *value > 10 {
                break 'outer *value;
            }
            if *value == 9 {
                continue;
            }
        }
        return Err(ErrorKind::TimedOut.into());
    };
    let add = |x: u32| -> Result<u32, Error> {
        if x == 0 {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(x + 1)
    };
    add(found)
}

#[test]
fn labels_loops_and_nested_closures() {
    let mut calls = 0;
    assert_eq!(control_flow(&[9, 11], &mut calls).unwrap(), 12);
    control_flow(&[], &mut calls).unwrap_err();
    assert_eq!(calls, 7);
}

macro_rules! attempt {
    ($calls:expr) => {
        until(3, $calls)?
    };
}

macro_rules! define {
    ($name:ident, $($argument:tt)*) => {
        #[retry($($argument)*)]
        fn $name(calls: &mut u32) -> Result<u32, Error> {
            Ok(attempt!(calls))
        }
    };
}

define!(by_macro, strategy = instant(), max_attempts = 4);

#[test]
fn macros_in_the_body_and_around() {
    assert_eq!(by_macro(&mut 0).unwrap(), 3);
}

mod visible {
    use super::{Error, retry};

    #[retry]
    pub(crate) fn within() -> Result<(), Error> {
        fn inner() -> Result<(), Error> {
            Ok(())
        }
        const FINE: bool = true;
        let _ = FINE;
        inner()
    }
}

#[test]
fn visibility_and_items_in_the_body() {
    visible::within().unwrap();
}

#[retry(strategy = instant())]
fn consumes_copy(n: u32, name: &'static str) -> Result<(u32, &'static str), Error> {
    let m = n;
    Ok((m, name))
}

#[retry(strategy = instant(), clone(names, more))]
fn consumes(
    mut names: Vec<u32>,
    more: String,
    calls: &mut u32,
) -> Result<(Vec<u32>, String), Error> {
    names.push(1);
    until(3, calls)?;
    Ok((names, more))
}

#[test]
fn cloned_arguments_start_afresh() {
    let mut calls = 0;
    assert_eq!(
        consumes(vec![], "m".to_owned(), &mut calls).unwrap(),
        (vec![1], "m".to_owned())
    );
    assert_eq!((calls, consumes_copy(1, "a").unwrap()), (3, (1, "a")));
}

#[retry(strategy = instant())]
fn polls(ready: bool, calls: &mut u32) -> Result<Poll<u32>, Error> {
    let once: Poll<Result<u32, Error>> = if ready {
        Poll::Ready(until(3, calls))
    } else {
        Poll::Pending
    };
    let value = once?;
    let stream: Poll<Option<Result<u32, Error>>> = value.map(|value| Some(Ok(value)));
    let next = stream?;
    Ok(next.map(Option::unwrap_or_default))
}

#[test]
fn the_question_mark_takes_a_poll() {
    let mut calls = 0;
    assert_eq!(polls(true, &mut calls).unwrap(), Poll::Ready(3));
    assert_eq!(calls, 3);
    assert_eq!(polls(false, &mut calls).unwrap(), Poll::Pending);
}

#[retry(result_classifier = |_: &Poll<Result<u32, Error>>| None::<redress::ErrorClass>)]
fn leaves_with_a_poll(fails: bool) -> Poll<Result<u32, Error>> {
    let value = if fails {
        Err(ErrorKind::Other.into())
    } else {
        Ok(1)
    };
    let ready: Poll<Result<u32, Error>> = Poll::Ready(value);
    let value = ready?;
    value.map(Ok)
}

#[retry(result_classifier = |_: &ControlFlow<u32, u32>| None::<redress::ErrorClass>)]
fn leaves_with_a_control_flow(flow: ControlFlow<u32, u32>) -> ControlFlow<u32, u32> {
    let value = flow?;
    ControlFlow::Continue(value + 1)
}

#[test]
fn the_question_mark_leaves_with_a_poll_and_a_control_flow() {
    assert!(matches!(leaves_with_a_poll(true), Poll::Ready(Err(_))));
    assert!(matches!(leaves_with_a_poll(false), Poll::Ready(Ok(1))));
    let flow = leaves_with_a_control_flow(ControlFlow::Break(7));
    assert_eq!(flow, ControlFlow::Break(7));
    let flow = leaves_with_a_control_flow(ControlFlow::Continue(7));
    assert_eq!(flow, ControlFlow::Continue(8));
}
