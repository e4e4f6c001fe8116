use std::io::Error;

use redress::retry;

#[retry(strategy = fixed(delay))]
fn call(delay: std::time::Duration) -> Result<(), Error> {
    let _ = delay;
    Ok(())
}

fn main() {}
