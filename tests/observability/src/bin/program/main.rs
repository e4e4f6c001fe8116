//! A program that is watched by one exporter: its first argument, the second is where that sends.
//!
//! It says where it is to be scraped, then does what each line says that it reads, and repeats the line
//! when it has: `outage`, `calm`, `save`, `give up`, or `fetch` and an address.

mod exporters;
mod fetch;

use std::io::{self, BufRead as _};

use redress_observability_tests::endpoint::Endpoint;
use redress_observability_tests::outage::Outage;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("the name of an exporter");
    let exporter = exporters::start(&name, arguments.next());
    let endpoint = Endpoint::serve(exporter.content_type, exporter.page);
    println!("{}", endpoint.address);

    let outage = Outage::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        // The exporter watches every policy of the program.
        match &*line {
            "outage" => outage.run(&|builder| builder),
            "calm" => outage.calm(&|builder| builder),
            "save" => outage.retried(&|builder| builder, 1),
            "give up" => outage.retried(&|builder| builder, 3),
            other => {
                let address = other.strip_prefix("fetch ").expect("something to do");
                fetch::fetch(address, exporter.traces.as_ref().expect("spans"));
            }
        }
        (exporter.flush)();
        println!("{line}");
    }
    Ok(())
}
