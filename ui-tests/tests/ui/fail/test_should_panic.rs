use redress::retry;

#[retry]
#[test]
#[should_panic]
fn fails() -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {}
