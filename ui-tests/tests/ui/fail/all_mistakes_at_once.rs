use std::io::Error;

use redress::retry;

#[retry(max_atempts = 3, deadline = -1s, strategy = equal_jiter(5s), strategies(transiet = fixed(1s)), per_class_max_attempts(transient = 0))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
