use std::io::Error;

use redress::retry;

#[retry(abort_on = || false)]
async fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
