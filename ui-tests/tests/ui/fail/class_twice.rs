use std::io::Error;

use redress::retry;

#[retry(strategies(transient = fixed(1s), transient = fixed(2s)))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
