use redress::retry;

#[retry]
struct Client {
    calls: u32,
}

fn main() {}
