use std::num::ParseIntError;

use redress::retry;

#[retry(attempt_timeout = 1s)]
async fn call() -> Result<u32, ParseIntError> {
    "1".parse()
}

fn main() {}
