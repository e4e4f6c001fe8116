use std::io::Error;

use redress::retry;

#[retry(circuit_breaker = BREAKER, budget = BUDGET)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
