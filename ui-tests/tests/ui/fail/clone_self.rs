use std::io::Error;

use redress::retry;

struct Client;

impl Client {
    #[retry(clone(self))]
    fn call(self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
