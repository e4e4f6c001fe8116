use std::io::Error;

use redress::retry;

static POLICY: std::sync::LazyLock<redress::Policy> =
    std::sync::LazyLock::new(redress::Policy::new);

#[retry(policy = POLICY, strategy = fixed(1s), max_attempts = 3)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}
