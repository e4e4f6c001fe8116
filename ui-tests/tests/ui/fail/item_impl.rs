use redress::retry;

struct Client;

#[retry]
impl Client {
    fn call() {}
}

fn main() {}
