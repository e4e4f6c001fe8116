use std::io::Error;

use redress::retry;

#[retry(on_metric = |_| ())]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
