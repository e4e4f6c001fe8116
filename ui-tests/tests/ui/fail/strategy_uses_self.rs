use std::io::Error;

use redress::retry;

struct Client {
    attempts: u32,
}

impl Client {
    #[retry(max_attempts = self.attempts)]
    fn call(&self) -> Result<(), Error> {
        Ok(())
    }

    #[retry(max_attempts = Self::LIMIT)]
    fn other(&self) -> Result<(), Error> {
        Ok(())
    }

    const LIMIT: u32 = 3;
}

fn main() {}
