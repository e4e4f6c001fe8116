//! A program that is watched by one exporter, which is its first argument.
//!
//! It says where it is to be scraped, then does what each line says that it reads, and repeats the line
//! when it has: `outage`, or `calm`.

mod exporters;

use std::io::{self, BufRead as _};

use redress_observability_tests::endpoint::Endpoint;
use redress_observability_tests::outage::Outage;

fn main() -> io::Result<()> {
    let exporter = std::env::args().nth(1).expect("the name of an exporter");
    let (content_type, write) = exporters::start(&exporter);
    let endpoint = Endpoint::serve(content_type, write);
    println!("{}", endpoint.address);

    let outage = Outage::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        // The exporter watches every policy of the program.
        match &*line {
            "outage" => outage.run(&|builder| builder),
            "calm" => outage.calm(&|builder| builder),
            other => panic!("what is {other:?}?"),
        }
        println!("{line}");
    }
    Ok(())
}
