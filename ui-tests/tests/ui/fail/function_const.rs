use std::io::Error;

use redress::retry;

#[retry]
const fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
