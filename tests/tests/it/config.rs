//! Configuration files: what they say, and what is wrong with them.

mod attribute;
mod errors;
mod files;
mod hostile;
mod reload;
mod serde;
mod watch;

/// Returns where a file of the tests is.
fn data(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/config")
        .join(name)
}

/// What fails for a reason that is worth a retry.
fn failing() -> Result<(), std::io::Error> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

/// Returns the text of a file of the tests.
fn text(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap()
}
