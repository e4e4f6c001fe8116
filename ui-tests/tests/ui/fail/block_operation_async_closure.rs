use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(async || Ok::<_, Error>(())).map(drop)
}

fn main() {}
