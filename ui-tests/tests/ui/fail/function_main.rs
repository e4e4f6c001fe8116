use redress::retry;

#[retry]
fn main() -> Result<(), std::io::Error> {
    Ok(())
}
