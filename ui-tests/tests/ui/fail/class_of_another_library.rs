use std::io::Error;

use redress::retry;

#[retry(strategies(timeout = fixed(1s)))]
fn timeout() -> Result<(), Error> {
    Ok(())
}

#[retry(strategies(timeouts = fixed(1s)))]
fn timeouts() -> Result<(), Error> {
    Ok(())
}

#[retry(strategies(429 = fixed(1s)))]
fn status() -> Result<(), Error> {
    Ok(())
}

#[retry(strategies(server_errors = fixed(1s)))]
fn server() -> Result<(), Error> {
    Ok(())
}

#[retry(strategies(throttle = fixed(1s)))]
fn throttle() -> Result<(), Error> {
    Ok(())
}

#[retry(per_class_max_attempts(404 = 2))]
fn cap() -> Result<(), Error> {
    Ok(())
}

#[derive(redress::Classify)]
#[classify(timeout)]
struct Slow;

#[derive(redress::Classify)]
#[classify(503)]
struct Down;

fn main() {}
