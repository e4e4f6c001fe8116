use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(max_atempts = 3, || call())
}

fn main() {}
