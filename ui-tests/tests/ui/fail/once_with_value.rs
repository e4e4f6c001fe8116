use redress::{retry, retry_block};

#[retry(once = true)]
fn assigned() -> Result<(), std::io::Error> {
    Ok(())
}

#[retry(once(true))]
fn called() -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {
    let block: Result<(), std::io::Error> = retry_block!(once = true, || Ok(()));
}
