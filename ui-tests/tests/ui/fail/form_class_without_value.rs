use std::io::Error;

use redress::retry;

#[retry(strategies(transient))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
