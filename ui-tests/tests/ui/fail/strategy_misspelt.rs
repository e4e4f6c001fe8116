use std::io::Error;

use redress::retry;

#[retry(strategy = equal_jiter(5s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
