use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    let delay = 0.5;
    retry!(strategy = fixed(delay), || call())
}

fn main() {}
