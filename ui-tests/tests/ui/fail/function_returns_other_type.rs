use std::io::Error;

use redress::retry;

struct Answer;

#[retry]
fn call() -> Answer {
    Answer
}

fn main() {}
