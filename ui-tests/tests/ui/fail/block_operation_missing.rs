use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(max_attempts = 3)
}

fn main() {}
