use std::io::Error;

use redress::retry;

#[retry]
fn call() {}

fn main() {}
