use std::io::Error;

use redress::retry;

#[retry(strategy = instant)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
