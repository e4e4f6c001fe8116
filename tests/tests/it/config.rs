//! Configuration files: their settings and their mistakes.

mod attribute;
mod errors;
mod files;
mod handle;
mod hostile;
mod keyed;
mod reload;
mod reload_state;
mod serde;
mod watch;

/// Returns the path of a test file.
fn data(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/config")
        .join(name)
}

/// An operation that fails for a reason that is worth a retry.
fn failing() -> Result<(), std::io::Error> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

/// Returns the text of a test file.
fn text(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap()
}
