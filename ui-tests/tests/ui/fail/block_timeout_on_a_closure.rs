use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(attempt_timeout = 1s, || call())
}

fn main() {}
