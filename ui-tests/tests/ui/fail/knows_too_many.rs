use std::io::Error;

use redress::retry;

#[retry(knows(A, B, C, D, E, F, G, H, I))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
