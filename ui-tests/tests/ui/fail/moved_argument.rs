use std::io::Error;

use redress::retry;

async fn send(_body: String) -> Result<(), Error> {
    Ok(())
}

#[retry]
async fn call(body: String) -> Result<(), Error> {
    send(body).await
}

fn main() {}
