use std::ops::RangeInclusive;
use std::time::Duration;

use redress_examples::simulation::{WAYS, blip, collapse, contention, maintenance, outage, quota};

const OUTAGE_SEEDS: RangeInclusive<u64> = 1..=3;
const COLLAPSE_SEEDS: RangeInclusive<u64> = 1..=10;
const RACES: u32 = 100;

pub(crate) fn outage() {
    let (down, up) = (outage::DOWN, outage::UP);
    let (arrivals, capacity) = (outage::ARRIVALS, outage::CAPACITY);
    println!("The outage: {arrivals} operations a second, a server for {capacity},");
    println!("down from {down} s to {up} s; a column for each seed\n");
    println!(
        "{:32}{:>21}{:>27}{:>18}",
        "", "recovers after (s)", "succeed from then (%)", "most attempts/s"
    );
    for way in WAYS {
        let records: Vec<_> = OUTAGE_SEEDS.map(|seed| outage::run(&way, seed)).collect();
        let cells = |width: usize, cell: &dyn Fn(&outage::Record) -> String| -> String {
            let cells = records.iter().map(cell);
            cells.map(|cell| format!("{cell:>width$}")).collect()
        };
        let recovered = cells(7, &|record| match record.recovered() {
            Some(seconds) => seconds.to_string(),
            None => "never".to_owned(),
        });
        let success = cells(9, &|record| percent(record.success()));
        let peak = cells(6, &|record| record.peak().to_string());
        println!("{:32}{recovered}{success}{peak}", way.name);
    }
}

pub(crate) fn blip() {
    let seeds = OUTAGE_SEEDS.count();
    println!("\nThe blip: everything is refused for so many milliseconds;");
    println!("operations that failed, mean of {seeds} seeds\n");
    print!("{:32}", "");
    for length in blip::LENGTHS {
        print!("{length:>7}");
    }
    println!();
    for way in WAYS {
        print!("{:32}", way.name);
        for length in blip::LENGTHS {
            let length = Duration::from_millis(length);
            let failed = OUTAGE_SEEDS.map(|seed| blip::run(&way, length, seed).into());
            print!("{:>7.0}", mean(failed));
        }
        println!();
    }
}

pub(crate) fn collapse() {
    let runs = COLLAPSE_SEEDS.count();
    println!("\nThe collapse: a server that gets slower under load; mean of {runs} runs\n");
    println!(
        "{:32}{:>12}{:>14}{:>12}",
        "", "succeed (%)", "attempts/call", "recovered"
    );
    for way in collapse::WAYS {
        let records: Vec<_> = COLLAPSE_SEEDS.map(|seed| way.run(seed)).collect();
        let success = percent(mean(records.iter().map(collapse::Record::success)));
        let attempts = mean(records.iter().map(collapse::Record::attempts));
        let recovered = records.iter().filter(|record| record.recovered()).count();
        let recovered = format!("{recovered} of {runs}");
        println!(
            "{:32}{success:>12}{attempts:>14.2}{recovered:>12}",
            way.name
        );
    }
}

pub(crate) fn contention() {
    println!("\nThe contention: clients that all write one row; mean of {RACES} races\n");
    print!("{:32}", "");
    for clients in contention::CLIENTS {
        print!("{:>21}", format!("{clients} clients"));
    }
    print!("\n{:32}", "");
    for _ in contention::CLIENTS {
        print!("{:>12}{:>9}", "writes each", "ms");
    }
    println!();
    for contender in contention::STRATEGIES {
        print!("{:32}", contender.name);
        for clients in contention::CLIENTS {
            let record = contender.run(clients, RACES);
            print!("{:>12.2}{:>9}", record.writes, record.time.as_millis());
        }
        println!();
    }
}

pub(crate) fn quota() {
    let (rate, requests, runs) = (quota::RATE, quota::REQUESTS, COLLAPSE_SEEDS.count());
    println!(
        "\nThe quota: a server that grants {rate} requests a second and asks the others to come back"
    );
    println!("in a second; tasks of {requests} requests, mean of {runs} runs\n");
    print!("{:32}", "");
    for tasks in quota::TASKS {
        print!("{:>27}", format!("{tasks} tasks"));
    }
    print!("\n{:32}", "");
    for _ in quota::TASKS {
        print!("{:>10}{:>10}{:>7}", "lost", "429s", "s");
    }
    println!();
    for client in quota::CLIENTS {
        print!("{:32}", client.name);
        for tasks in quota::TASKS {
            let records: Vec<_> = COLLAPSE_SEEDS.map(|s| client.run(tasks, s)).collect();
            let mean = |of: fn(&quota::Record) -> f64| mean(records.iter().map(of));
            let lost = mean(|record| record.lost.into());
            let refused = mean(|record| record.refused.into());
            let end = mean(|record| record.end.as_secs_f64());
            print!("{lost:>10.0}{refused:>10.0}{end:>7.1}");
        }
        println!();
    }
}

pub(crate) fn maintenance() {
    let (down, up, runs) = (outage::DOWN, outage::UP, COLLAPSE_SEEDS.count());
    println!(
        "\nThe maintenance: the server of the outage refuses everything at once from {down} s"
    );
    println!("to {up} s; mean of {runs} runs\n");
    println!(
        "{:54}{:>20}{:>20}{:>10}",
        "", "recovers after (s)", "attempts/call, down", "failed"
    );
    for answer in maintenance::ANSWERS {
        for client in quota::CLIENTS {
            let records: Vec<_> = COLLAPSE_SEEDS
                .map(|seed| maintenance::run(&client, answer, seed))
                .collect();
            let recovered: Option<Vec<_>> =
                records.iter().map(maintenance::Record::recovered).collect();
            let recovered = recovered.map_or_else(
                || "never".to_owned(),
                |seconds| format!("{:.1}", mean(seconds.iter().map(|s| *s as f64))),
            );
            let attempts = mean(records.iter().map(maintenance::Record::amplification));
            let failed = mean(records.iter().map(|record| record.failed().into()));
            println!(
                "{:22}{:32}{recovered:>20}{attempts:>20.2}{failed:>10.0}",
                answer.name, client.name
            );
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}
