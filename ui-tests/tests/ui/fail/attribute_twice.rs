use redress::retry;

#[retry]
#[retry(max_attempts = 3)]
fn call() -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {}
