use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(|n: u32| Ok::<_, Error>(n).map(drop))
}

fn main() {}
