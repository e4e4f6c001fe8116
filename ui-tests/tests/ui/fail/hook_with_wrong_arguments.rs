use std::io::Error;

use redress::retry;

#[retry(on_event = || ())]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
