//! What a report says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use redress::simulate::worlds::{BLIP, CONTENTION, OUTAGE, QUOTA, SLOW};
use redress::simulate::{Report, Simulation, World, simulate};
use redress::{Policy, PolicyBuilder};

use super::{built, funded, retries};

/// The outage, but no longer than it takes to see its end.
fn outage() -> World {
    OUTAGE.world().to_builder().duration(80).build().unwrap()
}

/// One run: what a report says does not depend on their number.
fn once(policy: PolicyBuilder, world: impl Into<World>) -> Report {
    Simulation::new(&built(policy)).seeds(1..=1).run(world)
}

fn reason_and_fix(policy: PolicyBuilder, world: impl Into<World>) -> (String, String) {
    let verdict = once(policy, world).verdict();
    assert!(!verdict.recovers);
    (verdict.reason.unwrap(), verdict.fix.unwrap())
}

#[test]
fn the_verdict_names_the_rate_that_exceeds_the_capacity_and_what_would_bound_it() {
    let (reason, fix) = reason_and_fix(retries(3, 1), outage());
    assert!(reason.contains(" requests for each call x 2"), "{reason}");
    assert!(reason.contains("and the server can do 300"), "{reason}");
    assert!(fix.contains("recommended = true"), "{fix}");
    let (_, fix) = reason_and_fix(
        retries(3, 1).budget(redress::Budget::rolling(600, 60)),
        outage(),
    );
    assert!(fix.contains("add a breaker"), "{fix}");
    let too_small = outage().to_builder().rate(310.0).build().unwrap();
    let (reason, fix) = reason_and_fix(retries(0, 1), too_small);
    assert!(reason.contains("exceed the 300"), "{reason}");
    assert!(fix.contains("add capacity"), "{fix}");
    let (reason, fix) = reason_and_fix(Policy::builder(), QUOTA);
    assert!(reason.contains("MAX_ATTEMPTS_GLOBAL"), "{reason}");
    assert!(fix.contains("max_attempts"), "{fix}");
    let (reason, fix) = reason_and_fix(retries(3, 1).budget(funded(0)), CONTENTION);
    assert!(reason.contains("BUDGET_EXHAUSTED"), "{reason}");
    assert!(fix.contains("reserve"), "{fix}");
}

#[test]
fn a_queue_that_only_drains_slowly_is_named_as_such() {
    // At the end of the shorter world the queue is not gone.
    let short = OUTAGE.world().to_builder().duration(120).build().unwrap();
    let (reason, fix) = reason_and_fix(retries(0, 1), short);
    assert!(reason.contains("drains by"), "{reason}");
    assert!(fix.contains("add a breaker"), "{fix}");
}

#[test]
fn a_failed_assertion_says_why_and_leaves_the_picture() {
    let report = once(retries(3, 1), outage());
    let failed = catch_unwind(AssertUnwindSafe(|| report.assert_recovers_within(10)));
    let message = *failed.unwrap_err().downcast::<String>().unwrap();
    let first = "the policy must recover from `outage` within 10s, and never does";
    assert!(message.starts_with(first), "{message}");
    assert!(message.contains("fix: "), "{message}");
    assert!(message.contains("requests for each call"), "{message}");
    let picture = message
        .lines()
        .find_map(|line| line.strip_prefix("picture: "))
        .unwrap();
    let svg = std::fs::read_to_string(picture).unwrap();
    assert_eq!(svg, report.picture());
    once(Policy::builder().recommended(), SLOW).assert_recovers_within(10);
}

/// The points of each line.
fn lines(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let point = |text: &str| {
        let (x, y) = text.split_once(',').unwrap();
        (number(x), number(y))
    };
    let lines = svg.split("points=\"").skip(1);
    let points = lines.map(|line| line.split('"').next().unwrap());
    points
        .map(|line| line.split(' ').map(point).collect())
        .collect()
}

#[test]
fn a_picture_has_a_point_for_each_second_of_each_policy() {
    let plain = once(retries(3, 1), outage());
    let recommended = once(Policy::builder().recommended(), outage());
    let svg = Report::picture_of(&[("plain & simple", &plain), ("recommended", &recommended)]);
    assert!(svg.contains("plain &amp; simple: never recovers"));
    assert!(svg.contains("what the server can do"));
    let lines = lines(&svg);
    assert_eq!(lines.len(), 2 * 2, "two policies in two graphs");
    for line in &lines {
        assert_eq!(line.len(), 80);
        assert!(line.is_sorted_by(|(before, _), (after, _)| before < after));
        assert!(
            line.iter()
                .all(|(x, y)| *x < 800.0 && *y > 60.0 && *y < 700.0)
        );
    }
    // The one that never recovers stays on the floor.
    let floor = lines[0].iter().map(|(_, y)| *y).fold(0.0, f64::max);
    assert!(lines[0].iter().skip(60).all(|(_, y)| *y == floor));
}

/// The relative luminance of WCAG 2.
fn luminance(colour: &str) -> f64 {
    let part = |from| {
        let byte = u8::from_str_radix(&colour[from..from + 2], 16).unwrap();
        let part = f64::from(byte) / 255.0;
        if part <= 0.03928 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn every_colour_can_be_read_on_a_light_and_on_a_dark_page() {
    let report = simulate(&Policy::recommended(), BLIP);
    let svg = Report::picture_of(&[
        ("a", &report),
        ("b", &report),
        ("c", &report),
        ("d", &report),
    ]);
    let colours: Vec<_> = svg
        .split("=\"#")
        .skip(1)
        .filter_map(|it| it.get(..6))
        .collect();
    assert!(colours.len() > 8, "{colours:?}");
    let (white, dark) = (luminance("ffffff"), luminance("0d1117"));
    for colour in colours {
        let own = luminance(colour);
        let (on_white, on_dark) = ((white + 0.05) / (own + 0.05), (own + 0.05) / (dark + 0.05));
        assert!(
            on_white > 3.9 && on_dark > 3.9,
            "#{colour}: {on_white} {on_dark}"
        );
    }
}
