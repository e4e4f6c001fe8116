use std::io::Error;

use redress::retry;

#[retry(clone(address = 3))]
fn call(address: String) -> Result<(), Error> {
    drop(address);
    Ok(())
}

fn main() {}
