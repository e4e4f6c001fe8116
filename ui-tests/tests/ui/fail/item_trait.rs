use redress::retry;

#[retry]
trait Source {}

fn main() {}
