use std::io::Error;

use redress::retry;

#[retry(clone(address))]
fn call(address: &str) -> Result<(), Error> {
    let _ = address;
    Ok(())
}

fn main() {}
