//! `attempt` takes the name of a variable, and `span` nothing.

use redress::retry;

#[retry(attempt = 3)]
fn number() -> std::io::Result<()> {
    Ok(())
}

#[retry(attempt = self.at)]
fn place() -> std::io::Result<()> {
    Ok(())
}

#[retry(attempt = _)]
fn nothing() -> std::io::Result<()> {
    Ok(())
}

#[retry(attempt, span = true)]
fn forms() -> std::io::Result<()> {
    Ok(())
}

#[retry(attempt = id)]
fn hidden(id: u32) -> std::io::Result<u32> {
    Ok(id)
}

#[deny(unused_variables)]
#[retry(attempt = at)]
fn unused() -> std::io::Result<()> {
    Ok(())
}

fn main() {}
