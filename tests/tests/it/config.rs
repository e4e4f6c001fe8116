//! Configuration files: their settings and their mistakes.

mod attribute;
mod endpoints;
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

/// A file, and what is made of it.
struct File {
    folder: tempfile::TempDir,
    policies: redress::Policies,
}

impl File {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("retry.toml");
        std::fs::write(&path, text).unwrap();
        let policies = redress::Policies::from_file(path).unwrap();
        Self { folder, policies }
    }

    fn try_reload(
        &self,
        text: &str,
    ) -> Result<redress::config::Reloaded, redress::config::ConfigFileError> {
        let path = self.folder.path().join("retry.toml");
        std::fs::write(path, text).unwrap();
        self.policies.reload()
    }

    fn reload(&self, text: &str) -> String {
        self.try_reload(text).unwrap().to_string()
    }
}

/// An operation that fails for a reason that is worth a retry.
fn failing() -> Result<(), std::io::Error> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

/// Returns the text of a test file.
fn text(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap()
}
