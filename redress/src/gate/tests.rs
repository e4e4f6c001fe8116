//! The pacer by itself, against a server that grants so many requests a second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::pacer::{GateEnd, GateTicket, Pacer};
use super::queue::Place;

const SECOND: u64 = 1_000_000_000;

/// Grants `rate` requests a second and as many at once, and says when to come back.
struct Server {
    rate: f64,
    tokens: f64,
    last: u64,
}

impl Server {
    fn grants(&mut self, now: u64) -> bool {
        let since = Duration::from_nanos(now - self.last).as_secs_f64();
        self.last = now;
        self.tokens = (self.tokens + since * self.rate).min(self.rate);
        let grants = self.tokens >= 1.0;
        if grants {
            self.tokens -= 1.0;
        }
        grants
    }
}

struct Caller {
    left: u32,
    again: bool,
    place: Option<Place>,
    ticket: Option<GateTicket>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Asks,
    Arrives,
    Returns(bool),
}

/// Runs so many callers until they have made `calls` calls in all. Returns the number of refused
/// requests and how long it took.
fn run(callers: u32, calls: u32, rate: f64, latency: u64) -> (u32, f64) {
    let mut pacer = Pacer::new();
    let mut server = Server {
        rate,
        tokens: rate,
        last: 0,
    };
    let mut all: Vec<_> = (0..callers)
        .map(|n| Caller {
            left: calls / callers + u32::from(n < calls % callers),
            again: false,
            place: None,
            ticket: None,
        })
        .collect();
    let mut events = BinaryHeap::new();
    let callers = all.iter().enumerate();
    for (n, _) in callers.filter(|(_, caller)| caller.left > 0) {
        // Within a tenth of a second, in no order.
        let at = (n as u64 * 7_919_317) % (SECOND / 10);
        events.push(Reverse((at, n, What::Asks)));
    }
    let (mut refused, mut over) = (0, 0);
    while let Some(Reverse((now, n, what))) = events.pop() {
        let Some(caller) = all.get_mut(n) else {
            continue;
        };
        let next = match what {
            What::Asks => match pacer.ask(caller.place, caller.again, now) {
                Ok(ticket) => {
                    caller.place = None;
                    caller.ticket = ticket;
                    Some((now + latency / 2, What::Arrives))
                }
                Err(wait) => {
                    caller.place = Some(wait.place);
                    Some((now + wait.ask_in, What::Asks))
                }
            },
            What::Arrives => Some((now + latency / 2, What::Returns(server.grants(now)))),
            What::Returns(true) => {
                pacer.end(caller.ticket, GateEnd::Succeeded, now);
                over = now;
                caller.left -= 1;
                caller.again = false;
                (caller.left > 0).then_some((now, What::Asks))
            }
            What::Returns(false) => {
                refused += 1;
                let hint = GateEnd::Limited(Some(Duration::from_secs(1)));
                pacer.end(caller.ticket, hint, now);
                caller.again = true;
                Some((now + SECOND, What::Asks))
            }
        };
        events.extend(next.map(|(at, what)| Reverse((at, n, what))));
    }
    assert_eq!(pacer.waiting(), 0);
    (refused, Duration::from_nanos(over).as_secs_f64())
}

#[test]
fn it_finds_the_pace_of_a_server_that_nobody_has_told_it() {
    for (callers, latency) in [1, 10, 100, 1000]
        .into_iter()
        .flat_map(|callers| [5, 20, 50].map(|latency| (callers, latency * 1_000_000)))
    {
        let (refused, seconds) = run(callers, 500, 10.0, latency);
        let bound = 49.0;
        println!("{callers} callers, {latency} ns: {refused} refused, {seconds:.1} s");
        assert!(refused <= 10, "{callers}, {latency}: {refused}");
        assert!(seconds <= 1.1 * bound, "{callers}, {latency}: {seconds}");
    }
}

#[test]
fn it_serves_first_come_first() {
    let mut pacer = Pacer::new();
    pacer.close_by_hand(SECOND, 0);
    let places: Vec<_> = (0..5)
        .map(|n| pacer.ask(None, false, n).unwrap_err().place)
        .collect();
    let again = pacer.ask(None, true, 9).unwrap_err().place;
    let mut order = Vec::new();
    let mut waiting: Vec<_> = places.iter().copied().chain([again]).collect();
    let mut now = SECOND;
    while !waiting.is_empty() {
        // Asked in the wrong order.
        for place in waiting.clone().into_iter().rev() {
            if pacer.ask(Some(place), false, now).is_ok() {
                waiting.retain(|other| *other != place);
                order.push(place);
            }
        }
        now += SECOND / 100;
    }
    let expected: Vec<_> = [again].into_iter().chain(places).collect();
    assert_eq!(order, expected);
}

#[test]
fn one_that_sleeps_for_ever_holds_nobody_up() {
    let mut pacer = Pacer::new();
    pacer.close_by_hand(SECOND, 0);
    for n in 0..10 {
        assert!(pacer.ask(None, false, n).is_err(), "never asks again");
    }
    let place = pacer.ask(None, false, 20).unwrap_err().place;
    let mut now = SECOND;
    while pacer.ask(Some(place), false, now).is_err() {
        now += SECOND / 100;
        assert!(now < 10 * SECOND);
    }
}

