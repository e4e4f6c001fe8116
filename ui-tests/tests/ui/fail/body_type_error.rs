use std::io::Error;

use redress::retry;

#[retry]
async fn call() -> Result<(), Error> {
    Ok(3)
}

fn main() {}
