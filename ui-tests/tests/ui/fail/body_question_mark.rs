use std::io::Error;

use redress::retry;

#[retry]
async fn call() -> Result<u32, Error> {
    let n: u32 = "3".parse()?;
    Ok(n)
}

fn main() {}
