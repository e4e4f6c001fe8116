use std::io::Error;

use redress::retry;

#[retry]
fn call(body: String) -> Result<String, Error> {
    Ok(body)
}

fn main() {}
