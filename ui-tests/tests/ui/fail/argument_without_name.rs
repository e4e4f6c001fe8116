use std::io::Error;

use redress::retry;

#[retry(3)]
fn number() -> Result<(), Error> {
    Ok(())
}

#[retry(5s)]
fn time() -> Result<(), Error> {
    Ok(())
}

#[retry("name")]
fn text() -> Result<(), Error> {
    Ok(())
}

#[retry(fixed(1s))]
fn strategy() -> Result<(), Error> {
    Ok(())
}

#[retry(rate_limit = fixed(1s))]
fn class() -> Result<(), Error> {
    Ok(())
}

#[retry(POLICY)]
fn policy() -> Result<(), Error> {
    Ok(())
}

#[retry('c')]
fn other() -> Result<(), Error> {
    Ok(())
}

fn main() {}
