use std::io::Error;

use redress::retry;

#[retry]
fn call() -> Result<(), Error> {
    let n: u32 = "three";
    drop(n);
    Ok(())
}

fn main() {}
