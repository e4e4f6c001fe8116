use std::io::Error;

use redress::retry;

#[retry(clone(adress))]
fn call(address: String) -> Result<(), Error> {
    drop(address);
    Ok(())
}

fn main() {}
