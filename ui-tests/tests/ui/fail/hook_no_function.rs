use std::io::Error;

use redress::retry;

#[retry(on_event = 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
