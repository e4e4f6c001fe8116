use redress::retry;

#[retry]
fn call<E: std::error::Error>(make: impl Fn() -> E) -> Result<u8, E> {
    Err(make())
}

fn main() {}
