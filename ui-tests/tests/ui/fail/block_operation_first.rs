use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(|| call(), max_attempts = 3)
}

fn main() {}
