use std::io::Error;

use redress::{Policy, retry_block};

fn step() -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let policy = Policy::builder().build().unwrap();
    let _: Result<u32, Error> = retry_block!(policy = policy, || Ok(step()?));
}
