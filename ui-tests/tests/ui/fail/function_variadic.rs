use std::io::Error;

use redress::retry;

#[retry]
unsafe extern "C" fn call(first: i32, rest: ...) -> Result<(), Error> {
    Ok(())
}

fn main() {}
