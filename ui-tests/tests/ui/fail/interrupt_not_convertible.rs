use redress::retry;

#[derive(Debug)]
struct Odd;

#[retry(attempt_timeout = 1s)]
async fn call() -> Result<(), Odd> {
    Err(Odd)
}

fn main() {}