#[test]
fn a_hint_is_extended_and_never_shortened() {
    let mut pacer = Pacer::new();
    let limited = |seconds| GateEnd::Limited(Some(Duration::from_secs(seconds)));
    assert!(pacer.end(None, limited(5), 0), "closed now");
    assert!(!pacer.end(None, limited(2), SECOND));
    assert_eq!(pacer.closed_for(SECOND), 4 * SECOND);
    assert!(!pacer.end(None, limited(9), SECOND));
    assert_eq!(pacer.closed_for(SECOND), 9 * SECOND);
}

#[test]
fn without_a_hint_it_is_never_closed() {
    let mut pacer = Pacer::new();
    pacer.open();
    assert!(!pacer.end(None, GateEnd::Limited(None), 5));
    assert_eq!(pacer.closed_for(5), 0);
    assert!(pacer.rate().is_some());
}

#[test]
fn after_a_quiet_time_it_is_open() {
    let mut pacer = Pacer::new();
    pacer.end(None, GateEnd::Limited(Some(Duration::from_secs(1))), 0);
    assert!(pacer.ask(None, false, 30 * SECOND).is_ok());
    assert!(!pacer.is_open());
    assert!(pacer.ask(None, false, 90 * SECOND).is_ok());
    assert!(pacer.is_open());
    // A new one is open soon.
    let mut pacer = Pacer::new();
    assert!(pacer.ask(None, false, 0).unwrap().is_some());
    assert!(pacer.ask(None, false, 2 * SECOND).unwrap().is_none());
}

#[test]
fn no_time_and_no_hint_is_too_long_for_it() {
    let mut pacer = Pacer::new();
    for now in [0, 1, u64::MAX / 2, u64::MAX] {
        pacer.end(None, GateEnd::Limited(Some(Duration::MAX)), now);
        let _ = pacer.ask(None, true, now);
        pacer.close_by_hand(u64::MAX, now);
    }
}

#[test]
fn an_outage_that_answers_with_limits_does_not_outlast_itself() {
    let mut pacer = Pacer::new();
    let (mut now, mut ticket) = (0, None);
    // A hundred times a limit that is none, with a hint of nothing.
    for _ in 0..100 {
        now += SECOND / 10;
        if let Ok(admitted) = pacer.ask(None, false, now) {
            ticket = admitted;
        }
        pacer.end(ticket, GateEnd::Limited(Some(Duration::ZERO)), now);
    }
    let over = now;
    let mut waiting = None;
    let mut done = 0;
    while done < 100 {
        match pacer.ask(waiting, false, now) {
            Ok(admitted) => {
                waiting = None;
                pacer.end(admitted, GateEnd::Succeeded, now);
                done += 1;
            }
            Err(wait) => {
                waiting = Some(wait.place);
                now += wait.ask_in;
            }
        }
    }
    assert!(now - over < 15 * SECOND, "{}", now - over);
}

#[test]
fn when_all_is_refused_none_piles_up_and_what_comes_goes_on_as_before() {
    let mut pacer = Pacer::new();
    let limited = GateEnd::Limited(Some(Duration::from_secs(1)));
    pacer.open();
    pacer.end(None, limited, 0);
    let deadline = 60 * SECOND;
    let (mut waiting, mut sent_away) = (Vec::new(), 0);
    // A hundred calls a second come for ten seconds. One that cannot make it goes.
    for n in 0..1000 {
        let now = n * SECOND / 100;
        waiting.push(None);
        waiting.retain_mut(|place| match pacer.ask(*place, false, now) {
            Ok(ticket) => {
                pacer.end(ticket, limited, now);
                *place = None;
                true
            }
            Err(wait) if wait.soonest >= deadline => {
                pacer.leave(Some(wait.place));
                sent_away += 1;
                false
            }
            Err(wait) => {
                *place = Some(wait.place);
                true
            }
        });
    }
    assert!(waiting.len() < 100, "{}", waiting.len());
    assert!(sent_away > 900, "{sent_away}");
    // One success, and they go at the pace at which they come.
    let mut now = 10 * SECOND;
    loop {
        now += SECOND / 100;
        let first = waiting.first().copied().flatten();
        if let Ok(ticket) = pacer.ask(first, false, now) {
            pacer.end(ticket, GateEnd::Succeeded, now);
            break;
        }
    }
    assert!(now <= 12 * SECOND, "{now}");
    assert!(pacer.rate().unwrap() > 80.0, "{:?}", pacer.rate());
}

#[test]
fn a_single_limit_sends_none_away_that_may_make_it() {
    let mut pacer = Pacer::new();
    pacer.open();
    pacer.end(None, GateEnd::Limited(Some(Duration::from_secs(1))), 0);
    for n in 0..1000 {
        let wait = pacer.ask(None, false, n).unwrap_err();
        assert!(wait.soonest < 2 * SECOND, "{n}: {}", wait.soonest);
    }
}
