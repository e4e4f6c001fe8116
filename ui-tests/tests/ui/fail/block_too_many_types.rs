use std::io::Error;

use redress::retry_block as retry;

fn call() -> Result<(), Error> {
    retry!(<u32, u32, Error> || call())
}

fn main() {}
