use redress::retry;

#[retry]
#[test]
fn fails() {}

fn main() {}
