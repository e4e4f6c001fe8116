//! The library's claim about connections that are to stay, tested in virtual time.

use redress_examples::simulation::sessions::{OUTAGES, Outage, RULES, mean, run};

/// The cost of each rule in an outage, ours first.
fn costs(outage: &Outage) -> Vec<f64> {
    RULES.iter().map(|rule| mean(rule, outage)).collect()
}

#[test]
fn ours_is_within_a_tenth_of_the_best_rule_in_each_outage() {
    for outage in &OUTAGES {
        let costs = costs(outage);
        let best = costs.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(costs[0] <= 1.1 * best, "{}: {costs:?}", outage.name);
    }
}

#[test]
fn each_other_rule_costs_more_than_twice_as_much_somewhere() {
    let table: Vec<_> = OUTAGES.iter().map(costs).collect();
    for (row, rule) in RULES.iter().enumerate().skip(1) {
        let times = table.iter().map(|costs| costs[row] / costs[0]);
        let worst = times.fold(0.0, f64::max);
        assert!(worst > 2.0, "{}: {worst}", rule.name);
    }
}

#[test]
fn a_run_is_the_same_for_the_same_seed() {
    let run = |seed| run(&RULES[0], &OUTAGES[3], seed);
    assert_eq!(run(1), run(1));
}
