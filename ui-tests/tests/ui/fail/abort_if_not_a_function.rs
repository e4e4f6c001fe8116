use std::io::Error;

use redress::retry;

static stopped: bool = false;

#[retry(abort_if = stopped)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
