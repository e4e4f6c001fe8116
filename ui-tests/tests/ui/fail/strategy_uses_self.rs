use std::io::Error;

use redress::retry;

struct Client {
    attempts: u32,
    delay: std::time::Duration,
}

impl Client {
    const LIMIT: u32 = 3;

    #[retry(max_attempts = self.attempts)]
    fn call(&self) -> Result<(), Error> {
        Ok(())
    }

    #[retry(max_attempts = Self::LIMIT)]
    fn other(&self) -> Result<(), Error> {
        Ok(())
    }

    #[retry(strategy = fixed(self.delay))]
    fn delayed(&self) -> Result<(), Error> {
        Ok(())
    }

    #[retry(strategy = self.strategy)]
    fn planned(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
