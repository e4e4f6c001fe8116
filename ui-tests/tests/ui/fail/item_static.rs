use redress::retry;

#[retry]
static X: u32 = 3;

fn main() {}
