use std::io::Error;

use redress::retry;

#[retry(max_times = 3)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
