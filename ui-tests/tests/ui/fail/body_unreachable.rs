#![deny(unreachable_code)]

use redress::retry;

#[retry]
fn gives_up(code: i32) -> Result<(), std::io::Error> {
    std::process::exit(code);
    Ok(())
}

fn main() {
    let _ = gives_up(1);
}
